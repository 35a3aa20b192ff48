<?php
namespace Underdesk\TestSpaces;

use MediaWiki\Deferred\SiteStatsUpdate;
use MediaWiki\MediaWikiServices;
use MediaWiki\Title\Title;
use MediaWiki\Title\TitleValue;
use MediaWiki\User\User;
use Wikimedia\Rdbms\IDatabase;
use Wikimedia\Rdbms\IExpression;
use Wikimedia\Rdbms\LikeValue;

/**
 * Removes one test space as if it had never been: MediaWiki's own deletion would keep archives, logs and accounts.
 * Files first, identities last, so that a removal that is cut off is found and finished by the next one.
 * Left behind by design: rows of `comment` and `change_tag_def`, which MediaWiki shares between pages and never counts down.
 */
final class TestSpaceRemoval {
	private const BATCH = 200;

	public function __construct( private readonly IDatabase $database, private readonly Marked $space ) {
	}

	/** @return array{token: string, pages: int, users: int, files: int} */
	public function run(): array {
		$people = $this->people();
		$files = ( new TestFiles( $this->database, $this->space ) )->remove();
		$pages = $this->removePages();
		$this->database->doAtomicSection( __METHOD__, fn () => $this->removeTraces( array_column( $people, 'actor_id' ) ) );
		( new TestLists( $this->database, $this->space ) )->remove();
		$this->database->doAtomicSection( __METHOD__, fn () => $this->removePeople( $people ) );
		return [ 'token' => $this->space->name(), 'pages' => $pages, 'users' => count( $people ), 'files' => $files ];
	}

	/** @return list<array{user_id: string, actor_id: ?string, user_name: string}> */
	private function people(): array {
		$rows = $this->database->newSelectQueryBuilder()
			->select( [ 'user_id', 'user_name', 'actor_id' ] )->from( 'user' )->leftJoin( 'actor', null, 'actor_user=user_id' )
			->where( $this->startsWith( 'user_name', $this->space->userPrefix() ) )
			->caller( __METHOD__ )->fetchResultSet();
		return array_map( static fn ( $row ) => (array)$row, iterator_to_array( $rows, false ) );
	}

	/** At most that many; how many there were. */
	public function removePages( int $most = PHP_INT_MAX ): int {
		$removed = 0;
		foreach ( $this->space->titles() as $namespace => $prefix ) {
			$pages = $this->database->newSelectQueryBuilder()
				->select( [ 'page_id', 'page_title' ] )->from( 'page' )
				->where( [ 'page_namespace' => $namespace, $this->startsWith( 'page_title', $prefix ) ] )
				->limit( $most - $removed )->caller( __METHOD__ )->fetchResultSet();
			foreach ( $pages as $row ) {
				MediaWikiServices::getInstance()->getHtmlCacheUpdater()
					->purgeTitleUrls( Title::makeTitle( $namespace, $row->page_title ) );
				$edits = $this->database->doAtomicSection( __METHOD__, fn () => $this->removePage( (int)$row->page_id ) );
				SiteStatsUpdate::factory( [ 'pages' => -1, 'edits' => -$edits ] )->doUpdate();
				$removed++;
			}
		}
		return $removed;
	}

	private function removePage( int $page ): int {
		$edits = 0;
		do {
			$revisions = $this->column( 'rev_id', 'revision', [ 'rev_page' => $page ], self::BATCH );
			$edits += count( $revisions );
			$this->removeRevisions( $revisions );
		} while ( $revisions );
		foreach ( self::OF_PAGE as $table => $key ) {
			$this->delete( $table, [ $key => $page ] );
		}
		$this->delete( 'page', [ 'page_id' => $page ] );
		return $edits;
	}

	private const OF_PAGE = [ 'page_props' => 'pp_page', 'page_restrictions' => 'pr_page', 'pagelinks' => 'pl_from',
		'templatelinks' => 'tl_from', 'imagelinks' => 'il_from', 'categorylinks' => 'cl_from', 'externallinks' => 'el_from',
		'langlinks' => 'll_from', 'iwlinks' => 'iwl_from', 'redirect' => 'rd_from', 'searchindex' => 'si_page', 'recentchanges' => 'rc_cur_id' ];

	/** @param list<string> $revisions */
	private function removeRevisions( array $revisions ): void {
		if ( !$revisions ) {
			return;
		}
		$contents = $this->column( 'slot_content_id', 'slots', [ 'slot_revision_id' => $revisions ] );
		$this->delete( 'slots', [ 'slot_revision_id' => $revisions ] );
		$this->delete( 'ip_changes', [ 'ipc_rev_id' => $revisions ] );
		$this->removeTags( 'ct_rev_id', $revisions );
		$this->removeContents( array_unique( $contents ) );
		$this->delete( 'revision', [ 'rev_id' => $revisions ] );
	}

	/** @param string[] $contents only those that no revision uses any more go */
	private function removeContents( array $contents ): void {
		$unused = array_diff( $contents, $contents ? $this->column( 'slot_content_id', 'slots', [ 'slot_content_id' => $contents ] ) : [] );
		if ( !$unused ) {
			return;
		}
		$addresses = $this->column( 'content_address', 'content', [ 'content_id' => $unused ] );
		$this->delete( 'content', [ 'content_id' => $unused ] );
		$local = array_filter( $addresses, static fn ( $address ) => str_starts_with( $address, 'tt:' ) );
		$this->delete( 'text', [ 'old_id' => array_map( static fn ( $address ) => (int)substr( $address, 3 ), $local ) ] );
	}

	private const WITH_TITLES = [ 'logging' => 'log', 'recentchanges' => 'rc', 'watchlist' => 'wl', 'archive' => 'ar', 'protected_titles' => 'pt' ];

	/** Logs, changes, watchlists, link targets: whatever names a page of the space or was done by its identities. */
	private function removeTraces( array $actors ): void {
		foreach ( $this->space->titles() as $namespace => $prefix ) {
			foreach ( self::WITH_TITLES as $table => $key ) {
				$where = [ "{$key}_namespace" => $namespace, $this->startsWith( "{$key}_title", $prefix ) ];
				match ( $table ) {
					'logging' => $this->removeLogs( $this->column( 'log_id', $table, $where ) ),
					'watchlist' => $this->removeWatches( $this->column( 'wl_id', $table, $where ) ),
					default => $this->delete( $table, $where ),
				};
			}
			$this->removeLinkTargets( $namespace, $prefix );
		}
		if ( $actors ) {
			$this->removeLogs( $this->column( 'log_id', 'logging', [ 'log_actor' => $actors ] ) );
			$this->delete( 'recentchanges', [ 'rc_actor' => $actors ] );
		}
	}

	private const OF_LINK_TARGET = [ 'pagelinks' => 'pl_target_id', 'templatelinks' => 'tl_target_id' ];

	/** Only those that no page names any more; MediaWiki remembers their numbers for a day, and would write links to rows that are gone. */
	private function removeLinkTargets( int $namespace, string $prefix ): void {
		do {
			$where = [ 'lt_namespace' => $namespace, $this->startsWith( 'lt_title', $prefix ) ];
			foreach ( self::OF_LINK_TARGET as $table => $key ) {
				$where[] = "NOT EXISTS (SELECT 1 FROM $table WHERE $key = lt_id)";
			}
			$titles = $this->column( 'lt_title', 'linktarget', $where, self::BATCH );
			$this->delete( 'linktarget', [ 'lt_namespace' => $namespace, 'lt_title' => $titles ] );
			$this->database->onTransactionCommitOrIdle( fn () => $this->forgetLinkTargets( $namespace, $titles ), __METHOD__ );
		} while ( $titles );
	}

	/** @param list<string> $titles */
	private function forgetLinkTargets( int $namespace, array $titles ): void {
		$cache = MediaWikiServices::getInstance()->getMainWANObjectCache();
		foreach ( $titles as $title ) {
			// Callers name a target by either, and it is remembered by its text.
			foreach ( [ new TitleValue( $namespace, $title ), Title::makeTitle( $namespace, $title ) ] as $target ) {
				$cache->delete( $cache->makeKey( 'linktargetstore-id', (string)$target ) );
			}
		}
	}

	private function removeLogs( array $logs ): void {
		$this->delete( 'log_search', [ 'ls_log_id' => $logs ] );
		$this->removeTags( 'ct_log_id', $logs );
		$this->delete( 'logging', [ 'log_id' => $logs ] );
	}

	private function removeWatches( array $watches ): void {
		$this->delete( 'watchlist_expiry', [ 'we_item' => $watches ] );
		$this->delete( 'watchlist', [ 'wl_id' => $watches ] );
	}

	/** With those of addresses that a block of a person brought about. */
	private function removeBlocks( array $targets ): void {
		$blocks = $targets ? $this->column( 'bl_id', 'block', [ 'bl_target' => $targets ] ) : [];
		if ( $blocks ) {
			$this->removeBlocks( $this->column( 'bl_target', 'block', [ 'bl_parent_block_id' => $blocks ] ) );
		}
		$this->delete( 'ipblocks_restrictions', [ 'ir_ipb_id' => $blocks ] );
		$this->delete( 'block', [ 'bl_id' => $blocks ] );
		$this->delete( 'block_target', [ 'bt_id' => $targets ] );
	}

	private function removeTags( string $key, array $ids ): void {
		$tags = $ids ? $this->column( 'ct_tag_id', 'change_tag', [ $key => $ids ] ) : [];
		$this->delete( 'change_tag', [ $key => $ids ] );
		foreach ( array_count_values( $tags ) as $tag => $count ) {
			$this->database->newUpdateQueryBuilder()->update( 'change_tag_def' )
				->set( [ 'ctd_count = ctd_count - ' . (int)$count ] )->where( [ 'ctd_id' => $tag, 'ctd_count >= ' . (int)$count ] )
				->caller( __METHOD__ )->execute();
		}
	}

	private const OF_USER = [ 'user_properties' => 'up_user', 'user_groups' => 'ug_user', 'user_former_groups' => 'ufg_user',
		'user_newtalk' => 'user_id', 'bot_passwords' => 'bp_user' ];

	private function removePeople( array $people ): void {
		foreach ( $people as $person ) {
			$id = (int)$person['user_id'];
			User::newFromId( $id )->clearSharedCache( 'refresh' );
			$this->removeWatches( $this->column( 'wl_id', 'watchlist', [ 'wl_user' => $id ] ) );
			$this->removeBlocks( $this->column( 'bt_id', 'block_target', [ 'bt_user' => $id ] ) );
			foreach ( self::OF_USER as $table => $key ) {
				$this->delete( $table, [ $key => $id ] );
			}
			$this->delete( 'actor', [ 'actor_user' => $id ] );
			$this->delete( 'user', [ 'user_id' => $id ] );
		}
	}

	private function startsWith( string $column, string $prefix ): IExpression {
		return $this->database->expr( $column, IExpression::LIKE, new LikeValue( $prefix, $this->database->anyString() ) );
	}

	/** @return list<string> */
	private function column( string $column, string $table, array $where, int $limit = 0 ): array {
		$query = $this->database->newSelectQueryBuilder()->select( $column )->from( $table )->where( $where )->caller( __METHOD__ );
		return ( $limit ? $query->limit( $limit ) : $query )->fetchFieldValues();
	}

	/** Nothing happens when a condition is an empty list. */
	private function delete( string $table, array $where ): void {
		if ( !in_array( [], $where, true ) ) {
			$this->database->newDeleteQueryBuilder()->deleteFrom( $table )->where( $where )->caller( __METHOD__ )->execute();
		}
	}
}
