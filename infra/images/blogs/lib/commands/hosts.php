<?php
/**
 * Moving the sites to other hosts or to another port, before WordPress looks for them.
 */

namespace Underdesk\Blogs;

/**
 * Moves all sites to the hosts that the platform file names now; returns what changed.
 * Addresses inside posts move along.
 */
function move_hosts( \mysqli $connection ): array {
	$moved = array();
	foreach ( $connection->query( 'SELECT blog_id, domain, path FROM wp_blogs' )->fetch_all( MYSQLI_ASSOC ) as $site ) {
		$wanted = authority( external_site( $connection, (int) $site['blog_id'] ) ? 'external' : 'internal' );
		if ( $wanted !== $site['domain'] ) {
			move_site( $connection, $site, $wanted );
			$moved[] = "$site[domain]$site[path] → $wanted$site[path]";
		}
	}
	if ( $moved ) {
		$connection->execute_query( 'UPDATE wp_site SET domain = ? WHERE id = 1', array( authority( 'internal' ) ) );
		$connection->execute_query( "UPDATE wp_sitemeta SET meta_value = ? WHERE meta_key = 'siteurl'", array( 'https://' . authority( 'internal' ) . '/' ) );
	}
	return $moved;
}

function external_site( \mysqli $connection, int $site ): bool {
	$found = $connection->execute_query( "SELECT 1 FROM wp_blogmeta WHERE blog_id = ? AND meta_key = 'underdesk_visibility' AND meta_value = 'external'", array( $site ) );
	return 0 < $found->num_rows;
}

function move_site( \mysqli $connection, array $site, string $domain ): void {
	$prefix  = '1' === (string) $site['blog_id'] ? 'wp_' : "wp_$site[blog_id]_";
	$address = "https://$domain" . rtrim( $site['path'], '/' );
	$connection->begin_transaction();
	$connection->execute_query( "UPDATE {$prefix}options SET option_value = ? WHERE option_name IN ('home', 'siteurl')", array( $address ) );
	$connection->execute_query( "UPDATE {$prefix}posts SET post_content = REPLACE(post_content, ?, ?)", array( "https://$site[domain]/", "https://$domain/" ) );
	$connection->execute_query( 'UPDATE wp_blogs SET domain = ? WHERE blog_id = ?', array( $domain, $site['blog_id'] ) );
	$connection->commit();
}
