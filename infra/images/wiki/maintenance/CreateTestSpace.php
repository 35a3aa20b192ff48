<?php
use MediaWiki\CommentStore\CommentStoreComment;
use MediaWiki\Content\WikitextContent;
use MediaWiki\Deferred\DeferredUpdates;
use MediaWiki\Revision\SlotRecord;
use MediaWiki\Title\Title;
use MediaWiki\User\User;
use Underdesk\TestSpaces\TestPages;
use Underdesk\TestSpaces\TestSpace;

/** Makes a marked test space: identities with generated passwords, and pages. Reads and answers JSON. */
class CreateTestSpace extends Maintenance {
	public function execute() {
		try {
			$this->create( json_decode( stream_get_contents( STDIN ), true ) ?? [] );
		} catch ( InvalidArgumentException $error ) {
			$this->fatalError( $error->getMessage() );
		}
	}

	private function create( array $wish ): void {
		$space = new TestSpace( (string)( $wish['token'] ?? '' ) );
		$expires = (int)( $wish['expires'] ?? 0 );
		if ( $expires <= time() ) {
			$this->fatalError( 'expires: write a Unix time in the future' );
		}
		if ( User::newFromName( $space->user( 1 ) )->isRegistered() ) {
			$this->fatalError( "token: the test space {$space->token} exists already" );
		}
		$people = $this->addPeople( $space, max( 1, (int)( $wish['editors'] ?? 2 ) ), $expires );
		$pages = $this->addPages( $space, max( 1, (int)( $wish['pages'] ?? 20 ) ) );
		DeferredUpdates::doUpdates();
		$this->output( json_encode( [
			'namespace' => 'UnderdeskTest',
			'namespace_id' => NS_UNDERDESK_TEST,
			'file_prefix' => $space->filePrefix(),
			'users' => $people,
			'pages' => $pages,
		], JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES ) . "\n" );
	}

	/** @return list<array{login: string, password: string}> */
	private function addPeople( TestSpace $space, int $count, int $expires ): array {
		$people = [];
		foreach ( range( 1, $count ) as $number ) {
			$password = bin2hex( random_bytes( 12 ) );
			$this->addPerson( $space->user( $number ), $password, $expires );
			$people[] = [ 'login' => $space->user( $number ), 'password' => $password ];
		}
		return $people;
	}

	/** The account and its expiry are written together: a create that is cut off leaves nothing that never expires. */
	private function addPerson( string $name, string $password, int $expires ): void {
		$services = $this->getServiceContainer();
		$user = User::newFromName( $name, 'creatable' );
		$this->getPrimaryDB()->doAtomicSection( __METHOD__, static function () use ( $services, $user, $expires ) {
			$user->addToDatabase();
			$options = $services->getUserOptionsManager();
			$options->setOption( $user, TestSpace::EXPIRES, (string)$expires );
			$options->saveOptions( $user );
			$services->getUserGroupManager()->addUserToGroup( $user, TestSpace::GROUP );
		} );
		$status = $user->changeAuthenticationData( [ 'username' => $name, 'password' => $password, 'retype' => $password ] );
		if ( !$status->isGood() ) {
			$this->fatalError( $status );
		}
		$user->saveSettings();
	}

	/** @return list<array{title: string, url: string, text: string}> */
	private function addPages( TestSpace $space, int $count ): array {
		$author = User::newFromName( $space->user( 1 ) );
		$pages = [];
		foreach ( range( 1, $count ) as $number ) {
			$title = Title::makeTitle( NS_UNDERDESK_TEST, $space->page( $number ) );
			$updater = $this->getServiceContainer()->getWikiPageFactory()->newFromTitle( $title )->newPageUpdater( $author );
			$updater->setContent( SlotRecord::MAIN, new WikitextContent( TestPages::wikitext( $space, $number, $count ) ) );
			$updater->saveRevision( CommentStoreComment::newUnsavedComment( TestPages::SUMMARY ), EDIT_NEW | EDIT_SUPPRESS_RC );
			if ( !$updater->wasSuccessful() ) {
				$this->fatalError( $updater->getStatus() );
			}
			$pages[] = [ 'title' => $title->getPrefixedText(), 'url' => $title->getFullURL(), 'text' => TestPages::mark( $space, $number ) ];
		}
		return $pages;
	}
}

return CreateTestSpace::class;
