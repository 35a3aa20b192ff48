<?php
namespace Underdesk\TestSpaces;

/** The names of seeded content: every page of its namespace, and whatever begins with the mark. */
final class SeedSpace implements Marked {
	public const NAMESPACES = [ 3972, 3973 ];
	public const PREFIX = 'Underdesk-seed-';
	public const RANK = 'underdesk-rank';

	public function name(): string {
		return 'seed';
	}

	public function userPrefix(): string {
		return self::PREFIX;
	}

	public function filePrefix(): string {
		return self::PREFIX;
	}

	/** @inheritDoc */
	public function titles(): array {
		return array_fill_keys( self::NAMESPACES, '' )
			+ array_fill_keys( [ NS_USER, NS_USER_TALK, NS_FILE, NS_FILE_TALK ], self::PREFIX );
	}
}
