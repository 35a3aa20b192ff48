<?php
/**
 * What a page asked Valkey for last time it will ask for again: all of it comes in one round trip.
 */

namespace Underdesk\Blogs\ObjectCache;

/**
 * The keys that a page and its reader need, as lists in Valkey. A page without a list takes the last one of another page.
 * A list says only what to fetch: a wrong one costs time, never rightness.
 */
final class Habit {
	private const PREFIX = Store::PREFIX . 'habit:';
	private const LIFE_S = 3600;
	private const MOST   = 300;
	/** What differs by reader: accounts and what belongs to them. */
	private const PERSONAL = Store::PREFIX . 'all:user';

	/** @var array{page: list<string>, person: list<string>} What was fetched at once. */
	private array $expected = array(
		'page'   => array(),
		'person' => array(),
	);
	/** @var array<string, bool> Expected keys that Valkey does not hold; true: they were asked for. */
	private array $absent = array();
	/** @var array<string, true> What had to be asked for besides. */
	private array $unexpected = array();
	private bool $known       = false;

	private function __construct( private Store $store, private string $page, private string $any_page, private string $person ) {}

	/** The habit of this request; null where nothing is fetched ahead: whoever changes something reads when it needs to. */
	public static function of_request( Store $store ): ?self {
		$reads = in_array( $_SERVER['REQUEST_METHOD'] ?? '', array( 'GET', 'HEAD' ), true );
		if ( ! $reads || 'cli' === PHP_SAPI || defined( 'WP_ADMIN' ) || defined( 'DOING_CRON' ) ) {
			return null;
		}
		$reader = self::reader();
		$kind   = '' === $reader ? 'stranger' : 'reader';
		parse_str( (string) ( $_SERVER['QUERY_STRING'] ?? '' ), $parameters );
		$address = array( $_SERVER['HTTP_HOST'] ?? '', strtok( (string) ( $_SERVER['REQUEST_URI'] ?? '' ), '?' ), ...array_keys( $parameters ) );
		return new self( $store, self::PREFIX . "$kind:" . md5( implode( ' ', $address ) ), self::PREFIX . "$kind:any", self::PREFIX . 'person:' . md5( $reader ) );
	}

	/** Whom the cookie names, rightly or not; '' without one. */
	private static function reader(): string {
		foreach ( $_COOKIE as $name => $value ) {
			if ( str_starts_with( (string) $name, 'wordpress_logged_in' ) && is_string( $value ) ) {
				return (string) strtok( $value, '|' );
			}
		}
		return '';
	}

	/** Everything that was used last time, by full key. @return array<string, mixed> */
	public function fetch(): array {
		list( $page, $any_page, $person ) = $this->store->ask( fn( \Redis $server ) => $server->mget( array( $this->page, $this->any_page, $this->person ) ), false ) ?: array( false, false, false );

		$this->known    = is_array( $page );
		$this->expected = array(
			'page'   => ( $this->known ? $page : $any_page ) ?: array(),
			'person' => $person ?: array(),
		);
		$keys           = array_merge( ...array_values( $this->expected ) );
		$stored         = $keys ? $this->store->ask( static fn( \Redis $server ) => $server->mget( $keys ), array() ) : array();
		$found          = array();
		foreach ( $stored as $position => $value ) {
			if ( is_array( $value ) ) {
				$found[ $keys[ $position ] ] = $value[0];
			} else {
				$this->absent[ $keys[ $position ] ] = false;
			}
		}
		return $found;
	}

	/** The keys among these that Valkey has to be asked for. @param list<string> $full_keys @return list<string> */
	public function still_unknown( array $full_keys ): array {
		$unknown = array();
		foreach ( $full_keys as $full ) {
			if ( isset( $this->absent[ $full ] ) ) {
				$this->absent[ $full ] = true;
			} else {
				$unknown[]                 = $full;
				$this->unexpected[ $full ] = true;
			}
		}
		return $unknown;
	}

	/** Keeps what was asked for, where it was not all expected. */
	public function keep(): void {
		$asked    = array_keys( $this->unexpected );
		$personal = array_filter( $asked, static fn( string $full ): bool => str_starts_with( $full, self::PERSONAL ) );
		$of_page  = array_diff( $asked, $personal );
		if ( $of_page || ! $this->known ) {
			$this->write( $this->page, 'page', $of_page );
		}
		if ( ! $this->known ) {
			$this->write( $this->any_page, 'page', $of_page );
		}
		if ( $personal ) {
			$this->write( $this->person, 'person', $personal );
		}
	}

	/** Keys that were expected, but were neither there nor asked for, are of a state that has passed. */
	private function write( string $list, string $part, array $more ): void {
		$passed = array_keys( array_filter( $this->absent, static fn( bool $asked ): bool => ! $asked ) );
		$keys   = array_merge( $more, array_diff( $this->expected[ $part ], $passed ) );
		$keys   = array_slice( array_values( array_unique( $keys ) ), 0, self::MOST );
		$this->store->ask( static fn( \Redis $server ) => $server->setex( $list, self::LIFE_S, $keys ), true );
	}
}
