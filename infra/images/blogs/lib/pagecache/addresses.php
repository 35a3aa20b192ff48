<?php
/**
 * Which addresses show a thing.
 */

namespace Underdesk\Blogs\PageCache;

/** Everything of the current site. */
function addresses_of_site(): array {
	return array( home_url( '/' ), home_url( '/*' ) );
}

/** A post's own page, its neighbours', and every list that it is in. */
function addresses_of_post( \WP_Post $post ): array {
	$post = clone $post;
	if ( 'publish' !== $post->post_status ) {
		$post->post_status = 'publish';
		$post->post_name   = preg_replace( '/__trashed$/', '', $post->post_name );
	}
	$addresses = array(
		get_permalink( $post ) . '*',
		home_url( '/' ),
		home_url( '/?*' ),
		home_url( '/page/*' ),
		home_url( '/feed*' ),
		home_url( '/wp-json/*' ),
		home_url( '/wp-sitemap*' ),
	);
	return array_merge( $addresses, addresses_of_archives( $post ), addresses_of_neighbours( $post ) );
}

/** Where a post's comments are seen. */
function addresses_of_comments( \WP_Post $post ): array {
	return array( get_permalink( $post ) . '*', home_url( '/comments/feed*' ), home_url( '/wp-json/wp/v2/comments*' ) );
}

function addresses_of_archives( \WP_Post $post ): array {
	$addresses = array( get_author_posts_url( (int) $post->post_author ) . '*' );
	foreach ( get_object_taxonomies( $post->post_type ) as $taxonomy ) {
		foreach ( get_the_terms( $post, $taxonomy ) ?: array() as $term ) {
			$link        = get_term_link( $term );
			$addresses[] = is_string( $link ) ? "$link*" : '';
		}
	}
	[ $year, $month ] = explode( '-', $post->post_date );
	$addresses[]      = get_year_link( $year );
	$addresses[]      = get_month_link( $year, $month );
	$addresses[]      = get_year_link( $year ) . 'page/*';
	$addresses[]      = get_month_link( $year, $month ) . 'page/*';
	return $addresses;
}

/** The posts before and after: they link to this one. */
function addresses_of_neighbours( \WP_Post $post ): array {
	global $wpdb;
	$addresses = array();
	foreach ( array( array( '<', 'DESC' ), array( '>', 'ASC' ) ) as [ $side, $order ] ) {
		// phpcs:ignore WordPress.DB
		$id          = $wpdb->get_var( $wpdb->prepare( "SELECT ID FROM $wpdb->posts WHERE post_type = 'post' AND post_status = 'publish' AND post_date $side %s ORDER BY post_date $order LIMIT 1", $post->post_date ) );
		$addresses[] = $id ? get_permalink( (int) $id ) . '*' : '';
	}
	return $addresses;
}
