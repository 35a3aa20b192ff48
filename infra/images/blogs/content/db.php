<?php
/**
 * Waits for the database: a connection that cannot be made is tried again for 20 s,
 * so that a restart of the database makes a page late and does not fail it.
 * Only the connection is retried, never a statement.
 */

class Underdesk_Database extends wpdb {
	private const WAIT_S  = 20.0;
	private const PAUSE_US = 200_000;
	/** Access denied (server, database), unknown database: waiting does not help. */
	private const FINAL_ERRORS = array( 1044, 1045, 1049 );

	public function db_connect( $allow_bail = true ) {
		$deadline = microtime( true ) + self::WAIT_S;
		while ( microtime( true ) < $deadline ) {
			if ( parent::db_connect( false ) ) {
				return true;
			}
			if ( in_array( mysqli_connect_errno(), self::FINAL_ERRORS, true ) ) {
				break;
			}
			usleep( self::PAUSE_US );
		}
		return parent::db_connect( $allow_bail );
	}
}

$GLOBALS['wpdb'] = new Underdesk_Database( DB_USER, DB_PASSWORD, DB_NAME, DB_HOST );
