<?php
/**
 * Plugin Name: Underdesk comments
 * Description: A signed-in person's comment appears at once; a stranger's waits for a moderator.
 */

namespace Underdesk\Blogs;

require_once '/usr/share/underdesk/blogs/test-mark.php';

add_filter(
	'pre_comment_approved',
	static function ( $approved, array $comment ) {
		if ( is_wp_error( $approved ) || in_array( $approved, array( 'spam', 'trash' ), true ) ) {
			return $approved;
		}
		return empty( $comment['user_id'] ) ? 0 : 1;
	},
	10,
	2
);

// WordPress's brake of one comment in 15 s is for strangers; the load test writes as few people, quickly.
add_filter( 'wp_is_comment_flood', static fn( $flood ) => '' !== mark_of_site() ? false : $flood, 99 );
