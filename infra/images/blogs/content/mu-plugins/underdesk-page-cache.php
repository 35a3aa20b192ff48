<?php
/**
 * Plugin Name: Underdesk page cache
 * Description: Purges the pages that a change touches; says which answers may not be kept.
 */

namespace Underdesk\Blogs;

require_once '/usr/share/underdesk/blogs/platform.php';
require_once '/usr/share/underdesk/blogs/pagecache/class-purge.php';
require_once '/usr/share/underdesk/blogs/pagecache/addresses.php';
require_once '/usr/share/underdesk/blogs/pagecache/hooks.php';

// What depends on the person or has no bound on its number is not kept.
add_filter(
	'wp_headers',
	static function ( array $headers ): array {
		if ( is_user_logged_in() || isset( $_GET['s'] ) || isset( $_GET['preview'] ) ) {
			$headers['Cache-Control'] = 'no-store, private';
		}
		return $headers;
	},
	99
);
add_filter( 'rest_send_nocache_headers', '__return_true' );

// Nor is a page that the database has failed: it may say that there is nothing where there is something. PHP has not sent it yet.
add_action(
	'shutdown',
	static function (): void {
		if ( ( $GLOBALS['wpdb']->statement_failed ?? false ) && ! headers_sent() ) {
			header( 'Cache-Control: no-store, private' );
		}
	},
	0
);
