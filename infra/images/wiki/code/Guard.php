<?php
namespace Underdesk\TestSpaces;

use MediaWiki\MediaWikiServices;
use MediaWiki\Output\OutputPage;
use MediaWiki\Title\Title;
use MediaWiki\User\User;
use RecentChange;

/** Hooks that keep test identities inside their test space, and what they do out of sight. */
final class Guard {
	/** A test identity may read everywhere and write only into its own space. */
	public static function onGetUserPermissionsErrors( Title $title, User $user, string $action, &$result ): bool {
		if ( $action === 'read' || $title->getNamespace() < 0 ) {
			return true;
		}
		$space = TestSpace::ofUser( $user->getName() );
		if ( $space === null || $space->owns( $title->getNamespace(), $title->getDBkey() ) ) {
			return true;
		}
		$result = [ 'badaccess-group0' ];
		return false;
	}

	/** Recent changes, new files and feeds leave out what bots did: whatever a test identity does counts as a bot's. */
	public static function onRecentChangeSave( RecentChange $change ): void {
		if ( $change->getAttribute( 'rc_bot' ) || TestSpace::ofUser( $change->getPerformerIdentity()->getName() ) === null ) {
			return;
		}
		MediaWikiServices::getInstance()->getConnectionProvider()->getPrimaryDatabase()->newUpdateQueryBuilder()
			->update( 'recentchanges' )
			->set( [ 'rc_bot' => 1 ] )
			->where( [ 'rc_id' => $change->getAttribute( 'rc_id' ) ] )
			->caller( __METHOD__ )->execute();
	}

	/** The mark that browsers and tests look for. */
	public static function onBeforePageDisplay( OutputPage $out ): void {
		$title = $out->getTitle();
		if ( !in_array( $title->getNamespace(), TestSpace::NAMESPACES, true ) ) {
			return;
		}
		$out->addMeta( 'underdesk-test', TestSpace::ofPage( $title->getDBkey() )?->token ?? '' );
	}
}
