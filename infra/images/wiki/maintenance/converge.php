<?php
// Brings the wiki to what the image and the platform say: tables, updates, administrator, first page. Repeating it changes nothing.
// Runs outside MediaWiki, which cannot start before its tables exist. Progress goes to stderr.
namespace Underdesk;

require '/usr/share/underdesk/code/Connection.php';
require '/usr/share/underdesk/code/Schema.php';
require '/usr/share/underdesk/code/Converge.php';

try {
	echo json_encode( ( new Converge( Connection::open( 300.0 ) ) )->run(), JSON_THROW_ON_ERROR ), "\n";
} catch ( \Throwable $error ) {
	fwrite( STDERR, 'underdesk-wiki converge: ' . $error->getMessage() . "\n" );
	exit( 1 );
}
