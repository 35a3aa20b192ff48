<?php
use MediaWiki\Deferred\DeferredUpdates;
use Underdesk\TestSpaces\TestSpaces;

/** Removes test spaces. Reads {"token": "..."}, {"expired": true} or {"all": true}; answers JSON. */
class RemoveTestSpace extends Maintenance {
	public function execute() {
		$wish = json_decode( stream_get_contents( STDIN ), true ) ?? [];
		$spaces = new TestSpaces( $this->getPrimaryDB() );
		$removed = match ( true ) {
			isset( $wish['token'] ) => $spaces->remove( [ $wish['token'] ] ),
			(bool)( $wish['expired'] ?? false ) => $spaces->removeExpired(),
			(bool)( $wish['all'] ?? false ) => $spaces->remove( array_keys( $spaces->all() ) ),
			default => $this->fatalError( 'write {"token": "..."}, {"expired": true} or {"all": true}' ),
		};
		DeferredUpdates::doUpdates();
		$this->output( json_encode( [ 'removed' => $removed ], JSON_THROW_ON_ERROR ) . "\n" );
	}
}

return RemoveTestSpace::class;
