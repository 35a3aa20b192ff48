<?php
namespace Underdesk\TestSpaces;

use LocalFile;
use LocalRepo;
use MediaWiki\Deferred\SiteStatsUpdate;
use MediaWiki\MediaWikiServices;
use MediaWiki\Title\Title;
use Wikimedia\Rdbms\IDatabase;
use Wikimedia\Rdbms\IExpression;
use Wikimedia\Rdbms\LikeValue;

/** Uploads of one test space: current and older versions, thumbnails, deleted ones, those in the stash. */
final class TestFiles {
	private readonly LocalRepo $repository;

	public function __construct( private readonly IDatabase $database, private readonly Marked $space ) {
		$this->repository = MediaWikiServices::getInstance()->getRepoGroup()->getLocalRepo();
	}

	/** @return int how many files there were */
	public function remove(): int {
		$names = $this->rows( 'image', [ 'img_name' ], 'img_name' );
		foreach ( $names as $row ) {
			$this->removeFile( $this->repository->newFile( Title::makeTitle( NS_FILE, $row->img_name ) ) );
		}
		$this->removeDeleted();
		$this->removeStashed();
		$this->removeBareFolders();
		return count( $names );
	}

	private function removeFile( LocalFile $file ): void {
		$file->purgeCache();
		$paths = [ $file->getPath() ];
		foreach ( $file->getHistory() as $older ) {
			$paths[] = $older->getPath();
		}
		$this->purge( $paths );
		$this->delete( 'oldimage', [ 'oi_name' => $file->getName() ] );
		$this->delete( 'image', [ 'img_name' => $file->getName() ] );
		SiteStatsUpdate::factory( [ 'images' => -1 ] )->doUpdate();
		$this->removeFolders( rtrim( $file->getHashPath(), '/' ) );
	}

	/** Those that uploads are spread over, as far as they are empty. */
	private function removeFolders( string $spread ): void {
		$public = $this->repository->getZonePath( 'public' );
		foreach ( [ $public, "$public/archive", $this->repository->getZonePath( 'thumb' ) ] as $root ) {
			foreach ( [ "$root/$spread", dirname( "$root/$spread" ) ] as $folder ) {
				$this->repository->getBackend()->clean( [ 'dir' => $folder ] );
			}
		}
	}

	/** MediaWiki hides its private folders with a blank index and an .htaccess, and leaves those where nothing is to be hidden any more. */
	private function removeBareFolders(): void {
		$backend = $this->repository->getBackend();
		foreach ( [ 'temp', 'deleted' ] as $zone ) {
			$root = $this->repository->getZonePath( $zone );
			foreach ( iterator_to_array( $backend->getDirectoryList( [ 'dir' => $root ] ) ?? [], false ) as $folder ) {
				if ( $this->isBare( "$root/$folder" ) ) {
					$backend->publish( [ 'dir' => "$root/$folder", 'listing' => true ] );
				}
			}
			if ( $this->isBare( $root ) ) {
				$backend->publish( [ 'dir' => $root, 'listing' => true, 'access' => true ] );
			}
			$backend->clean( [ 'dir' => $root, 'recursive' => true ] );
		}
	}

	private function isBare( string $folder ): bool {
		foreach ( $this->repository->getBackend()->getFileList( [ 'dir' => $folder ] ) ?? [] as $file ) {
			if ( !in_array( basename( $file ), [ 'index.html', '.htaccess' ], true ) ) {
				return false;
			}
		}
		return true;
	}

	/** A deleted file's bytes are kept by content: another file may share them. */
	private function removeDeleted(): void {
		foreach ( $this->rows( 'filearchive', [ 'fa_id', 'fa_storage_key' ], 'fa_name' ) as $row ) {
			$this->delete( 'filearchive', [ 'fa_id' => $row->fa_id ] );
			$shared = $this->database->newSelectQueryBuilder()->select( '1' )->from( 'filearchive' )
				->where( [ 'fa_storage_key' => $row->fa_storage_key ] )->caller( __METHOD__ )->fetchField();
			if ( !$shared ) {
				$key = $row->fa_storage_key;
				$this->purge( [ $this->repository->getZonePath( 'deleted' ) . '/' . $this->repository->getDeletedHashPath( $key ) . $key ] );
			}
		}
	}

	private function removeStashed(): void {
		$rows = $this->database->newSelectQueryBuilder()->select( [ 'us_id', 'us_path' ] )->from( 'uploadstash' )->join( 'user', null, 'us_user=user_id' )
			->where( $this->startsWith( 'user_name', $this->space->userPrefix() ) )->caller( __METHOD__ )->fetchResultSet();
		foreach ( $rows as $row ) {
			$this->purge( [ $row->us_path ] );
			$this->delete( 'uploadstash', [ 'us_id' => $row->us_id ] );
		}
	}

	private function purge( array $paths ): void {
		$this->repository->quickPurgeBatch( array_filter( $paths ) );
	}

	/** @return list<\stdClass> */
	private function rows( string $table, array $columns, string $name ): array {
		return iterator_to_array( $this->database->newSelectQueryBuilder()->select( $columns )->from( $table )
			->where( $this->startsWith( $name, $this->space->filePrefix() ) )->caller( __METHOD__ )->fetchResultSet(), false );
	}

	private function startsWith( string $column, string $prefix ): IExpression {
		return $this->database->expr( $column, IExpression::LIKE, new LikeValue( $prefix, $this->database->anyString() ) );
	}

	private function delete( string $table, array $where ): void {
		$this->database->newDeleteQueryBuilder()->deleteFrom( $table )->where( $where )->caller( __METHOD__ )->execute();
	}
}
