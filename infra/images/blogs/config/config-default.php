<?php
/**
 * WordPress's configuration: everything comes from the platform file, the environment and the secrets.
 */

require_once '/usr/share/underdesk/blogs/platform.php';

use function Underdesk\Blogs\authority;
use function Underdesk\Blogs\environment;
use function Underdesk\Blogs\secret;

define( 'DB_NAME', 'blogs' );
define( 'DB_USER', 'blogs' );
define( 'DB_PASSWORD', secret( 'database-blogs' ) );
define( 'DB_HOST', environment( 'DATABASE_HOST' ) . ':' . environment( 'DATABASE_PORT' ) );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );

foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $use ) {
	define( $use . '_KEY', hash_hmac( 'sha256', $use . '_KEY', secret( 'blogs-keys' ) ) );
	define( $use . '_SALT', hash_hmac( 'sha256', $use . '_SALT', secret( 'blogs-keys' ) ) );
}
unset( $use );

if ( ! defined( 'UNDERDESK_INSTALLING' ) ) {
	define( 'MULTISITE', true );
	define( 'SUBDOMAIN_INSTALL', false );
	define( 'DOMAIN_CURRENT_SITE', authority( 'internal' ) );
	define( 'PATH_CURRENT_SITE', '/' );
	define( 'SITE_ID_CURRENT_SITE', 1 );
	define( 'BLOG_ID_CURRENT_SITE', 1 );
}

define( 'FORCE_SSL_ADMIN', true );
define( 'WP_DEFAULT_THEME', 'twentytwentyfive' );
define( 'WP_CACHE', false );
define( 'WP_DEBUG', false );

// The code is the image's: it is changed by a new image only.
define( 'DISALLOW_FILE_EDIT', true );
define( 'DISALLOW_FILE_MODS', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );

// The jobs container runs what is due.
define( 'DISABLE_WP_CRON', true );

define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'WP_ACCESSIBLE_HOSTS', environment( 'PAGECACHE_HOST', '' ) );

// The plan's memory limit is the limit: WordPress would raise it by itself for pictures.
define( 'WP_MEMORY_LIMIT', (string) ini_get( 'memory_limit' ) );
define( 'WP_MAX_MEMORY_LIMIT', (string) ini_get( 'memory_limit' ) );
