<?php
/**
 * Addresses inside of what WordPress keeps: plain text, JSON, parts of other addresses, and values that PHP has serialised, with the length of each string.
 */

namespace Underdesk\Blogs;

/** Deeper than anything that WordPress or a plugin keeps; a value beyond it stays as it is. */
const DEEPEST = 200;

/** Rewrites HOST[:PORT] of addresses; hosts that only end or begin like one stay. */
final class Rewriting {
	private string $pattern;
	private array $places = array();

	/** @param array<string, string> $moved what each HOST[:PORT] is now */
	public function __construct( array $moved ) {
		foreach ( $moved as $old => $new ) {
			$this->places[ strtolower( $old ) ]                 = $new;
			$this->places[ strtolower( rawurlencode( $old ) ) ] = rawurlencode( $new );
		}
		$names         = implode( '|', array_map( static fn( $name ) => preg_quote( (string) $name, '~' ), array_keys( $this->places ) ) );
		$this->pattern = "~(//|\\\\/\\\\/|%2F%2F)($names)(?![A-Za-z0-9_-]|[.:][A-Za-z0-9]|%3A)~i";
	}

	/** Returns the value with today's addresses. */
	public function of( string $value, int $depth = 0 ): string {
		if ( ! preg_match( '/^(?:[aOCE]:\d+:[{"]|s:\d+:")/', $value ) ) {
			return preg_replace_callback( $this->pattern, fn( $found ) => $found[1] . $this->places[ strtolower( $found[2] ) ], $value ) ?? $value;
		}
		$at      = 0;
		$written = $this->serialised( $value, $at, $depth, true );
		return null !== $written && strlen( $value ) === $at ? $written : $value;
	}

	/** Returns the value that begins at $at, which then is behind it; null where it is none that PHP wrote. Keys and names of classes stay. */
	private function serialised( string $data, int &$at, int $depth, bool $rewrites ): ?string {
		if ( $depth > DEEPEST ) {
			return null;
		}
		if ( preg_match( '/\G(?:N|[bidrR]:[^;{}"]*);/', $data, $found, 0, $at ) || preg_match( '/\GE:\d+:"[^"]*";/', $data, $found, 0, $at ) ) {
			$at += strlen( $found[0] );
			return $found[0];
		}
		if ( preg_match( '/\Gs:(\d+):"/', $data, $found, 0, $at ) ) {
			return $this->text( $data, $at, strlen( $found[0] ), (int) $found[1], $rewrites ? $depth + 1 : null );
		}
		if ( preg_match( '/\GC:\d+:"[^"]*":(\d+):\{/', $data, $found, 0, $at ) ) {
			$whole = substr( $data, $at, strlen( $found[0] ) + (int) $found[1] + 1 );
			$at   += strlen( $whole );
			return str_ends_with( $whole, '}' ) ? $whole : null;
		}
		if ( ! preg_match( '/\G(?:a|O:\d+:"[^"]*"):(\d+):\{/', $data, $found, 0, $at ) ) {
			return null;
		}
		$at     += strlen( $found[0] );
		$written = array( $found[0] );
		for ( $number = 0; $number < 2 * (int) $found[1]; $number++ ) {
			$one = $this->serialised( $data, $at, $depth + 1, $rewrites && 1 === $number % 2 );
			if ( null === $one ) {
				return null;
			}
			$written[] = $one;
		}
		return '}' === substr( $data, $at++, 1 ) ? implode( '', $written ) . '}' : null;
	}

	/** Returns a string of so many bytes with its new length; of one at no depth nothing changes. */
	private function text( string $data, int &$at, int $skip, int $bytes, ?int $depth ): ?string {
		$held = substr( $data, $at + $skip, $bytes );
		$ends = substr( $data, $at + $skip + $bytes, 2 );
		if ( strlen( $held ) !== $bytes || '";' !== $ends ) {
			return null;
		}
		$at  += $skip + $bytes + 2;
		$held = null === $depth ? $held : $this->of( $held, $depth );
		return 's:' . strlen( $held ) . ":\"$held\";";
	}
}
