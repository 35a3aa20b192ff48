<?php
/**
 * Content of a rehearsal (plan seed): its record, its people, its beginning and end.
 * The record is there before anything is made and goes after everything is gone: an interrupted run is found by it.
 */

namespace Underdesk\Blogs;

const SEED_RECORD  = 'underdesk_seed';
const SEED_PARTS   = 2;
const SEED_WAIT_S  = 100;
const SEEDED_BLOGS = 1000;

/** Sending mail, pinging, making a whole new site: what WordPress does when people publish, not when content is carried in. */
function prepare_seed(): bool {
	define( 'WP_IMPORTING', true );
	// Before WordPress, which wants errors of its own database answered and not thrown.
	converging( database() );
	return prepare_wordpress();
}

/** What was seeded: {size, seed, language, version, state}, null where nothing is. */
function seed_record(): ?array {
	$record = get_site_option( SEED_RECORD, null, false );
	return is_array( $record ) ? $record : null;
}

/** Held until this process ends. A run whose command was killed ends its part of the work first, and is waited for. */
function hold_seed( int ...$parts ): void {
	$connection = converging();
	foreach ( $parts as $part ) {
		if ( ! lock( $connection, "seed-$part", SEED_WAIT_S ) ) {
			throw new \RuntimeException( 'another run is still at work; try again when it has ended' );
		}
	}
}

/** Writes the record, then the people. */
function begin_seed(): array {
	$request = request();
	hold_seed( ...range( 0, SEED_PARTS - 1 ) );
	$wanted = array_intersect_key( $request, array_fill_keys( array( 'size', 'seed', 'language', 'version' ), true ) );
	$there  = seed_record();
	if ( $there && array_diff_key( $there, array( 'state' => 0 ) ) != $wanted ) { // the order of keys does not matter
		throw new \RuntimeException( 'other content is seeded already: ' . wp_json_encode( $there ) );
	}
	if ( 'complete' !== ( $there['state'] ?? '' ) ) {
		update_site_option( SEED_RECORD, $wanted + array( 'state' => 'seeding' ) );
	}
	make_seed_people( $request['people'] );
	return array( 'complete' => complete_seed_paths() );
}

function end_seed(): array {
	update_site_option( SEED_RECORD, array( 'state' => 'complete' ) + seed_record() );
	wp_cache_set_last_changed( 'users' );
	return array( 'record' => seed_record() );
}

function forget_seed(): array {
	hold_seed( ...range( 0, SEED_PARTS - 1 ) );
	if ( seed_sites() || seed_people() ) {
		throw new \RuntimeException( 'some seeded content is still there' );
	}
	delete_site_option( SEED_RECORD );
	return array( 'record' => seed_record() );
}

/** All seeded blogs, made or half made. @return list<\WP_Site> */
function seed_sites(): array {
	$found = get_sites(
		array(
			'number'         => SEEDED_BLOGS,
			'search'         => trim( SEED_PATH_PREFIX, '/' ),
			'search_columns' => array( 'path' ),
			'orderby'        => 'path',
		)
	);
	return array_values( array_filter( $found, static fn( \WP_Site $site ): bool => is_seed_path( $site->path ) ) );
}

/** @return list<string> paths of the blogs that are whole */
function complete_seed_paths(): array {
	global $wpdb;
	return $wpdb->get_col( "SELECT path FROM $wpdb->blogs JOIN $wpdb->blogmeta USING (blog_id) WHERE meta_key = 'underdesk_seed' ORDER BY path" ); // phpcs:ignore WordPress.DB
}

/** @return array<string, array{id: int, name: string}> by login */
function seed_people(): array {
	global $wpdb;
	$like  = $wpdb->esc_like( SEED_LOGIN_PREFIX ) . '%';
	$found = array();
	foreach ( $wpdb->get_results( $wpdb->prepare( "SELECT ID, user_login, display_name FROM $wpdb->users WHERE user_login LIKE %s", $like ) ) as $person ) {
		$found[ $person->user_login ] = array( 'id' => (int) $person->ID, 'name' => $person->display_name );
	}
	return $found;
}

/**
 * All at once or none. Not wp_insert_user(): it would make each of them a subscriber of the main site.
 * Nobody knows their password, and it differs from platform to platform.
 */
function make_seed_people( array $people ): void {
	global $wpdb;
	$there = seed_people();
	$hash  = wp_hash_password( wp_generate_password( 40 ) );
	$wpdb->query( 'START TRANSACTION' );
	$rows = array();
	foreach ( $people as $person ) {
		if ( ! isset( $there[ $person['login'] ] ) ) {
			$rows[] = array( $person['login'], $hash, $person['login'], "$person[login]@" . TEST_MAIL_DOMAIN, '2024-01-02 08:00:00', $person['name'] );
		}
	}
	insert_rows( $wpdb->users, array( 'user_login', 'user_pass', 'user_nicename', 'user_email', 'user_registered', 'display_name' ), $rows );
	$new  = array_diff_key( seed_people(), $there );
	$rows = array();
	foreach ( $new as $person ) {
		$rows[] = array( $person['id'], 'nickname', $person['name'] );
	}
	insert_rows( $wpdb->usermeta, array( 'user_id', 'meta_key', 'meta_value' ), $rows );
	$wpdb->query( 'COMMIT' );
	wp_cache_set_last_changed( 'users' );
}
