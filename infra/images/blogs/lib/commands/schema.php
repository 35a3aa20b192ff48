<?php
/**
 * The tables of the network, when a newer WordPress wants them otherwise.
 */

namespace Underdesk\Blogs;

/** Brings the tables of every site to what this WordPress wants. @return list<string> the sites whose tables were behind */
function converge_schema(): array {
	global $wp_db_version;
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	$changed = array();
	foreach ( get_sites( array( 'number' => 0 ) ) as $site ) {
		switch_to_blog( (int) $site->blog_id );
		if ( (int) get_option( 'db_version' ) < (int) $wp_db_version ) {
			wp_upgrade();
			$changed[] = 'tables of ' . get_option( 'siteurl' );
		}
		restore_current_blog();
	}
	return $changed;
}
