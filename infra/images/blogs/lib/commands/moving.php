<?php
/**
 * After the sites have moved to other hosts: addresses follow wherever WordPress keeps one, row by row while people read and write. Until then those of before
 * lead on. Killed, it goes on the next time: what has followed no longer names a host of before.
 */

namespace Underdesk\Blogs;

require_once __DIR__ . '/rewriting.php';

/** So long at a time: what is due each minute is due meanwhile, too. */
const MOVING_S = 60;

/** Rows that are looked up at once; their texts are read one by one. */
const ROWS_AT_ONCE = 1000;

/** Texts that may hold addresses of our own pages; wp_posts.guid is no address, but what feed readers know a post by. */
const TEXTS = "SELECT c.table_name, c.column_name, COALESCE(c.character_maximum_length, 0) AS longest, k.column_name AS row_key
	FROM information_schema.columns c
	JOIN information_schema.columns k ON k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.extra LIKE '%auto_increment%'
	WHERE c.table_schema = DATABASE() AND c.table_name LIKE 'wp\\_%'
	AND (c.data_type IN ('tinytext', 'text', 'mediumtext', 'longtext')
	OR c.data_type = 'varchar' AND (c.column_name LIKE '%url%' OR c.column_name IN ('link_image', 'link_rss')))
	ORDER BY c.table_name, c.column_name";

function prepare_moving(): bool {
	$connection = converging( database() );
	return network_installed( $connection ) && lock( $connection, 'moving', 0 ) && noted( $connection, MOVED_HOSTS );
}

/** Lets addresses follow, for a while; returns how many texts did, and whether all have. */
function follow_moved_hosts(): array {
	$connection = converging();
	$names      = function_exists( 'get_sites' ) ? noted( $connection, MOVED_HOSTS ) : array();
	$followed   = $names ? follow( $connection, $names, time() + MOVING_S ) : 0;
	if ( $names && null !== $followed && noted( $connection, MOVED_HOSTS ) === $names ) {
		note( $connection, MOVED_HOSTS, array() );
		forget_pages();
	}
	return array(
		'followed' => $followed,
		'all'      => null !== $followed,
	);
}

/** What was kept of pages and values of before is forgotten. */
function forget_pages(): void {
	wp_cache_flush();
	foreach ( get_sites( array( 'number' => 0, 'fields' => 'ids' ) ) as $id ) {
		switch_to_blog( (int) $id );
		PageCache\Purge::at_end( ...PageCache\addresses_of_site() );
		restore_current_blog();
	}
	$wiki = 'https://' . authority( 'wiki' );
	PageCache\Purge::at_end( "$wiki/", "$wiki/*" );
}

/**
 * How many texts have followed; null where time was up before.
 *
 * @param array<string, string> $names what each HOST[:PORT] is now
 */
function follow( \mysqli $connection, array $names, int $until ): ?int {
	$connection->set_charset( 'utf8mb4' );
	$tables = array();
	foreach ( $connection->query( TEXTS )->fetch_all( MYSQLI_ASSOC ) as $text ) {
		$tables[ $text['table_name'] ][] = $text;
	}
	$rewriting = new Rewriting( $names );
	$hosts     = array_values( array_unique( array_map( static fn( $name ) => strtok( (string) $name, ':' ), array_keys( $names ) ) ) );
	$followed  = 0;
	foreach ( $tables as $table => $texts ) {
		$here = follow_in( $connection, $table, $texts, $rewriting, $hosts, $until );
		if ( null === $here ) {
			return null;
		}
		$followed += $here;
	}
	return $followed;
}

/**
 * The same of one table.
 *
 * @param list<array<string, string>> $texts its columns
 * @param list<string>                $hosts what a text that has to follow names
 */
function follow_in( \mysqli $connection, string $table, array $texts, Rewriting $rewriting, array $hosts, int $until ): ?int {
	$key      = $texts[0]['row_key'];
	$named    = implode( ' OR ', array_map( static fn( $text ) => str_repeat( "INSTR(`$text[column_name]`, ?) > 0 OR ", count( $hosts ) ) . '0', $texts ) );
	$asked    = array_merge( ...array_fill( 0, count( $texts ), $hosts ) );
	$last     = 0;
	$followed = 0;
	do {
		$rows = $connection->execute_query( "SELECT `$key` FROM `$table` WHERE `$key` > ? AND ($named) ORDER BY `$key` LIMIT " . ROWS_AT_ONCE, array( $last, ...$asked ) );
		$rows = array_column( $rows->fetch_all( MYSQLI_NUM ), 0 );
		foreach ( $rows as $last ) {
			if ( time() > $until ) {
				return null;
			}
			$followed += follow_in_row( $connection, $table, $texts, $last, $rewriting );
		}
	} while ( count( $rows ) === ROWS_AT_ONCE );
	return $followed;
}

/** A text that somebody changes at this moment is left to the next time; one that would be too long keeps an address that leads on. */
function follow_in_row( \mysqli $connection, string $table, array $texts, int|string $row, Rewriting $rewriting ): int {
	$followed = 0;
	foreach ( $texts as $text ) {
		list( $key, $column ) = array( $text['row_key'], $text['column_name'] );

		$before = (string) $connection->execute_query( "SELECT `$column` FROM `$table` WHERE `$key` = ?", array( $row ) )->fetch_column();
		$now    = $rewriting->of( $before );
		if ( $now !== $before && strlen( $now ) <= (int) $text['longest'] ) {
			$connection->execute_query( "UPDATE `$table` SET `$column` = ? WHERE `$key` = ? AND BINARY `$column` = ?", array( $now, $row, $before ) );
			$followed += $connection->affected_rows;
		}
	}
	return $followed;
}
