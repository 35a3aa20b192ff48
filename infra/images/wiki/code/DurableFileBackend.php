<?php
namespace Underdesk;

use FSFileBackend;
use StatusValue;

require_once '/usr/share/underdesk/durable.php';

/** Files as MediaWiki keeps them, and on the disk before anybody is told so: pictures, their old versions, thumbnails. */
final class DurableFileBackend extends FSFileBackend {
	private string $root;

	public function __construct( array $config ) {
		// What runs as a command of its own beside PHP would be out of reach.
		parent::__construct( [ 'parallelize' => 'off' ] + $config );
		$this->root = $config['root'];
	}

	protected function doCreateInternal( array $params ) {
		return $this->settled( parent::doCreateInternal( $params ), $params );
	}

	protected function doStoreInternal( array $params ) {
		return $this->settled( parent::doStoreInternal( $params ), $params );
	}

	protected function doCopyInternal( array $params ) {
		return $this->settled( parent::doCopyInternal( $params ), $params );
	}

	// The old name may outlive a power cut beside the new one: then there is a file too many, never one too few.
	protected function doMoveInternal( array $params ) {
		return $this->settled( parent::doMoveInternal( $params ), $params );
	}

	private function settled( StatusValue $status, array $params ): StatusValue {
		$file = (string)$this->resolveToFSPath( $params['dst'] );
		if ( !$status->isOK() || !is_file( $file ) ) {
			return $status;
		}
		try {
			Durable\settle( [ $file ], $this->root );
		} catch ( \RuntimeException $problem ) {
			error_log( $problem->getMessage() );
			$status->fatal( 'backend-fail-store', $params['src'] ?? '', $params['dst'] );
		}
		return $status;
	}
}
