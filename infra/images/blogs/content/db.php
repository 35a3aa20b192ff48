<?php
/**
 * Waits for the database: a connection that cannot be made is tried again for 20 s,
 * so that a restart of the database makes a page late and does not fail it.
 * Only the connection is retried, never a statement.
 *
 * The connection is made by the first statement: a page that the object cache has whole needs none.
 */

class Underdesk_Database extends wpdb {
	private const WAIT_S  = 20.0;
	private const PAUSE_US = 200_000;
	/** Access denied (server, database), unknown database: waiting does not help. */
	private const FINAL_ERRORS = array( 1044, 1045, 1049 );
	/** What mysqli_real_escape_string() escapes over a connection in utf8mb4, where no byte of a longer character is one of these. */
	private const ESCAPED = array(
		"\0"   => '\0',
		"\n"   => '\n',
		"\r"   => '\r',
		'\\'   => '\\\\',
		"'"    => "\\'",
		'"'    => '\"',
		"\x1a" => '\Z',
	);

	/** A statement of this request has failed. WordPress takes that for one that found nothing. */
	public bool $statement_failed = false;

	private bool $constructed = false;
	private bool $connected   = false;
	/** The connection was not used yet, and there is none. */
	private bool $waiting = false;

	/** Called by the constructor, it only gets ready; without the property the first use of it comes to __get(). */
	public function db_connect( $allow_bail = true ) {
		if ( $this->constructed ) {
			return $this->connect_patiently( $allow_bail );
		}
		unset( $this->dbh );
		$this->constructed = true;
		$this->waiting     = true;
		$this->ready       = true;
		$this->charset     = DB_CHARSET;
		return true;
	}

	/** Also called for every use of the property from outside, since it is protected: those share the one connection. */
	public function __get( $name ) {
		if ( 'dbh' === $name && $this->waiting ) {
			$this->waiting = false;
			$this->dbh     = null;
			$this->connect_patiently( true );
		}
		return parent::__get( $name );
	}

	public function __isset( $name ) {
		return 'dbh' === $name ? null !== $this->__get( $name ) : parent::__isset( $name );
	}

	public function _real_escape( $data ) {
		if ( $this->connected || ! is_scalar( $data ) ) {
			return parent::_real_escape( $data );
		}
		return $this->add_placeholder_escape( strtr( (string) $data, self::ESCAPED ) );
	}

	public function query( $query ) {
		$result                 = parent::query( $query );
		$this->statement_failed = $this->statement_failed || false === $result;
		return $result;
	}

	private function connect_patiently( bool $allow_bail ): bool {
		$deadline = microtime( true ) + self::WAIT_S;
		while ( microtime( true ) < $deadline ) {
			if ( parent::db_connect( false ) ) {
				return $this->connected = true;
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
