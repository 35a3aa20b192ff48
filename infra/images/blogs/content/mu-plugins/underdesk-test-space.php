<?php
/**
 * Plugin Name: Underdesk test space
 * Description: Marks a test space's pages and keeps them out of search engines.
 */

namespace Underdesk\Blogs;

require_once '/usr/share/underdesk/blogs/test-mark.php';

add_action(
	'wp_head',
	static function (): void {
		if ( '' !== test_token_of_site() ) {
			printf( '<meta name="underdesk-test" content="%s">' . "\n", esc_attr( test_token_of_site() ) );
		}
	},
	1
);
add_filter( 'wp_sitemaps_enabled', static fn( $enabled ) => '' === test_token_of_site() ? $enabled : false );
