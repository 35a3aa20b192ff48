<?php
/**
 * Moving the sites to other hosts or to another port, before WordPress looks for them. Addresses in what people wrote follow (moving.php).
 */

namespace Underdesk\Blogs;

/** In wp_sitemeta, as JSON: HOST[:PORT] of blogs and wiki as of the last time. */
const KNOWN_HOSTS = 'underdesk_hosts';

/** In wp_sitemeta, as JSON: what each HOST[:PORT] of before is now, until every text has followed. */
const MOVED_HOSTS = 'underdesk_moved';

/** Moves all sites to the hosts that the platform file names now, all or none; returns what changed. */
function move_hosts( \mysqli $connection ): array {
	$now   = array(
		'internal' => authority( 'internal' ),
		'external' => authority( 'external' ),
		'wiki'     => authority( 'wiki' ),
	);
	$sites = $connection->query( 'SELECT blog_id, domain, path FROM wp_blogs ORDER BY blog_id' )->fetch_all( MYSQLI_ASSOC );
	$names = new_names( $connection, $sites, $now );
	$moved = array();
	$connection->begin_transaction();
	foreach ( $sites as $site ) {
		if ( isset( $names[ $site['domain'] ] ) ) {
			move_site( $connection, $site, $names[ $site['domain'] ] );
			$moved[] = "$site[domain]$site[path] → {$names[$site['domain']]}$site[path]";
		}
	}
	if ( $names ) {
		$connection->execute_query( 'UPDATE wp_site SET domain = ? WHERE id = 1', array( $now['internal'] ) );
		$connection->execute_query( "UPDATE wp_sitemeta SET meta_value = ? WHERE meta_key = 'siteurl'", array( "https://$now[internal]/" ) );
		note( $connection, MOVED_HOSTS, following( noted( $connection, MOVED_HOSTS ), $names ) );
	}
	if ( noted( $connection, KNOWN_HOSTS ) !== $now ) {
		note( $connection, KNOWN_HOSTS, $now );
	}
	$connection->commit();
	return $moved;
}

/**
 * What each HOST[:PORT] of before is now. Where none was noted, the sites tell: the main one is internal, others have a mark; whose host is one of today's stays.
 *
 * @return array<string, string>
 */
function new_names( \mysqli $connection, array $sites, array $now ): array {
	$names = array();
	foreach ( noted( $connection, KNOWN_HOSTS ) as $use => $before ) {
		$names[ $before ] = $now[ $use ];
	}
	if ( ! $names ) {
		$marks = $connection->query( "SELECT blog_id, meta_value FROM wp_blogmeta WHERE meta_key = 'underdesk_visibility'" )->fetch_all( MYSQLI_NUM );
		$marks = array_column( $marks, 1, 0 ) + array( 1 => 'internal' );
		foreach ( $sites as $site ) {
			if ( isset( $marks[ $site['blog_id'] ] ) && ! in_array( $site['domain'], $now, true ) ) {
				$names[ $site['domain'] ] = $now[ 'external' === $marks[ $site['blog_id'] ] ? 'external' : 'internal' ];
			}
		}
	}
	return array_filter( $names, static fn( $new, $old ) => $new !== $old, ARRAY_FILTER_USE_BOTH );
}

/** What was moved twice before its texts had followed leads to where it is now. */
function following( array $earlier, array $names ): array {
	$all = array_merge( array_map( static fn( $new ) => $names[ $new ] ?? $new, $earlier ), $names );
	return array_filter( $all, static fn( $new, $old ) => $new !== $old, ARRAY_FILTER_USE_BOTH );
}

function noted( \mysqli $connection, string $key ): array {
	$found = $connection->execute_query( 'SELECT meta_value FROM wp_sitemeta WHERE site_id = 1 AND meta_key = ?', array( $key ) )->fetch_column();
	return $found ? (array) json_decode( $found, true ) : array();
}

function note( \mysqli $connection, string $key, array $value ): void {
	$connection->execute_query( 'DELETE FROM wp_sitemeta WHERE site_id = 1 AND meta_key = ?', array( $key ) );
	if ( $value ) {
		$said = json_encode( $value, JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR );
		$connection->execute_query( 'INSERT INTO wp_sitemeta (site_id, meta_key, meta_value) VALUES (1, ?, ?)', array( $key, $said ) );
	}
}

/** A site that was being made when its maker was killed has no tables yet. */
function move_site( \mysqli $connection, array $site, string $domain ): void {
	$options = '1' === (string) $site['blog_id'] ? 'wp_options' : "wp_$site[blog_id]_options";
	$address = "https://$domain" . rtrim( $site['path'], '/' );
	$there   = $connection->execute_query( 'SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?', array( $options ) );
	if ( $there->num_rows > 0 ) {
		$connection->execute_query( "UPDATE $options SET option_value = ? WHERE option_name IN ('home', 'siteurl')", array( $address ) );
	}
	$connection->execute_query( 'UPDATE wp_blogs SET domain = ? WHERE blog_id = ?', array( $domain, $site['blog_id'] ) );
}
