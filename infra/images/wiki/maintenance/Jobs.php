<?php
use MediaWiki\Deferred\DeferredUpdates;
use Underdesk\PageCaches;
use Underdesk\TestSpaces\TestSpaces;

/** Runs what page views put into the queue, and removes test spaces whose time is over. Ends by itself after an hour: the shell starts it anew. */
class Jobs extends Maintenance {
	private const LIFE_S = 3600;
	private const PAUSE_S = 2;
	private const SWEEP_S = 60;
	private const BEAT = '/run/underdesk-jobs';

	private bool $ending = false;

	public function memoryLimit() {
		return 'default';
	}

	public function execute() {
		pcntl_async_signals( true );
		foreach ( [ SIGTERM, SIGINT, SIGQUIT ] as $signal ) {
			pcntl_signal( $signal, fn () => $this->ending = true );
		}
		$runner = $this->getServiceContainer()->getJobRunner();
		$end = time() + self::LIFE_S;
		for ( $sweep = 0; !$this->ending && time() < $end; sleep( self::PAUSE_S ) ) {
			file_put_contents( self::BEAT, time() . "\n" );
			$GLOBALS['wgCdnServers'] = PageCaches::all();
			$runner->run( [ 'type' => false, 'maxJobs' => 100, 'maxTime' => 20, 'throttle' => true ] );
			if ( time() >= $sweep ) {
				$this->sweep();
				$sweep = time() + self::SWEEP_S;
			}
		}
	}

	private function sweep(): void {
		foreach ( ( new TestSpaces( $this->getPrimaryDB() ) )->removeExpired() as $removed ) {
			$this->error( 'removed an expired test space: ' . json_encode( $removed ) );
		}
		DeferredUpdates::doUpdates();
	}
}

return Jobs::class;
