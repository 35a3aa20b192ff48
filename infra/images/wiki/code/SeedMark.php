<?php
namespace Underdesk\TestSpaces;

use MediaWiki\MediaWikiServices;
use MediaWiki\Output\OutputPage;
use RecentChange;

/** Hooks that show seeded pages for what they are, and keep their files out of recent changes. */
final class SeedMark {
	public static function onBeforePageDisplay( OutputPage $out ): void {
		if ( in_array( $out->getTitle()->getNamespace(), SeedSpace::NAMESPACES, true ) ) {
			$out->addMeta( 'underdesk-test', 'seed' );
		}
	}

	/** An upload is always listed; what a bot did is left out where people look. */
	public static function onRecentChangeSave( RecentChange $change ): void {
		if ( !str_starts_with( $change->getPerformerIdentity()->getName(), SeedSpace::PREFIX ) ) {
			return;
		}
		MediaWikiServices::getInstance()->getConnectionProvider()->getPrimaryDatabase()->newDeleteQueryBuilder()
			->deleteFrom( 'recentchanges' )
			->where( [ 'rc_id' => $change->getAttribute( 'rc_id' ) ] )
			->caller( __METHOD__ )->execute();
	}
}
