<?php
namespace Underdesk\TestSpaces;

use MediaWiki\Content\Content;
use MediaWiki\MediaWikiServices;
use MediaWiki\Output\OutputPage;
use MediaWiki\Parser\ParserOutput;
use MediaWiki\Title\Title;
use RecentChange;

/** Hooks that show seeded pages for what they are, keep their rank, and keep their files out of recent changes. */
final class SeedMark {
	public static function onBeforePageDisplay( OutputPage $out ): void {
		if ( in_array( $out->getTitle()->getNamespace(), SeedSpace::NAMESPACES, true ) ) {
			$out->addMeta( 'underdesk-test', 'seed' );
		}
	}

	/** Whoever parses a page anew (an edit, a job after an upload) writes its properties anew: the rank is in no text, and stays all the same. */
	public static function onContentAlterParserOutput( Content $content, Title $title, ParserOutput $output ): void {
		if ( !$title->inNamespaces( SeedSpace::NAMESPACES ) || $output->getPageProperty( SeedSpace::RANK ) !== null ) {
			return;
		}
		$kept = MediaWikiServices::getInstance()->getPageProps()->getProperties( $title, SeedSpace::RANK );
		foreach ( $kept as $rank ) {
			$output->setNumericPageProperty( SeedSpace::RANK, (int)$rank );
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
