<?php
/**
 * Where uploads lie: uploads/external/N for external blogs, WordPress's own uploads/sites/N (uploads/ for the main site)
 * for all others. nginx serves uploads/external/ alone unless the host is the internal one.
 */

namespace Underdesk\Blogs;

require_once '/usr/share/underdesk/blogs/platform.php';

/** A path or an address of an upload of a site, as it is for an external one. */
function outside( string $place, int $site ): string {
	return preg_replace( "#/uploads/sites/$site(?=/|$)#", "/uploads/external/$site", $place );
}

/** Within an external site: moves what was uploaded before external blogs had a folder apart. True if there was something. */
function move_uploads( int $site ): bool {
	global $wpdb;
	$old = WP_CONTENT_DIR . "/uploads/sites/$site";
	$new = outside( $old, $site );
	if ( ! is_dir( $old ) ) {
		return false;
	}
	// Addresses first: both steps can be done again after an interruption.
	$wpdb->query( // phpcs:ignore WordPress.DB
		$wpdb->prepare( "UPDATE $wpdb->posts SET post_content = REPLACE(post_content, %s, %s)", "/wp-content/uploads/sites/$site/", "/wp-content/uploads/external/$site/" )
	);
	wp_mkdir_p( dirname( $new ) );
	if ( ! rename( $old, $new ) ) {
		throw new \RuntimeException( "uploads of site $site could not be moved to $new" );
	}
	PageCache\purge_site();
	return true;
}
