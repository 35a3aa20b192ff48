<?php
namespace Underdesk\TestSpaces;

use Wikimedia\Rdbms\IDatabase;
use Wikimedia\Rdbms\IExpression;
use Wikimedia\Rdbms\LikeValue;

/** Where MediaWiki keeps names that it worked out by itself: who was active lately, special pages it remembers, jobs that wait. */
final class TestLists {
	private const LOCK_WAIT_S = 10;
	private const ACTIVE_PEOPLE = 'activeusers';
	/** Tables, and how their columns for namespace and title are called. */
	private const LISTS = [ [ 'querycache', 'qc_%s' ], [ 'querycachetwo', 'qcc_%s' ], [ 'querycachetwo', 'qcc_%stwo' ], [ 'job', 'job_%s' ] ];

	public function __construct( private readonly IDatabase $database, private readonly Marked $space ) {
	}

	/**
	 * Strikes the space off every list. To be called after its recent changes are gone and committed.
	 * The job that lists who was active holds the same lock: it either ended before, or finds nobody of the space any more.
	 */
	public function remove(): void {
		$lock = $this->database->getScopedLockAndFlush( $this->database->getDomainID() . '-' . self::ACTIVE_PEOPLE, __METHOD__, self::LOCK_WAIT_S );
		foreach ( self::LISTS as [ $table, $column ] ) {
			foreach ( $this->space->titles() as $namespace => $prefix ) {
				$this->database->newDeleteQueryBuilder()->deleteFrom( $table )->where( [
					sprintf( $column, 'namespace' ) => $namespace,
					$this->database->expr( sprintf( $column, 'title' ), IExpression::LIKE, new LikeValue( $prefix, $this->database->anyString() ) ),
				] )->caller( __METHOD__ )->execute();
			}
		}
		unset( $lock );
	}
}
