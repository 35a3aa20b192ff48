<?php
/**
 * Removing test spaces: site, tables, uploads, people. What an interrupted run left is found by its names.
 */

namespace Underdesk\Blogs;

/** How long a test space without an expiry lives: its making was interrupted. */
const UNMARKED_LIFE_S = 900;

/** A test space, or what is left of one. */
final class TestSpace {
	public function __construct(
		public readonly string $token,
		public readonly int $site,
		public readonly int $expires,
	) {}
}

function remove_test_spaces(): array {
	$request = request();
	if ( true === ( $request['all'] ?? null ) ) {
		return array( 'removed' => remove_where( static fn(): bool => true ) );
	}
	if ( true === ( $request['expired'] ?? null ) ) {
		return array( 'removed' => remove_where( static fn( TestSpace $space ): bool => $space->expires < time() ) );
	}
	$token = $request['token'] ?? null;
	if ( ! is_string( $token ) ) {
		throw new \RuntimeException( 'one of token, expired, all expected' );
	}
	return array( 'removed' => remove_where( static fn( TestSpace $space ): bool => $space->token === $token ) );
}

/** Removes the test spaces that are chosen; their tokens. */
function remove_where( callable $chosen ): array {
	$removed = array();
	foreach ( test_spaces() as $space ) {
		if ( $chosen( $space ) ) {
			remove_test_space( $space );
			$removed[] = $space->token;
		}
	}
	return $removed;
}

/** All test spaces, and tokens of which only people are left. @return list<TestSpace> */
function test_spaces(): array {
	$spaces = array();
	foreach ( get_sites( array( 'number' => 1000, 'search' => trim( TEST_PATH_PREFIX, '/' ), 'search_columns' => array( 'path' ) ) ) as $site ) {
		$token = test_token( $site->path );
		if ( '' !== $token ) {
			$expires          = (int) get_site_meta( (int) $site->blog_id, 'underdesk_expires', true );
			$spaces[ $token ] = new TestSpace( $token, (int) $site->blog_id, $expires ?: strtotime( $site->registered . ' UTC' ) + UNMARKED_LIFE_S );
		}
	}
	foreach ( test_people( '*' ) as $person ) {
		$token             = test_token_of_login( $person->user_login );
		$spaces[ $token ] ??= new TestSpace( $token, 0, 0 );
	}
	unset( $spaces[''] );
	return array_values( $spaces );
}

/** People by token. */
function test_people( string $token ): array {
	return get_users(
		array(
			'blog_id'        => 0,
			'search'         => TEST_LOGIN_PREFIX . $token . ( '*' === $token ? '' : '-*' ),
			'search_columns' => array( 'user_login' ),
			'fields'         => array( 'ID', 'user_login' ),
		)
	);
}

function remove_test_space( TestSpace $space ): void {
	require_once ABSPATH . 'wp-admin/includes/admin.php';
	require_once ABSPATH . 'wp-admin/includes/ms.php';
	if ( 0 !== $space->site ) {
		global $wpdb;
		$wpdb->delete( $wpdb->registration_log, array( 'blog_id' => $space->site ) );
		wpmu_delete_blog( $space->site, true );
		checked( site_is_gone( $space->site ) );
		// WordPress leaves the empty folder.
		@rmdir( WP_CONTENT_DIR . "/uploads/sites/$space->site" );
	}
	foreach ( test_people( $space->token ) as $person ) {
		wpmu_delete_user( (int) $person->ID );
	}
}

/** An error when the site is still there. */
function site_is_gone( int $site ): ?\WP_Error {
	return get_site( $site ) ? new \WP_Error( 'underdesk', "site $site could not be removed" ) : null;
}
