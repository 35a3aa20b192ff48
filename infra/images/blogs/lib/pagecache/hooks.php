<?php
/**
 * Which change touches which pages.
 */

namespace Underdesk\Blogs\PageCache;

/** Kinds of post that shape every page of a site. */
const SHAPING_TYPES = array( 'wp_template', 'wp_template_part', 'wp_navigation', 'wp_global_styles', 'wp_block', 'nav_menu_item', 'page' );

/** Settings that readers see. */
const SHAPING_OPTIONS = array(
	'blogname', 'blogdescription', 'permalink_structure', 'posts_per_page', 'show_on_front', 'page_on_front', 'page_for_posts',
	'WPLANG', 'blog_public', 'date_format', 'time_format', 'timezone_string', 'gmt_offset', 'stylesheet', 'template', 'site_icon',
	'site_logo', 'sticky_posts', 'comment_registration', 'thread_comments', 'comment_order', 'active_plugins', 'home', 'siteurl',
);

function purge_site(): void {
	Purge::at_end( ...addresses_of_site() );
}

function purge_post( string $new_status, string $old_status, \WP_Post $post ): void {
	if ( wp_installing() || ( 'publish' !== $new_status && 'publish' !== $old_status ) ) {
		return;
	}
	if ( in_array( $post->post_type, SHAPING_TYPES, true ) ) {
		purge_site();
	} elseif ( is_post_type_viewable( $post->post_type ) ) {
		Purge::at_end( ...addresses_of_post( $post ) );
	}
}

/** The address before an edit may be another one. */
function purge_old_address( int $post_id ): void {
	$post = get_post( $post_id );
	if ( $post && 'publish' === $post->post_status && is_post_type_viewable( $post->post_type ) ) {
		Purge::at_end( ...addresses_of_post( $post ) );
	}
}

function purge_comments( int $comment_id ): void {
	$comment = get_comment( $comment_id );
	$post    = $comment ? get_post( (int) $comment->comment_post_ID ) : null;
	if ( $post ) {
		Purge::at_end( ...addresses_of_comments( $post ) );
	}
}

function purge_new_comment( int $comment_id, \WP_Comment $comment ): void {
	if ( '1' === (string) $comment->comment_approved ) {
		purge_comments( $comment_id );
	}
}

function purge_option( string $name ): void {
	if ( ! wp_installing() && ( in_array( $name, SHAPING_OPTIONS, true ) || str_starts_with( $name, 'theme_mods_' ) ) ) {
		purge_site();
	}
}

/** The list of blogs is on the landing page, the root of the host. */
function purge_landing( \WP_Site $site ): void {
	Purge::at_end( "https://$site->domain/", "https://$site->domain$site->path*" );
}

/** WordPress updates a site's row at each publication; only where and whether it is seen matters here. */
function purge_changed_site( \WP_Site $site, \WP_Site $before ): void {
	$seen = static fn( \WP_Site $one ): array => array( $one->domain, $one->path, $one->public, $one->archived, $one->spam, $one->deleted );
	if ( $seen( $site ) !== $seen( $before ) ) {
		purge_landing( $before );
		purge_landing( $site );
	}
}

add_action( 'transition_post_status', __NAMESPACE__ . '\purge_post', 10, 3 );
add_action( 'pre_post_update', __NAMESPACE__ . '\purge_old_address' );
add_action( 'before_delete_post', __NAMESPACE__ . '\purge_old_address' );
add_action( 'wp_insert_comment', __NAMESPACE__ . '\purge_new_comment', 10, 2 );
add_action( 'wp_set_comment_status', __NAMESPACE__ . '\purge_comments' );
add_action( 'edit_comment', __NAMESPACE__ . '\purge_comments' );
add_action( 'delete_comment', __NAMESPACE__ . '\purge_comments' );
add_action( 'added_option', __NAMESPACE__ . '\purge_option' );
add_action( 'updated_option', __NAMESPACE__ . '\purge_option' );
add_action( 'deleted_option', __NAMESPACE__ . '\purge_option' );
foreach ( array( 'switch_theme', 'customize_save_after', 'edited_term', 'delete_term', 'profile_update', 'remove_user_from_blog' ) as $purging_hook ) {
	add_action( $purging_hook, __NAMESPACE__ . '\purge_site', 10, 0 );
}
add_action( 'wp_insert_site', __NAMESPACE__ . '\purge_landing' );
add_action( 'wp_update_site', __NAMESPACE__ . '\purge_changed_site', 10, 2 );
add_action( 'wp_delete_site', __NAMESPACE__ . '\purge_landing' );
