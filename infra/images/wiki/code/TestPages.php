<?php
namespace Underdesk\TestSpaces;

/** What test pages say: the size and shape of an ordinary article, linked to each other. */
final class TestPages {
	public const SUMMARY = 'underdesk-test';
	private const SECTIONS = 6;
	private const WORDS = [ 'desk', 'office', 'team', 'holiday', 'canteen', 'printer', 'meeting', 'safety', 'travel', 'training', 'project',
		'customer', 'delivery', 'warehouse', 'contract', 'review', 'schedule', 'laptop', 'network', 'manual', 'checklist', 'invoice' ];

	/** A sentence that only this page carries. */
	public static function mark( TestSpace $space, int $number ): string {
		return "This is page $number of the test space {$space->token}.";
	}

	/** About four kilobytes of wikitext, the same each time. */
	public static function wikitext( TestSpace $space, int $number, int $count ): string {
		$text = self::mark( $space, $number ) . "\n\n";
		for ( $section = 1; $section <= self::SECTIONS; $section++ ) {
			$next = ( $number + $section - 1 ) % $count + 1;
			$text .= "== Section $section ==\n" . self::sentences( $number * 31 + $section, 8 )
				. " See [[UnderdeskTest:{$space->page( $next )}]].\n\n* " . self::sentences( $number + $section, 1 ) . "\n* '''Note''': "
				. self::sentences( $number + $section * 7, 1 ) . "\n\n";
		}
		return $text . "{| class=\"wikitable\"\n! What !! How many\n|-\n| Pages || $count\n|}\n";
	}

	private static function sentences( int $seed, int $count ): string {
		$words = [];
		for ( $position = 0; $position < $count * 10; $position++ ) {
			$word = self::WORDS[( $seed * 7 + $position * ( $seed % 5 + 3 ) + intdiv( $position, 3 ) ) % count( self::WORDS )];
			$words[] = $position % 10 === 0 ? ucfirst( $word ) : ( $position % 10 === 9 ? "$word." : $word );
		}
		return implode( ' ', $words );
	}
}
