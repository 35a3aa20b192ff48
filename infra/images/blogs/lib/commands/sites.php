<?php
/**
 * Which sites there must be, and making one.
 */

namespace Underdesk\Blogs;

/** A site that the brief asks for. */
final class WantedSite {
	public function __construct(
		public readonly string $title,
		public readonly string $path,
		public readonly string $visibility,
		public readonly bool $landing,
	) {}
}

/** The brief's blogs, and a landing page where a host's root is not a blog. @return list<WantedSite> */
function wanted_sites(): array {
	$wanted = array();
	foreach ( blog_spaces() as $space ) {
		$wanted[] = new WantedSite( $space['title'], site_path( $space['path'] ), $space['visibility'], false );
	}
	foreach ( array( 'internal', 'external' ) as $visibility ) {
		$paths = array_map( static fn( WantedSite $site ): string => $site->path, array_filter( $wanted, static fn( WantedSite $site ): bool => $site->visibility === $visibility ) );
		if ( ! in_array( '/', $paths, true ) && ( $paths || 'internal' === $visibility ) ) {
			array_unshift( $wanted, new WantedSite( platform()['company'], '/', $visibility, true ) );
		}
	}
	return $wanted;
}

/** A site's id, 0 when there is none. */
function site_id( string $visibility, string $path ): int {
	return (int) get_blog_id_from_url( authority( $visibility ), $path );
}

function address( string $visibility, string $path ): string {
	return 'https://' . authority( $visibility ) . $path;
}

/** Makes a site, whole or not at all; its id. */
function create_site( string $title, string $path, string $visibility, array $options, int $public ): int {
	global $wpdb;
	require_once '/usr/share/underdesk/blogs/commands/installer-functions.php';
	$administrator = (int) get_user_by( 'login', ADMINISTRATOR )->ID;
	// Tables cannot be part of a transaction; everything after them is one, also because a commit for each option takes seconds.
	$begin = static fn() => $wpdb->query( 'START TRANSACTION' );
	add_action( 'populate_options', $begin );
	$id = wpmu_create_blog( authority( $visibility ), $path, $title, $administrator, array( 'public' => $public ) + $options );
	$wpdb->query( is_wp_error( $id ) ? 'ROLLBACK' : 'COMMIT' );
	remove_action( 'populate_options', $begin );
	return (int) checked( $id );
}

/** Removes a site whose making was interrupted: it has a row but no options. True if it did. */
function remove_unfinished_site( int $id ): bool {
	global $wpdb;
	$hidden = $wpdb->suppress_errors();
	$found  = $wpdb->get_var( 'SELECT 1 FROM ' . $wpdb->get_blog_prefix( $id ) . "options WHERE option_name = 'siteurl'" ); // phpcs:ignore WordPress.DB
	$wpdb->suppress_errors( $hidden );
	if ( null !== $found ) {
		return false;
	}
	require_once ABSPATH . 'wp-admin/includes/admin.php';
	require_once ABSPATH . 'wp-admin/includes/ms.php';
	wpmu_delete_blog( $id, true );
	return true;
}
