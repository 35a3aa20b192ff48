<?php
/**
 * Moving the sites to other hosts or to another port, before WordPress looks for them.
 */

namespace Underdesk\Blogs;

require_once __DIR__ . '/rewriting.php';

/** Rows that are read and written at once. */
const ROWS_AT_ONCE = 200;

/** Texts that may hold addresses of our own pages; wp_posts.guid is no address, but what feed readers know a post by. */
const TEXTS = "SELECT c.table_name, c.column_name, COALESCE(c.character_maximum_length, 0) AS longest, k.column_name AS row_key
	FROM information_schema.columns c
	JOIN information_schema.columns k ON k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.extra LIKE '%auto_increment%'
	WHERE c.table_schema = DATABASE() AND c.table_name LIKE 'wp\\_%'
	AND (c.data_type IN ('tinytext', 'text', 'mediumtext', 'longtext') OR (c.data_type = 'varchar' AND c.column_name LIKE '%url%'))
	ORDER BY c.table_name, c.column_name";

/**
 * Moves all sites to the hosts that the platform file names now; returns what changed.
 * Addresses move along wherever WordPress keeps them, also in serialised values: all of it, or nothing.
 */
function move_hosts( \mysqli $connection ): array {
	$moved = array();
	$names = array();
	$connection->begin_transaction();
	foreach ( $connection->query( 'SELECT blog_id, domain, path FROM wp_blogs' )->fetch_all( MYSQLI_ASSOC ) as $site ) {
		$wanted = authority( external_site( $connection, (int) $site['blog_id'] ) ? 'external' : 'internal' );
		if ( $wanted !== $site['domain'] ) {
			move_site( $connection, $site, $wanted );
			$moved[]                  = "$site[domain]$site[path] → $wanted$site[path]";
			$names[ $site['domain'] ] = $wanted;
		}
	}
	if ( $moved ) {
		$connection->execute_query( 'UPDATE wp_site SET domain = ? WHERE id = 1', array( authority( 'internal' ) ) );
		$connection->execute_query( "UPDATE wp_sitemeta SET meta_value = ? WHERE meta_key = 'siteurl'", array( 'https://' . authority( 'internal' ) . '/' ) );
		rewrite_texts( $connection, $names );
	}
	$connection->commit();
	return $moved;
}

function external_site( \mysqli $connection, int $site ): bool {
	$found = $connection->execute_query( "SELECT 1 FROM wp_blogmeta WHERE blog_id = ? AND meta_key = 'underdesk_visibility' AND meta_value = 'external'", array( $site ) );
	return 0 < $found->num_rows;
}

function move_site( \mysqli $connection, array $site, string $domain ): void {
	$prefix  = '1' === (string) $site['blog_id'] ? 'wp_' : "wp_$site[blog_id]_";
	$address = "https://$domain" . rtrim( $site['path'], '/' );
	$connection->execute_query( "UPDATE {$prefix}options SET option_value = ? WHERE option_name IN ('home', 'siteurl')", array( $address ) );
	$connection->execute_query( 'UPDATE wp_blogs SET domain = ? WHERE blog_id = ?', array( $domain, $site['blog_id'] ) );
}

/** @param array<string, string> $names what each HOST[:PORT] is now */
function rewrite_texts( \mysqli $connection, array $names ): void {
	$connection->set_charset( 'utf8mb4' );
	$rewriting = new Rewriting( $names );
	$hosts     = array_values( array_unique( array_map( static fn( $name ) => strtok( (string) $name, ':' ), array_keys( $names ) ) ) );
	foreach ( $connection->query( TEXTS )->fetch_all( MYSQLI_ASSOC ) as $text ) {
		list( $table, $column, $key ) = array( "`$text[table_name]`", "`$text[column_name]`", "`$text[row_key]`" );

		$named = implode( ' OR ', array_fill( 0, count( $hosts ), "INSTR($column, ?) > 0" ) );
		$last  = 0;
		do {
			$select = "SELECT $key, $column FROM $table WHERE $key > ? AND ($named) ORDER BY $key LIMIT " . ROWS_AT_ONCE . ' FOR UPDATE';
			$rows   = $connection->execute_query( $select, array( $last, ...$hosts ) )->fetch_all( MYSQLI_NUM );
			foreach ( $rows as list( $last, $before ) ) {
				$now = $rewriting->of( $before );
				if ( $now !== $before && strlen( $now ) <= (int) $text['longest'] ) {
					$connection->execute_query( "UPDATE $table SET $column = ? WHERE $key = ?", array( $now, $last ) );
				}
			}
		} while ( count( $rows ) === ROWS_AT_ONCE );
	}
}
