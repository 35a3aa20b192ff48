<?php
namespace Underdesk;

use mysqli;
use mysqli_sql_exception;

/** A plain connection to the wiki's database, for what runs before MediaWiki can, or too often to load it. */
final class Connection {
	/** Opens it, waiting up to $patience seconds for the database; throws mysqli_sql_exception after that. */
	public static function open( float $patience ): mysqli {
		mysqli_report( MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT );
		$password = trim( file_get_contents( '/run/secrets/database-wiki' ) );
		$deadline = microtime( true ) + $patience;
		while ( true ) {
			try {
				$connection = mysqli_init();
				$connection->options( MYSQLI_OPT_CONNECT_TIMEOUT, 3 );
				$connection->real_connect( getenv( 'DATABASE_HOST' ), 'wiki', $password, 'wiki', (int)getenv( 'DATABASE_PORT' ) );
				return $connection;
			} catch ( mysqli_sql_exception $error ) {
				if ( microtime( true ) > $deadline ) {
					throw $error;
				}
			}
			usleep( 500_000 );
		}
	}

	/** The first column of the first row, or null. */
	public static function value( mysqli $connection, string $query, string ...$arguments ): ?string {
		$row = $connection->execute_query( $query, $arguments )->fetch_row();
		return $row === null || $row === false ? null : (string)$row[0];
	}
}
