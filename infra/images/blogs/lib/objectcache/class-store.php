<?php
/**
 * The connection to Valkey.
 */

namespace Underdesk\Blogs\ObjectCache;

use function Underdesk\Blogs\environment;
use function Underdesk\Blogs\secret;

/** Valkey that may be away: every call then answers the default, at once. */
final class Store {
	private const CONNECT_S = 0.25;
	private const READ_S    = 0.5;
	/** After a failure nobody in this container asks again for so long. */
	private const BREAK_S     = 3;
	private const BREAKER_KEY = 'underdesk-objectcache-away';

	private ?\Redis $server = null;
	private bool $away      = false;

	/**
	 * Runs a command.
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

	private function server(): ?\Redis {
		if ( null !== $this->server || $this->away ) {
			return $this->server;
		}
		if ( function_exists( 'apcu_exists' ) && apcu_exists( self::BREAKER_KEY ) ) {
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
		$server->pconnect( environment( 'OBJECTCACHE_HOST' ), 6379, self::CONNECT_S, 'blogs', 0, self::READ_S, array( 'auth' => secret( 'objectcache' ) ) );
		$server->setOption( \Redis::OPT_SERIALIZER, \Redis::SERIALIZER_IGBINARY );
		return $server;
	}

	private function give_up( \Exception $error ): void {
		$this->server = null;
		$this->away   = true;
		if ( function_exists( 'apcu_store' ) ) {
			apcu_store( self::BREAKER_KEY, true, self::BREAK_S );
		}
		error_log( 'object cache away: ' . $error->getMessage() ); // phpcs:ignore
	}
}
