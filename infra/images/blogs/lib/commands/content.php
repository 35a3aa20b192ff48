<?php
/**
 * What a new site holds before its people write.
 */

namespace Underdesk\Blogs;

/** The default category and, but for test content, a first post. Called within the new site. */
function first_content( int $author ): void {
	global $wpdb;
	if ( $wpdb->get_var( "SELECT 1 FROM $wpdb->posts LIMIT 1" ) ) { // phpcs:ignore WordPress.DB
		return;
	}
	$wpdb->replace( $wpdb->terms, array( 'term_id' => 1, 'name' => __( 'Uncategorized' ), 'slug' => 'uncategorized', 'term_group' => 0 ) );
	$wpdb->replace( $wpdb->term_taxonomy, array( 'term_taxonomy_id' => 1, 'term_id' => 1, 'taxonomy' => 'category', 'description' => '', 'parent' => 0, 'count' => 0 ) );
	$site = is_multisite() ? get_site() : null;
	if ( null === $site || '' === mark_of_path( $site->path ) ) {
		wp_insert_post( first_post( $author ) );
	}
}

/** A friendly first post. */
function first_post( int $author ): array {
	$title = get_option( 'blogname' );
	return array(
		'post_title'    => sprintf( 'Welcome to %s', $title ),
		'post_name'     => 'welcome',
		'post_status'   => 'publish',
		'post_author'   => $author,
		'post_category' => array( 1 ),
		'post_content'  => paragraphs(
			sprintf( 'This is where %s begins. Read what colleagues write, ask, disagree, add what you know.', esc_html( $title ) ),
			'Sign in to leave a comment below: it appears at once. If you would like to write here yourself, ask the people who run this blog for an account as an author.',
			'You run this blog? Replace this post with the first story that your readers would miss if it were not told.'
		),
	);
}

/** Text as blocks. */
function paragraphs( string ...$texts ): string {
	return implode( "\n\n", array_map( static fn( string $text ): string => "<!-- wp:paragraph -->\n<p>$text</p>\n<!-- /wp:paragraph -->", $texts ) );
}

/** The page that lists a host's blogs, shown at its root; returns its id. */
function landing_page( int $author ): int {
	$page = get_page_by_path( 'blogs' );
	if ( $page ) {
		return $page->ID;
	}
	return (int) checked(
		wp_insert_post(
			array(
				'post_type'      => 'page',
				'post_title'     => platform()['company'],
				'post_name'      => 'blogs',
				'post_status'    => 'publish',
				'post_author'    => $author,
				'comment_status' => 'closed',
				'post_content'   => "<!-- wp:shortcode -->\n[underdesk_spaces]\n<!-- /wp:shortcode -->",
			),
			true
		)
	);
}
