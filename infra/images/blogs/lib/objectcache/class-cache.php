<?php
/**
 * The object cache: the process first, Valkey second.
 */

namespace Underdesk\Blogs\ObjectCache;

/** Values by group and key; groups are per site unless global. */
final class Cache {
	/** No entry outlives this: it bounds what a lost invalidation can do. */
	private const LIFE_S = 3600;

	/** @var array<string, mixed> Values of this request by full key. */
	private array $values = array();
	/** @var array<string, true> */
	private array $global_groups = array();
	/** @var array<string, true> */
	private array $process_groups = array();
	private int $site             = 0;

	public int $cache_hits   = 0;
	public int $cache_misses = 0;

	private bool $ahead = false;

	public function __construct( private Store $store, private ?Habit $habit = null ) {}

	public function switch_to( int $site ): void {
		$this->site = $site;
	}

	public function make_global( string ...$groups ): void {
		$this->global_groups += array_fill_keys( $groups, true );
	}

	public function keep_in_process( string ...$groups ): void {
		$this->process_groups += array_fill_keys( $groups, true );
	}

	public function get( int|string $key, string $group, bool $force, ?bool &$found ): mixed {
		$full = $this->full_key( $key, $group );
		if ( ! $force && array_key_exists( $full, $this->values ) ) {
			return $this->hit( $full, $found );
		}
		return $this->get_multiple( array( $key ), $group, $force, $found )[ $key ];
	}

	/** Values by key, false where there is none; one round trip for all that the process does not have. */
	public function get_multiple( array $keys, string $group, bool $force, ?bool &$found = null ): array {
		$this->fetch_ahead();
		$missing = array();
		foreach ( $keys as $key ) {
			$full = $this->full_key( $key, $group );
			if ( $force || ! array_key_exists( $full, $this->values ) ) {
				$missing[] = $full;
			}
		}
		$this->fetch( $missing, $group, $force );
		$values = array();
		foreach ( $keys as $key ) {
			$values[ $key ] = $this->hit( $this->full_key( $key, $group ), $found );
		}
		return $values;
	}

	public function set( int|string $key, mixed $value, string $group, int $life_s ): bool {
		$full                  = $this->full_key( $key, $group );
		$value                 = is_object( $value ) ? clone $value : $value;
		$this->values[ $full ] = $value;
		if ( $this->only_in_process( $group ) ) {
			return true;
		}
		if ( $this->doubtful() ) {
			$this->store->change( fn( \Redis $server ) => $server->unlink( $full ), 0 );
		} else {
			$this->store->change( fn( \Redis $server ) => $server->setex( $full, $this->life( $life_s ), array( $value ) ), true );
		}
		return true;
	}

	/** False when the key is there already, in the process or in Valkey. */
	public function add( int|string $key, mixed $value, string $group, int $life_s ): bool {
		if ( function_exists( 'wp_suspend_cache_addition' ) && wp_suspend_cache_addition() ) {
			return false;
		}
		$full = $this->full_key( $key, $group );
		if ( array_key_exists( $full, $this->values ) ) {
			return false;
		}
		$value = is_object( $value ) ? clone $value : $value;
		if ( ! $this->only_in_process( $group ) && ! $this->doubtful() ) {
			$options = array( 'nx', 'ex' => $this->life( $life_s ) );
			if ( ! $this->store->change( fn( \Redis $server ) => $server->set( $full, array( $value ), $options ), true ) ) {
				return false;
			}
		}
		$this->values[ $full ] = $value;
		return true;
	}

	public function replace( int|string $key, mixed $value, string $group, int $life_s ): bool {
		$found = false;
		$this->get( $key, $group, false, $found );
		return $found && $this->set( $key, $value, $group, $life_s );
	}

	/** @return array<int|string, bool> */
	public function delete_multiple( array $keys, string $group ): array {
		$full_keys = array();
		foreach ( $keys as $key ) {
			$full        = $this->full_key( $key, $group );
			$full_keys[] = $full;
			unset( $this->values[ $full ] );
		}
		if ( $full_keys && ! $this->only_in_process( $group ) ) {
			$this->store->change( fn( \Redis $server ) => $server->unlink( $full_keys ), 0 );
		}
		return array_fill_keys( $keys, true );
	}

	public function add_to_number( int|string $key, int $offset, string $group ): int|false {
		$found  = false;
		$number = $this->get( $key, $group, true, $found );
		if ( ! $found ) {
			return false;
		}
		$number = max( 0, ( is_numeric( $number ) ? (int) $number : 0 ) + $offset );
		$this->set( $key, $number, $group, 0 );
		return $number;
	}

	public function forget_process(): bool {
		$this->values = array();
		return true;
	}

	/** The request ends. */
	public function close(): bool {
		$this->habit?->keep();
		return true;
	}

	public function flush( string $group = '' ): bool {
		$this->values = array();
		return $this->store->forget( '' === $group ? Store::PREFIX . '*' : $this->full_key( '', $group ) . '*' );
	}

	/** What the page used last time, once; what this request has changed already stays. */
	private function fetch_ahead(): void {
		if ( ! $this->ahead ) {
			$this->ahead   = true;
			$this->values += $this->habit?->fetch() ?? array();
		}
	}

	private function fetch( array $full_keys, string $group, bool $force ): void {
		if ( $this->only_in_process( $group ) ) {
			return;
		}
		$full_keys = $force || null === $this->habit ? $full_keys : $this->habit->still_unknown( $full_keys );
		if ( ! $full_keys ) {
			return;
		}
		$stored = $this->store->ask( static fn( \Redis $server ) => $server->mget( $full_keys ), array() );
		foreach ( $full_keys as $position => $full ) {
			if ( is_array( $stored[ $position ] ?? null ) ) {
				$this->values[ $full ] = $stored[ $position ][0];
			}
		}
	}

	private function hit( string $full, ?bool &$found ): mixed {
		$found = array_key_exists( $full, $this->values );
		if ( ! $found ) {
			++$this->cache_misses;
			return false;
		}
		++$this->cache_hits;
		return is_object( $this->values[ $full ] ) ? clone $this->values[ $full ] : $this->values[ $full ];
	}

	private function only_in_process( string $group ): bool {
		return isset( $this->process_groups[ $group ] );
	}

	/**
	 * Whether what this request knows may lack what is there: the database has failed it. Others do not get that. WordPress would keep that an account has no
	 * sessions and no rights, or that options are not set, until somebody changes them.
	 */
	private function doubtful(): bool {
		return $GLOBALS['wpdb']->statement_failed ?? false;
	}

	private function full_key( int|string $key, string $group ): string {
		$site = isset( $this->global_groups[ $group ] ) ? 'all' : $this->site;
		return Store::PREFIX . "$site:$group:$key";
	}

	private function life( int $life_s ): int {
		return $life_s > 0 ? min( $life_s, self::LIFE_S ) : self::LIFE_S;
	}
}
