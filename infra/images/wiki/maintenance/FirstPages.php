<?php
use MediaWiki\CommentStore\CommentStoreComment;
use MediaWiki\Content\WikitextContent;
use MediaWiki\Revision\SlotRecord;
use MediaWiki\Title\Title;
use MediaWiki\User\User;

/** The administrator (reached at the brief's address), a main page that says what this wiki is, and help; all only while nobody has touched them. */
class FirstPages extends Maintenance {
	private const GROUPS = [ 'sysop', 'bureaucrat', 'interface-admin' ];
	private const HELP = 'Help:Contents';
	private const STOCK_AUTHOR = 'MediaWiki default';
	private const PASSWORD = '/run/secrets/administrator';

	public function execute() {
		$this->ensureAdministrator();
		$title = Title::newMainPage();
		if ( !$title->exists() || $this->isStock( $title ) ) {
			$this->write( $title, file_get_contents( '/usr/share/underdesk/code/main-page.wikitext' ) );
		}
		$this->ensureHelp();
	}

	/** MediaWiki's own help is on a host outside; these messages say where help is instead. */
	private function ensureHelp(): void {
		$pages = [ self::HELP => file_get_contents( '/usr/share/underdesk/code/help.wikitext' ) ];
		$pages += array_fill_keys( [ 'MediaWiki:Helppage', 'MediaWiki:Edithelppage', 'MediaWiki:Helplogin-url' ], self::HELP );
		foreach ( $pages as $name => $text ) {
			$title = Title::newFromText( $name );
			if ( !$title->exists() ) {
				$this->write( $title, $text );
			}
		}
	}

	private function ensureAdministrator(): void {
		$administrator = User::newFromName( 'Admin', 'creatable' );
		if ( !$administrator->isRegistered() ) {
			$this->addAdministrator( $administrator );
		}
		if ( $administrator->getEmail() === '' ) {
			$administrator->setEmail( $this->getConfig()->get( 'EmergencyContact' ) );
			$administrator->confirmEmail();
			$administrator->saveSettings();
		}
	}

	private function addAdministrator( User $administrator ): void {
		$password = trim( file_get_contents( self::PASSWORD ) );
		$administrator->addToDatabase();
		$status = $administrator->changeAuthenticationData( [ 'username' => 'Admin', 'password' => $password, 'retype' => $password ] );
		if ( !$status->isGood() ) {
			$this->fatalError( $status );
		}
		foreach ( self::GROUPS as $group ) {
			$this->getServiceContainer()->getUserGroupManager()->addUserToGroup( $administrator, $group );
		}
	}

	private function isStock( Title $title ): bool {
		$revision = $this->getServiceContainer()->getRevisionLookup()->getRevisionByTitle( $title );
		return !$revision->getParentId() && $revision->getUser()->getName() === self::STOCK_AUTHOR;
	}

	private function write( Title $title, string $text ): void {
		$updater = $this->getServiceContainer()->getWikiPageFactory()->newFromTitle( $title )
			->newPageUpdater( User::newSystemUser( self::STOCK_AUTHOR, [ 'steal' => true ] ) );
		$updater->setContent( SlotRecord::MAIN, new WikitextContent( $text ) );
		$updater->saveRevision( CommentStoreComment::newUnsavedComment( 'A first page' ), EDIT_SUPPRESS_RC );
		if ( !$updater->wasSuccessful() ) {
			$this->fatalError( $updater->getStatus() );
		}
	}
}

return FirstPages::class;
