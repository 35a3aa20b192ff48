<?php
/**
 * Plugin Name: Underdesk hardening
 * Description: Doors that nobody needs stay shut.
 */

namespace Underdesk\Blogs;

add_filter( 'xmlrpc_enabled', '__return_false' );
add_filter( 'wp_is_application_passwords_available', '__return_false' );
add_filter( 'wp_headers', static fn( array $headers ): array => array_diff_key( $headers, array( 'X-Pingback' => true ) ) );
add_filter( 'the_generator', '__return_empty_string' );
remove_action( 'wp_head', 'rsd_link' );
remove_action( 'wp_head', 'wp_generator' );

// Who has an account is told to people who have one.
add_filter(
	'rest_endpoints',
	static function ( array $endpoints ): array {
		if ( is_user_logged_in() ) {
			return $endpoints;
		}
		return array_filter( $endpoints, static fn( string $route ): bool => ! str_starts_with( $route, '/wp/v2/users' ), ARRAY_FILTER_USE_KEY );
	}
);
add_filter( 'wp_sitemaps_add_provider', static fn( $provider, string $name ) => 'users' === $name ? false : $provider, 10, 2 );
add_action(
	'parse_request',
	static function ( \WP $request ): void {
		if ( isset( $request->query_vars['author'] ) && ! is_user_logged_in() ) {
			unset( $request->query_vars['author'] );
			$request->query_vars['error'] = '404';
		}
	}
);
// Do not tell which of name and password was wrong.
add_filter( 'wp_login_errors', static function ( \WP_Error $errors ): \WP_Error {
	$telling = array( 'invalid_username', 'invalid_email', 'incorrect_password' );
	if ( ! array_intersect( $telling, $errors->get_error_codes() ) ) {
		return $errors;
	}
	return new \WP_Error( 'sign_in_failed', __( 'The user name or the password is not right.' ) );
} );

// One size for uploads: the plan's, not WordPress's own 1.5 MB of a network.
add_filter( 'pre_site_option_fileupload_maxk', static fn(): int => intdiv( wp_convert_hr_to_bytes( ini_get( 'upload_max_filesize' ) ), 1024 ) );
add_filter( 'pre_site_option_upload_space_check_disabled', static fn(): string => '1' );

add_action(
	'send_headers',
	static function (): void {
		header( 'X-Content-Type-Options: nosniff' );
		header( 'X-Frame-Options: SAMEORIGIN' );
		header( 'Referrer-Policy: same-origin' );
	}
);
