<?php
namespace Underdesk\TestSpaces;

use MediaWiki\CommentStore\CommentStoreComment;
use MediaWiki\Content\WikitextContent;
use MediaWiki\Deferred\LinksUpdate\LinksUpdate;
use MediaWiki\Deferred\SearchUpdate;
use MediaWiki\MediaWikiServices;
use MediaWiki\Revision\MutableRevisionRecord;
use MediaWiki\Revision\RevisionRecord;
use MediaWiki\Revision\SlotRecord;
use MediaWiki\Title\Title;
use MediaWiki\User\User;
use RuntimeException;
use Wikimedia\Rdbms\IDBAccessObject;
use Wikimedia\Rdbms\IDatabase;

/**
 * Makes seeded people, pages with their history, and files. A page is made whole or not at all, so that a run that was cut off goes on.
 * Nothing is queued, mailed or listed as a recent change: links and the search index are written at once, the rest comes with the first reader.
 */
final class SeedFill {
	private const BATCH = 25;

	/** @var array<string, User> */
	private array $people = [];

	public function __construct( private readonly IDatabase $database ) {
	}

	/** @param list<string> $names */
	public function addPeople( array $names ): void {
		// The group's "bot" keeps their files out of the list of new ones.
		$groups = MediaWikiServices::getInstance()->getUserGroupManager();
		$this->database->doAtomicSection( __METHOD__, static function () use ( $names, $groups ) {
			foreach ( $names as $name ) {
				$user = User::newFromName( $name, 'creatable' );
				if ( $user && !$user->isRegistered() ) {
					$user->addToDatabase();
					$groups->addUserToGroup( $user, TestSpace::GROUP );
				}
			}
		} );
	}

	/** @return int how many pages were made */
	public function addPages( array $pages ): int {
		$made = 0;
		foreach ( array_chunk( $pages, self::BATCH ) as $some ) {
			$missing = array_filter( $some, fn ( $page ) => !$this->title( $page )->exists( IDBAccessObject::READ_LATEST ) );
			array_walk( $missing, fn ( $page ) => $this->addFile( $page ) );
			$this->database->doAtomicSection( __METHOD__, fn () => array_walk( $missing, fn ( $page ) => $this->addPage( $page ) ) );
			$made += count( $missing );
		}
		return $made;
	}

	private function title( array $page ): Title {
		return Title::makeTitleSafe( $page['talk'] ? 3973 : 3972, $page['title'] );
	}

	private function addPage( array $page ): void {
		$services = MediaWikiServices::getInstance();
		$wikiPage = $services->getWikiPageFactory()->newFromTitle( $this->title( $page ) );
		$id = $wikiPage->insertOn( $this->database );
		if ( !$id ) {
			throw new RuntimeException( "{$page['title']} is there already" );
		}
		$last = null;
		foreach ( $page['revisions'] as $revision ) {
			$last = $services->getRevisionStore()->insertRevisionOn( $this->revision( $wikiPage->getTitle(), $id, $revision, $last ), $this->database );
		}
		$wikiPage->updateRevisionOn( $this->database, $last, 0 );
		$this->derive( $wikiPage->getTitle(), $last, (int)$page['rank'] );
	}

	private function revision( Title $title, int $page, array $told, ?RevisionRecord $parent ): MutableRevisionRecord {
		$record = new MutableRevisionRecord( $title );
		$record->setPageId( $page );
		$record->setParentId( $parent ? $parent->getId() : 0 );
		$record->setContent( SlotRecord::MAIN, new WikitextContent( $told['text'] ) );
		$record->setComment( CommentStoreComment::newUnsavedComment( $told['summary'] ) );
		$record->setUser( $this->person( $told['by'] ) );
		$record->setTimestamp( wfTimestamp( TS_MW, $told['at'] ) );
		return $record;
	}

	private function person( string $name ): User {
		return $this->people[$name] ??= User::newFromName( $name );
	}

	/** What follows from a text: links, the rank that load tests pick by, the search index. */
	private function derive( Title $title, RevisionRecord $revision, int $rank ): void {
		$content = $revision->getContent( SlotRecord::MAIN );
		$output = MediaWikiServices::getInstance()->getContentRenderer()->getParserOutput( $content, $title, $revision, null, [ 'generate-html' => false ] );
		if ( $rank > 0 ) {
			$output->setNumericPageProperty( SeedSpace::RANK, $rank );
		}
		( new LinksUpdate( $title, $output, false ) )->doUpdate();
		( new SearchUpdate( $title->getArticleID(), $title, $content ) )->doUpdate();
	}

	private function addFile( array $page ): void {
		if ( ( $page['jpeg'] ?? '' ) === '' ) {
			return;
		}
		$file = MediaWikiServices::getInstance()->getRepoGroup()->getLocalRepo()->newFile( $page['file'] );
		if ( $file->exists() ) {
			return;
		}
		$path = '/tmp/' . bin2hex( random_bytes( 8 ) ) . '.jpg';
		try {
			file_put_contents( $path, base64_decode( $page['jpeg'], true ) );
			$first = $page['revisions'][0];
			$status = $file->upload( $path, $first['summary'], $page['title'], 0, false, wfTimestamp( TS_MW, $first['at'] ), $this->person( $first['by'] ), [], false );
		} finally {
			unlink( $path );
		}
		if ( !$status->isGood() ) {
			throw new RuntimeException( "{$page['file']}: $status" );
		}
	}
}
