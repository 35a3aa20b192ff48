<?php
namespace Underdesk;

use Wikimedia\Rdbms\DatabaseMySQL;
use Wikimedia\Rdbms\DBConnectionError;

/**
 * MySQL whose connect waits while the database restarts (some seconds), so that nobody sees an error page for it.
 * A refused password or an unknown database fails at once.
 */
final class PatientDatabase extends DatabaseMySQL {
	private const PATIENCE_S = 20.0;
	private const PAUSE_US = 250_000;
	/** Refused after connecting, too many connections, shutting down, no route or refused, name unknown, gone, lost in the handshake, killed. */
	private const PASSING = [ 0, 1040, 1053, 1927, 2002, 2003, 2005, 2006, 2013 ];

	/** @inheritDoc */
	protected function open( $server, $user, $password, $db, $schema, $tablePrefix ) {
		$deadline = microtime( true ) + self::PATIENCE_S;
		while ( true ) {
			try {
				parent::open( $server, $user, $password, $db, $schema, $tablePrefix );
				return;
			} catch ( DBConnectionError $error ) {
				$code = mysqli_connect_errno();
				if ( !in_array( $code, self::PASSING, true ) || microtime( true ) > $deadline ) {
					throw $error;
				}
			}
			usleep( self::PAUSE_US );
		}
	}
}
