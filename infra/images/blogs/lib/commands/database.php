<?php
/**
 * The database without WordPress: waiting for it, locks in it, whether the network is there.
 */

namespace Underdesk\Blogs;

const DATABASE_WAIT_S  = 120;
const DATABASE_PAUSE_S = 1;

/** A connection; waits while the database starts. */
function database(): \mysqli {
	mysqli_report( MYSQLI_REPORT_OFF );
	$deadline = time() + DATABASE_WAIT_S;
	do {
		$connection = mysqli_init();
		$port       = (int) environment( 'DATABASE_PORT' );
		if ( @mysqli_real_connect( $connection, environment( 'DATABASE_HOST' ), 'blogs', secret( 'database-blogs' ), 'blogs', $port ) ) {
			mysqli_report( MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT );
			return $connection;
		}
		sleep( DATABASE_PAUSE_S );
	} while ( time() < $deadline );
	throw new \RuntimeException( 'no connection to the database: ' . mysqli_connect_error() );
}

/** Takes a lock that lives as long as the connection; false if another has it for longer than the wait. */
function lock( \mysqli $connection, string $name, int $wait_s ): bool {
	return '1' === (string) $connection->execute_query( 'SELECT GET_LOCK(?, ?)', array( "underdesk-blogs-$name", $wait_s ) )->fetch_column();
}

/** Whether the network is there: its main site is the last thing that the installation writes. */
function network_installed( \mysqli $connection ): bool {
	if ( 0 === $connection->query( "SHOW TABLES LIKE 'wp_sitemeta'" )->num_rows ) {
		return false;
	}
	return 0 < $connection->query( "SELECT 1 FROM wp_sitemeta WHERE meta_key = 'underdesk_installed'" )->num_rows;
}
