<?php
// What the wiki is, as JSON: {"installed", "version", "current", "pages", "users", "test_spaces": [{"token", "expires", "users", "pages"}]}.
namespace Underdesk;

require '/usr/share/underdesk/code/Connection.php';
require '/usr/share/underdesk/code/Schema.php';

const TEST_SPACES = <<<'SQL'
	SELECT SUBSTRING_INDEX(SUBSTRING(user_name, 16), '-', 1) AS token, COALESCE(MAX(CAST(up_value AS UNSIGNED)), 0) AS expires, COUNT(*) AS users
	FROM user LEFT JOIN user_properties ON up_user = user_id AND up_property = 'underdesk-test-expires'
	WHERE user_name LIKE 'Underdesk-test-%' GROUP BY token
	SQL;

/** @return list<array{token: string, expires: int, users: int, pages: int}> */
function test_spaces( \mysqli $connection ): array {
	$spaces = [];
	foreach ( $connection->query( TEST_SPACES )->fetch_all( MYSQLI_ASSOC ) as $row ) {
		$query = 'SELECT COUNT(*) FROM page WHERE page_namespace IN (3970, 3971) AND page_title LIKE ?';
		$pages = Connection::value( $connection, $query, $row['token'] . '/%' );
		$spaces[] = [ 'token' => $row['token'], 'expires' => (int)$row['expires'], 'users' => (int)$row['users'], 'pages' => (int)$pages ];
	}
	return $spaces;
}

try {
	$connection = Connection::open( 20.0 );
	$status = [ 'installed' => Schema::isInstalled( $connection ), 'version' => Schema::version() ];
	if ( $status['installed'] ) {
		$status += [
			'current' => Schema::isCurrent( $connection ),
			'pages' => (int)Connection::value( $connection, 'SELECT COUNT(*) FROM page WHERE page_namespace NOT IN (3970, 3971)' ),
			'users' => (int)Connection::value( $connection, "SELECT COUNT(*) FROM user WHERE user_name NOT LIKE 'Underdesk-test-%'" ),
			'test_spaces' => test_spaces( $connection ),
		];
	}
	echo json_encode( $status, JSON_THROW_ON_ERROR ), "\n";
} catch ( \Throwable $error ) {
	fwrite( STDERR, 'underdesk-wiki status: ' . $error->getMessage() . "\n" );
	exit( 1 );
}
