<?php
// 200 when PHP runs and the wiki's database answers.
require '/usr/share/underdesk/code/Connection.php';

try {
	Underdesk\Connection::value( Underdesk\Connection::open( 0.0 ), 'SELECT 1' );
	echo "ok\n";
} catch ( Throwable $error ) {
	http_response_code( 503 );
	error_log( 'health: ' . $error->getMessage() );
}
