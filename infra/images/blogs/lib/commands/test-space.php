<?php
/**
 * Making a test space: a site of its own with people and posts of its own.
 */

namespace Underdesk\Blogs;

const TEST_LIMITS = array(
	'readers' => 500,
	'authors' => 100,
	'posts'   => 1000,
);

function create_test_space(): array {
	global $wpdb;
	$wanted = checked_request( request() );
	$path   = TEST_PATH_PREFIX . $wanted['token'] . '/';
	if ( 0 !== site_id( 'internal', $path ) ) {
		throw new \RuntimeException( "test space $wanted[token] is there already" );
	}
	$id = create_site( "Test $wanted[token]", $path, 'internal', site_settings( 'internal' ), 0 );
	update_site_meta( $id, 'underdesk_test', $wanted['token'] );
	update_site_meta( $id, 'underdesk_expires', $wanted['expires'] );
	update_site_meta( $id, 'underdesk_visibility', 'internal' );
	switch_to_blog( $id );
	$wpdb->query( 'START TRANSACTION' );
	delete_option( 'rewrite_rules' );
	$password = wp_generate_password( 20, false );
	$readers  = create_people( $wanted['token'], 'reader', 'subscriber', $wanted['readers'], $id, $password );
	$authors  = create_people( $wanted['token'], 'author', 'author', $wanted['authors'], $id, $password );
	$people   = array_merge( $readers, $authors );
	give_password( $password, $people );
	$posts = create_posts( $wanted['posts'], array_column( $authors, 'id' ) );
	$wpdb->query( 'COMMIT' );
	restore_current_blog();
	$shown = static fn( array $person ): array => array_diff_key( $person, array( 'id' => 0 ) );
	return array(
		'site_url' => address( 'internal', $path ),
		'path'     => $path,
		'users'    => array_map( $shown, $people ),
		'posts'    => $posts,
	);
}

/** The request with its numbers as numbers. */
function checked_request( array $request ): array {
	if ( 1 !== preg_match( '/^[a-z0-9]{4,20}$/', (string) ( $request['token'] ?? '' ) ) ) {
		throw new \RuntimeException( 'token: 4 to 20 of a-z and 0-9 expected' );
	}
	if ( ! is_int( $request['expires'] ?? null ) || $request['expires'] <= time() ) {
		throw new \RuntimeException( 'expires: a time in the future expected (seconds since 1970)' );
	}
	foreach ( TEST_LIMITS as $name => $limit ) {
		$number = $request[ $name ] ?? 0;
		if ( ! is_int( $number ) || $number < 0 || $number > $limit ) {
			throw new \RuntimeException( "$name: a number from 0 to $limit expected" );
		}
		$request[ $name ] = $number;
	}
	return $request;
}

/**
 * People of a test space. They share one generated password: hashing one for each would take a quarter of a second
 * of a core each, and the shared hash costs as much at sign-in as anyone's.
 */
function create_people( string $token, string $kind, string $role, int $number, int $site, string $password ): array {
	$people = array();
	$cheap  = static fn(): array => array( 'cost' => 4 );
	add_filter( 'wp_hash_password_options', $cheap );
	for ( $n = 1; $n <= $number; $n++ ) {
		$login  = TEST_LOGIN_PREFIX . "$token-$kind-$n";
		$person = array(
			'user_login'   => $login,
			'user_pass'    => wp_generate_password( 20 ),
			'user_email'   => "$login@" . TEST_MAIL_DOMAIN,
			'display_name' => ucfirst( $kind ) . " $n",
		);
		$id     = (int) checked( wp_insert_user( $person ) );
		add_user_to_blog( $site, $id, $role );
		$people[] = compact( 'id', 'login', 'password', 'role' );
	}
	remove_filter( 'wp_hash_password_options', $cheap );
	return $people;
}

function give_password( string $password, array $people ): void {
	global $wpdb;
	$hash = wp_hash_password( $password );
	foreach ( array_column( $people, 'id' ) as $id ) {
		$wpdb->update( $wpdb->users, array( 'user_pass' => $hash ), array( 'ID' => $id ) );
		clean_user_cache( $id );
	}
}

/** Posts of the current site, by its authors in turn, a few minutes apart. */
function create_posts( int $number, array $authors ): array {
	$posts         = array();
	$administrator = get_current_user_id();
	wp_defer_term_counting( true );
	for ( $n = 1; $n <= $number; $n++ ) {
		$title = "Test post $n";
		$id    = (int) checked(
			wp_insert_post(
				array(
					'post_title'    => $title,
					'post_status'   => 'publish',
					'post_author'   => $authors[ $n % max( 1, count( $authors ) ) ] ?? $administrator,
					'post_date_gmt' => gmdate( 'Y-m-d H:i:s', time() - 600 * ( $number - $n + 1 ) ),
					'post_content'  => paragraphs( ...test_texts( $n ) ),
				),
				true
			)
		);
		$posts[] = array(
			'id'    => $id,
			'url'   => get_permalink( $id ),
			'title' => $title,
		);
	}
	wp_defer_term_counting( false );
	return $posts;
}

/** Five paragraphs that search can find: the word "underdesk" everywhere, "numberN" in one post only. */
function test_texts( int $n ): array {
	$words = explode( ' ', 'desk people company report market travel product quarter release question answer customer meeting network server story photo change result season' );
	$texts = array( "Underdesk writes this post, number$n, to measure how fast it can be read." );
	for ( $paragraph = 1; $paragraph <= 4; $paragraph++ ) {
		$text = array();
		for ( $word = 0; $word < 60; $word++ ) {
			$text[] = $words[ ( $n * 7 + $paragraph * 13 + $word * $word ) % count( $words ) ];
		}
		$texts[] = ucfirst( implode( ' ', $text ) ) . '.';
	}
	return $texts;
}
