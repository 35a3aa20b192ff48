<?php
/**
 * The connection to Valkey.
 */

namespace Underdesk\Blogs\ObjectCache;

use function Underdesk\Blogs\environment;
use function Underdesk\Blogs\secret;

/** Valkey that may be away: every call then answers the default, at once. */
final class Store {
	/** Valkey holds the blogs and the wiki apart by the keys' beginning. */
	public const PREFIX = 'blogs:';

	private const CONNECT_S = 0.25;
	private const READ_S    = 0.5;
	/** After a failure nobody in this container asks again for so long. */
	private const BREAK_S = 3;
	private const BREAKER = 'underdesk-objectcache-away';
	/** A change did not reach Valkey: what it holds is not to be believed when it is back. */
	private const MISSED = 'underdesk-objectcache-missed';

	private ?\Redis $server = null;
	private bool $away      = false;

	/**
	 * Asks for something.
	 *
	 * @template T
	 * @param callable(\Redis): T $command Command.
	 * @param T                   $default Answer when Valkey is away.
	 * @return T
	 */
	public function ask( callable $command, mixed $default ): mixed {
		$server = $this->server();
		if ( null === $server ) {
			return $default;
		}
		try {
			return $command( $server );
		} catch ( \RedisException $error ) {
			$this->give_up( $error );
			return $default;
		}
	}

	/** Changes something; remembers if it could not. Parameters as in ask(). */
	public function change( callable $command, mixed $default ): mixed {
		$answer = $this->ask( $command, $default );
		if ( $this->away ) {
			apcu_store( self::MISSED, true );
		}
		return $answer;
	}

	/** Removes the keys that match. */
	public function forget( string $pattern ): bool {
		return $this->change( static fn( \Redis $server ) => self::unlink_matching( $server, $pattern ), true );
	}

	private static function unlink_matching( \Redis $server, string $pattern ): bool {
		$server->setOption( \Redis::OPT_SCAN, \Redis::SCAN_RETRY );
		$cursor = null;
		do {
			$keys = $server->scan( $cursor, $pattern, 1000 );
			if ( $keys ) {
				$server->unlink( $keys );
			}
		} while ( $cursor );
		return true;
	}

	private function server(): ?\Redis {
		if ( null !== $this->server || $this->away ) {
			return $this->server;
		}
		if ( apcu_exists( self::BREAKER ) ) {
			$this->away = true;
			return null;
		}
		try {
			$this->server = $this->connect();
		} catch ( \RedisException | \RuntimeException $error ) {
			$this->give_up( $error );
		}
		return $this->server;
	}

	private function connect(): \Redis {
		$server = new \Redis();
		@$server->pconnect( environment( 'OBJECTCACHE_HOST' ), 6379, self::CONNECT_S, 'blogs', 0, self::READ_S, array( 'auth' => secret( 'objectcache' ) ) );
		if ( apcu_exists( self::MISSED ) ) {
			self::unlink_matching( $server, self::PREFIX . '*' );
			apcu_delete( self::MISSED );
		}
		$server->setOption( \Redis::OPT_SERIALIZER, \Redis::SERIALIZER_IGBINARY );
		return $server;
	}

	private function give_up( \Exception $error ): void {
		$this->server = null;
		$this->away   = true;
		apcu_store( self::BREAKER, true, self::BREAK_S );
		error_log( 'object cache away: ' . $error->getMessage() ); // phpcs:ignore
	}
}
