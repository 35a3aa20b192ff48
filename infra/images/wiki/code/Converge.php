<?php
namespace Underdesk;

use mysqli;
use RuntimeException;

/** The steps of converging, under a lock in the database, so that two containers never install at once. */
final class Converge {
	private const LOCK_WAIT_S = 900;
	private const RUN = '/usr/share/mediawiki/maintenance/run.php';
	private const ADMINISTRATOR = '/run/secrets/administrator';

	public function __construct( private readonly mysqli $connection ) {
	}

	/** @return array{installed: bool, updated: bool, version: string} what was done */
	public function run(): array {
		if ( Connection::value( $this->connection, 'SELECT GET_LOCK(?, ?)', 'underdesk-wiki-converge', (string)self::LOCK_WAIT_S ) !== '1' ) {
			throw new RuntimeException( 'another converge holds the lock' );
		}
		$install = !Schema::isInstalled( $this->connection ) && Schema::isEmpty( $this->connection );
		if ( $install ) {
			Schema::dropTables( $this->connection );
			$this->install();
		}
		$update = $install || !Schema::isCurrent( $this->connection );
		if ( $update ) {
			$this->makeSearchCrashSafe();
			$this->maintenance( 'update', '--quick' );
			Schema::record( $this->connection );
		}
		$this->maintenance( '/usr/share/underdesk/maintenance/FirstPages.php' );
		if ( $install ) {
			// The installer does not count the accounts that it makes for itself; every later count does.
			$this->maintenance( 'initSiteStats', '--update' );
		}
		return [ 'installed' => $install, 'updated' => $update, 'version' => Schema::version() ];
	}

	/** MediaWiki's installer makes the tables; the settings it writes are thrown away, the image has its own. */
	private function install(): void {
		$platform = json_decode( file_get_contents( '/etc/underdesk/platform.json' ), true, 16, JSON_THROW_ON_ERROR );
		if ( !is_readable( self::ADMINISTRATOR ) ) {
			throw new RuntimeException( 'the secret "administrator" is missing; the jobs container has it' );
		}
		$settings = '/tmp/underdesk-install-' . getmypid();
		mkdir( $settings, 0700 );
		try {
			$this->maintenance( 'install', '--confpath', $settings, '--dbtype', 'mysql', '--dbserver', getenv( 'DATABASE_HOST' ) . ':' . getenv( 'DATABASE_PORT' ), '--dbname', 'wiki',
				'--dbuser', 'wiki', '--dbpassfile', '/run/secrets/database-wiki', '--passfile', self::ADMINISTRATOR,
				'--server', 'https://' . $platform['hosts']['wiki'], '--scriptpath', '/w', '--lang', 'en', $platform['company'] . ' Wiki', 'Admin' );
		} finally {
			array_map( 'unlink', glob( "$settings/*" ) );
			rmdir( $settings );
		}
	}

	/**
	 * The installer makes the search index with MyISAM, which a power cut damages and a cluster does not copy: what is in it is on one member only,
	 * so a table that every member makes empty is filled with it, row by row.
	 */
	private function makeSearchCrashSafe(): void {
		$engine = Connection::value( $this->connection,
			"SELECT engine FROM information_schema.tables WHERE table_schema = 'wiki' AND table_name = 'searchindex'" );
		if ( $engine !== 'InnoDB' ) {
			$this->connection->query( 'DROP TABLE IF EXISTS searchindex_new, searchindex_old' );
			$this->connection->query( 'CREATE TABLE searchindex_new LIKE searchindex' );
			$this->connection->query( 'ALTER TABLE searchindex_new ENGINE = InnoDB' );
			$this->connection->query( 'INSERT INTO searchindex_new SELECT * FROM searchindex' );
			$this->connection->query( 'RENAME TABLE searchindex TO searchindex_old, searchindex_new TO searchindex' );
			$this->connection->query( 'DROP TABLE searchindex_old' );
		}
	}

	private function maintenance( string ...$arguments ): void {
		// The installer refuses to run where settings exist: it gets a name where there are none.
		$environment = getenv() + ( $arguments[0] === 'install' ? [ 'MW_CONFIG_FILE' => '/tmp/none.php' ] : [] );
		$process = proc_open( [ PHP_BINARY, self::RUN, ...$arguments ], [ [ 'file', '/dev/null', 'r' ], STDERR, STDERR ], $pipes, null, $environment );
		$status = proc_close( $process );
		if ( $status !== 0 ) {
			throw new RuntimeException( "{$arguments[0]} ended with status $status" );
		}
	}
}
