<?php
namespace Underdesk\TestSpaces;

use MediaWiki\MainConfigNames;
use MediaWiki\MediaWikiServices;
use MediaWiki\SiteStats\SiteStatsInit;
use Wikimedia\Rdbms\IDatabase;

/** Removes seeded pages some at a time, then files, traces and people, as the removal of a test space does. */
final class SeedRemoval {
	private const BATCH = 25;

	private readonly TestSpaceRemoval $removal;

	public function __construct( private readonly IDatabase $database ) {
		$this->removal = new TestSpaceRemoval( $database, new SeedSpace );
	}

	/** @return int how many pages are left; the rest is gone when none is */
	public function run( int $most ): int {
		for ( $removed = 0; $removed < $most; $removed += $some ) {
			$some = $this->database->doAtomicSection( __METHOD__, fn () => $this->removal->removePages( min( self::BATCH, $most - $removed ) ) );
			if ( $some === 0 ) {
				break;
			}
		}
		$left = self::pages( $this->database );
		if ( $left === 0 ) {
			$this->removal->run();
			$this->removeStrayFiles();
			self::count();
		}
		return $left;
	}

	/** An upload that was cut off leaves a file that no row names. */
	private function removeStrayFiles(): void {
		$root = MediaWikiServices::getInstance()->getMainConfig()->get( MainConfigNames::UploadDirectory );
		foreach ( [ '', 'archive/' ] as $zone ) {
			array_map( 'unlink', glob( "$root/$zone?/??/*" . SeedSpace::PREFIX . '*' ) );
		}
	}

	public static function pages( IDatabase $database ): int {
		return (int)$database->newSelectQueryBuilder()->select( 'COUNT(*)' )->from( 'page' )
			->where( [ 'page_namespace' => SeedSpace::NAMESPACES ] )->caller( __METHOD__ )->fetchField();
	}

	/** The numbers of pages, edits and files, counted anew. */
	public static function count(): void {
		SiteStatsInit::doAllAndCommit( MediaWikiServices::getInstance()->getConnectionProvider()->getPrimaryDatabase() );
	}
}
