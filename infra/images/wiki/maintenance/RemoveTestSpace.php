<?php
use MediaWiki\Deferred\DeferredUpdates;
use Underdesk\TestSpaces\TestSpaces;

/** Removes test spaces. Reads {"token": "..."}, {"expired": true} or {"all": true}; answers JSON. */
class RemoveTestSpace extends Maintenance {
	public function execute() {
		try {
			$removed = $this->remove( json_decode( stream_get_contents( STDIN ), true ) ?? [] );
		} catch ( InvalidArgumentException $error ) {
			$this->fatalError( $error->getMessage() );
		}
		DeferredUpdates::doUpdates();
		$this->output( json_encode( [ 'removed' => $removed ], JSON_THROW_ON_ERROR ) . "\n" );
	}

	private function remove( array $wish ): array {
		$spaces = new TestSpaces( $this->getPrimaryDB() );
		return match ( true ) {
			isset( $wish['token'] ) => $spaces->remove( [ $wish['token'] ] ),
			(bool)( $wish['expired'] ?? false ) => $spaces->removeExpired(),
			(bool)( $wish['all'] ?? false ) => $spaces->remove( array_keys( $spaces->all() ) ),
			default => throw new InvalidArgumentException( 'write {"token": "..."}, {"expired": true} or {"all": true}' ),
		};
	}
}

return RemoveTestSpace::class;
