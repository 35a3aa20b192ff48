<?php
/**
 * Tells the page cache what to forget: PURGE http://PAGECACHE_HOST:8080/path with the site's host.
 */

namespace Underdesk\Blogs\PageCache;

use function Underdesk\Blogs\environment;

/** Addresses of this request, each purged once, when the request ends. An address ending in * is a prefix. */
final class Purge {
	private const CONNECT_MS = 250;
	private const TOTAL_MS   = 1000;

	/** @var array<string, true> */
	private static array $addresses = array();

	public static function at_end( string ...$addresses ): void {
		if ( ! self::$addresses ) {
			add_action( 'shutdown', array( self::class, 'send' ), 0 );
		}
		self::$addresses += array_fill_keys( array_filter( $addresses ), true );
	}

	/** Sends what was collected; a page cache that is away has nothing to forget when it comes back. */
	public static function send(): void {
		$addresses       = array_keys( self::$addresses );
		self::$addresses = array();
		$host            = environment( 'PAGECACHE_HOST', '' );
		if ( ! $addresses || '' === $host ) {
			return;
		}
		foreach ( gethostbynamel( $host ) ?: array() as $server ) {
			self::send_to( $server, $addresses );
		}
	}

	/** One connection, kept open for all of them. */
	private static function send_to( string $server, array $addresses ): void {
		$curl = curl_init();
		foreach ( $addresses as $address ) {
			curl_setopt_array( $curl, self::request( $server, $address ) );
			if ( false === curl_exec( $curl ) ) {
				error_log( "page cache $server: " . curl_error( $curl ) ); // phpcs:ignore
				return;
			}
		}
	}

	private static function request( string $server, string $address ): array {
		$parts = wp_parse_url( $address );
		$query = isset( $parts['query'] ) ? '?' . $parts['query'] : ( str_contains( $address, '?' ) ? '?' : '' );
		return array(
			CURLOPT_URL               => "http://$server:8080" . ( $parts['path'] ?? '/' ) . $query,
			CURLOPT_CUSTOMREQUEST     => 'PURGE',
			CURLOPT_HTTPHEADER        => array( 'Host: ' . $parts['host'] ),
			CURLOPT_RETURNTRANSFER    => true,
			CURLOPT_CONNECTTIMEOUT_MS => self::CONNECT_MS,
			CURLOPT_TIMEOUT_MS        => self::TOTAL_MS,
			CURLOPT_PROXY             => '',
		);
	}
}
