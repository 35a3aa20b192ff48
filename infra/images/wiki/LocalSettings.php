<?php
// The wiki's settings: the same in every deployment. What differs comes from the platform's file, secrets and service names.
if ( !defined( 'MEDIAWIKI' ) ) {
	exit;
}

$underdeskPlatform = json_decode( file_get_contents( '/etc/underdesk/platform.json' ), true, 16, JSON_THROW_ON_ERROR );
$underdeskSecret = static fn ( string $name ): string => trim( file_get_contents( "/run/secrets/$name" ) );
$underdeskService = static fn ( string $name ): string => (string)getenv( $name );

require '/usr/share/underdesk/build/extensions.php';
foreach ( [ 'identity', 'storage', 'caches', 'people', 'files', 'durable-files', 'test-spaces', 'seed' ] as $underdeskPart ) {
	require "/usr/share/underdesk/settings/$underdeskPart.php";
}
unset( $underdeskPlatform, $underdeskSecret, $underdeskService, $underdeskPart );
