<?php
namespace Underdesk;

/**
 * The page caches that must hear of a change. While one replaces another there are two behind the one name,
 * and curl would tell only the first.
 */
final class PageCaches {
	private const PORT = 8080;

	/** @return list<string> every one that is there now; none: it has nothing to forget when it comes back */
	public static function all(): array {
		return array_map( static fn ( $address ) => $address . ':' . self::PORT, gethostbynamel( getenv( 'PAGECACHE_HOST' ) ) ?: [] );
	}

	/** Those that this request may have to tell: who only reads changes nothing and need not look up names. */
	public static function toTell(): array {
		$reads = in_array( $_SERVER['REQUEST_METHOD'] ?? '', [ 'GET', 'HEAD' ], true );
		return $reads ? [ getenv( 'PAGECACHE_HOST' ) . ':' . self::PORT ] : self::all();
	}
}
