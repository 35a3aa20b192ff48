<?php
namespace Underdesk\TestSpaces;

use InvalidArgumentException;

/** The names of one test space: its pages, identities and files all carry the token. */
final class TestSpace implements Marked {
	public const USER_PREFIX = 'Underdesk-test-';
	public const FILE_PREFIX = 'Underdesk-test-';
	public const NAMESPACES = [ 3970, 3971 ];
	public const GROUP = 'underdesk-test';
	/** User option: Unix time after which everything is removed. */
	public const EXPIRES = 'underdesk-test-expires';

	public function __construct( public readonly string $token ) {
		if ( preg_match( '/^[a-z0-9]{1,32}$/D', $token ) !== 1 ) {
			throw new InvalidArgumentException( 'token: write 1 to 32 of a-z and 0-9' );
		}
	}

	/** The space that a name belongs to, or null: 'Underdesk-test-TOKEN-1', 'TOKEN/Page 1'. */
	public static function ofUser( string $name ): ?self {
		return preg_match( '/^' . self::USER_PREFIX . '([a-z0-9]{1,32})-/D', $name, $found ) === 1 ? new self( $found[1] ) : null;
	}

	public static function ofPage( string $title ): ?self {
		return preg_match( '#^([a-z0-9]{1,32})/#D', $title, $found ) === 1 ? new self( $found[1] ) : null;
	}

	public function name(): string {
		return $this->token;
	}

	public function userPrefix(): string {
		return self::USER_PREFIX . $this->token . '-';
	}

	public function user( int $number ): string {
		return $this->userPrefix() . $number;
	}

	public function page( int $number ): string {
		return $this->token . '/Page ' . $number;
	}

	/** Whether a page (namespace and title as in the database) lies in this space. */
	public function owns( int $namespace, string $title ): bool {
		return in_array( $namespace, self::NAMESPACES, true ) && str_starts_with( $title, $this->token . '/' )
			|| $namespace === 6 && str_starts_with( $title, $this->filePrefix() );
	}

	/** @inheritDoc */
	public function titles(): array {
		return array_fill_keys( self::NAMESPACES, $this->token . '/' )
			+ array_fill_keys( [ NS_USER, NS_USER_TALK ], self::USER_PREFIX . $this->token . '-' )
			+ array_fill_keys( [ NS_FILE, NS_FILE_TALK ], $this->filePrefix() );
	}

	public function filePrefix(): string {
		return self::FILE_PREFIX . $this->token . '-';
	}
}
