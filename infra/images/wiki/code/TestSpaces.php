<?php
namespace Underdesk\TestSpaces;

use Wikimedia\Rdbms\IDatabase;
use Wikimedia\Rdbms\IExpression;
use Wikimedia\Rdbms\LikeValue;

/** Which test spaces there are; their identities are the register. */
final class TestSpaces {
	public function __construct( private readonly IDatabase $database ) {
	}

	/** @return array<string, int> token => Unix time of expiry; 0 where none is known */
	public function all(): array {
		$rows = $this->database->newSelectQueryBuilder()
			->select( [ 'user_name', 'up_value' ] )->from( 'user' )
			->leftJoin( 'user_properties', null, [ 'up_user=user_id', 'up_property' => TestSpace::EXPIRES ] )
			->where( $this->database->expr( 'user_name', IExpression::LIKE, new LikeValue( TestSpace::USER_PREFIX, $this->database->anyString() ) ) )
			->caller( __METHOD__ )->fetchResultSet();
		$found = [];
		foreach ( $rows as $row ) {
			$token = TestSpace::ofUser( $row->user_name )?->token;
			if ( $token !== null ) {
				$found[$token] = max( $found[$token] ?? 0, (int)$row->up_value );
			}
		}
		return $found;
	}

	/**
	 * Removes spaces.
	 * @param string[] $tokens
	 * @return list<array{token: string, pages: int, users: int, files: int}>
	 */
	public function remove( array $tokens ): array {
		return array_map( fn ( $token ) => ( new TestSpaceRemoval( $this->database, new TestSpace( (string)$token ) ) )->run(), array_values( $tokens ) );
	}

	/** Removes the spaces whose time is over. */
	public function removeExpired(): array {
		return $this->remove( array_keys( array_filter( $this->all(), static fn ( $expires ) => $expires < time() ) ) );
	}
}
