<?php
/**
 * As the package's own example makes it, and a network in sub-paths, as WordPress's page on networks says.
 */
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'wordpress' );
define( 'DB_PASSWORD', trim( file_get_contents( '/etc/wordpress/database-password' ) ) );
define( 'DB_HOST', 'localhost' );
define( 'WP_CONTENT_DIR', '/var/lib/wordpress/wp-content' );

foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $use ) {
	define( $use . '_KEY', hash_hmac( 'sha256', $use . '_KEY', DB_PASSWORD ) );
	define( $use . '_SALT', hash_hmac( 'sha256', $use . '_SALT', DB_PASSWORD ) );
}

define( 'MULTISITE', true );
define( 'SUBDOMAIN_INSTALL', false );
define( 'DOMAIN_CURRENT_SITE', getenv( 'SITE_AUTHORITY' ) );
define( 'PATH_CURRENT_SITE', '/' );
define( 'SITE_ID_CURRENT_SITE', 1 );
define( 'BLOG_ID_CURRENT_SITE', 1 );
