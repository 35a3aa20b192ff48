<?php
/**
 * From the command line to a command, and its answer to JSON.
 */

namespace Underdesk\Blogs;

require_once '/usr/share/underdesk/blogs/platform.php';
require_once '/usr/share/underdesk/blogs/test-mark.php';
require_once '/usr/share/underdesk/blogs/uploads.php';
$underdesk_parts = array( 'database', 'hosts', 'moving', 'network', 'content', 'sites', 'settings', 'schema', 'converge', 'status', 'cron', 'test-space', 'test-space-remove' );
array_push( $underdesk_parts, 'seed', 'seed-blog', 'seed-rows', 'seed-remove', 'seed-status' );
foreach ( $underdesk_parts as $underdesk_part ) {
	require_once "/usr/share/underdesk/blogs/commands/$underdesk_part.php";
}

/** Command: the function that gets ready (true: WordPress is needed), and the function that answers. */
const COMMANDS = array(
	'converge'          => array( 'prepare_converge', 'converge' ),
	'install-network'   => array( 'prepare_network', 'install' ),
	'status'            => array( 'prepare_status', 'status' ),
	'cron'              => array( 'prepare_cron', 'cron' ),
	'follow-hosts'      => array( 'prepare_moving', 'follow_moved_hosts' ),
	'test-space create' => array( 'prepare_wordpress', 'create_test_space' ),
	'test-space remove' => array( 'prepare_wordpress', 'remove_test_spaces' ),
	'seed begin'        => array( 'prepare_seed', 'begin_seed' ),
	'seed fill'         => array( 'prepare_seed', 'fill_seed' ),
	'seed end'          => array( 'prepare_seed', 'end_seed' ),
	'seed remove'       => array( 'prepare_seed', 'remove_seed' ),
	'seed forget'       => array( 'prepare_seed', 'forget_seed' ),
	'seed status'       => array( 'prepare_wordpress', 'seed_status' ),
);

set_exception_handler(
	static function ( \Throwable $error ): void {
		fwrite( STDERR, 'underdesk-blogs: ' . $error->getMessage() . "\n" );
		exit( 1 );
	}
);

function command_named( string $name ): string {
	if ( ! isset( COMMANDS[ $name ] ) ) {
		fwrite( STDERR, 'usage: underdesk-blogs ' . implode( ' | ', array_keys( COMMANDS ) ) . "\n" );
		exit( 2 );
	}
	return $name;
}

/** Gets a command ready; true if it needs WordPress. */
function prepare( string $command ): bool {
	$needs_wordpress = ( __NAMESPACE__ . '\\' . COMMANDS[ $command ][0] )();
	if ( $needs_wordpress ) {
		pretend_request();
		fail_with_wordpress();
	}
	return $needs_wordpress;
}

function prepare_wordpress(): bool {
	if ( ! network_installed( database() ) ) {
		throw new \RuntimeException( 'the network is not installed yet; the jobs container does it' );
	}
	return true;
}

function answer( string $command ): void {
	if ( function_exists( 'wp_set_current_user' ) && is_multisite() ) {
		wp_set_current_user( (int) get_user_by( 'login', ADMINISTRATOR )?->ID );
	}
	$answer = ( __NAMESPACE__ . '\\' . COMMANDS[ $command ][1] )();
	echo json_encode( $answer, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR ), "\n";
}

/** WordPress asks the request for its site: the main one. */
function pretend_request(): void {
	$_SERVER = array(
		'HTTP_HOST'       => authority( 'internal' ),
		'SERVER_NAME'     => platform()['hosts']['internal'],
		'REQUEST_URI'     => '/',
		'REQUEST_METHOD'  => 'GET',
		'SERVER_PROTOCOL' => 'HTTP/1.1',
		'HTTPS'           => 'on',
		'REMOTE_ADDR'     => '127.0.0.1',
		'SCRIPT_FILENAME' => '/usr/share/wordpress/index.php',
		'PHP_SELF'        => '/index.php',
	) + $_SERVER;
}

/** WordPress ends a program that it cannot serve with a page and success; here that is an error. */
function fail_with_wordpress(): void {
	$fail = static function ( $message ): never {
		$text = $message instanceof \WP_Error ? $message->get_error_message() : (string) $message;
		fwrite( STDERR, 'underdesk-blogs: WordPress: ' . trim( strip_tags( $text ) ) . "\n" );
		exit( 1 );
	};
	// WordPress is not loaded yet: it takes over what stands here.
	$GLOBALS['wp_filter'] = array( 'wp_die_handler' => array( 10 => array( array( 'function' => static fn() => $fail, 'accepted_args' => 1 ) ) ) );
}

/** What stands on stdin. */
function request(): array {
	$request = json_decode( (string) stream_get_contents( STDIN ), true );
	if ( ! is_array( $request ) ) {
		throw new \RuntimeException( 'a JSON object is expected on stdin' );
	}
	return $request;
}

/** A value, or the error that WordPress gave instead. */
function checked( mixed $value ): mixed {
	if ( $value instanceof \WP_Error ) {
		throw new \RuntimeException( $value->get_error_message() );
	}
	return $value;
}
