<?php
namespace Underdesk;

use mysqli;

/** What state the wiki's tables are in; written into MediaWiki's own table of updates. */
final class Schema {
	private const PREFIX = 'underdesk-schema-';

	/** True once an installation ended; one that was cut off in the middle does not count. */
	public static function isInstalled( mysqli $connection ): bool {
		return self::hasTable( $connection, 'updatelog' )
			&& Connection::value( $connection, 'SELECT COUNT(*) FROM updatelog WHERE ul_key LIKE ?', self::PREFIX . '%' ) !== '0';
	}

	/** True when nobody can have written anything: no pages but the installer's own first one. */
	public static function isEmpty( mysqli $connection ): bool {
		return !self::hasTable( $connection, 'revision' )
			|| (int)Connection::value( $connection, 'SELECT COUNT(*) FROM revision' ) <= 1;
	}

	/** True when the tables fit this image: MediaWiki's version and the set of extensions. */
	public static function isCurrent( mysqli $connection ): bool {
		return Connection::value( $connection, 'SELECT ul_key FROM updatelog WHERE ul_key = ?', self::wanted() ) !== null;
	}

	/** Remembers that the tables fit this image. */
	public static function record( mysqli $connection ): void {
		$connection->execute_query( 'DELETE FROM updatelog WHERE ul_key LIKE ?', [ self::PREFIX . '%' ] );
		$connection->execute_query( 'INSERT INTO updatelog (ul_key) VALUES (?)', [ self::wanted() ] );
	}

	/** Drops every table of an installation that was cut off; only to be called when isEmpty() and not isInstalled(). */
	public static function dropTables( mysqli $connection ): void {
		$tables = $connection->query( "SELECT table_name FROM information_schema.tables WHERE table_schema = 'wiki'" )->fetch_all();
		foreach ( $tables as [ $table ] ) {
			$connection->query( "DROP TABLE `$table`" );
		}
	}

	/** MediaWiki's version in this image. */
	public static function version(): string {
		preg_match( "/define\( 'MW_VERSION', '([^']+)'/", file_get_contents( '/usr/share/mediawiki/includes/Defines.php' ), $found );
		return $found[1];
	}

	private static function wanted(): string {
		return self::PREFIX . self::version() . '-' . substr( hash_file( 'sha256', '/usr/share/underdesk/build/extensions.php' ), 0, 12 );
	}

	private static function hasTable( mysqli $connection, string $table ): bool {
		$query = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'wiki' AND table_name = ?";
		return Connection::value( $connection, $query, $table ) === '1';
	}
}
