<?php
/**
 * Plugin Name: Underdesk test space
 * Description: Marks the pages of test spaces and seeded blogs and keeps them out of search engines.
 */

namespace Underdesk\Blogs;

require_once '/usr/share/underdesk/blogs/test-mark.php';

add_action(
	'wp_head',
	static function (): void {
		if ( '' !== mark_of_site() ) {
			printf( '<meta name="underdesk-test" content="%s">' . "\n", esc_attr( mark_of_site() ) );
		}
	},
	1
);
add_filter( 'wp_sitemaps_enabled', static fn( $enabled ) => '' === mark_of_site() ? $enabled : false );
