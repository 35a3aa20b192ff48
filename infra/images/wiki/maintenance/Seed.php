<?php
use MediaWiki\Deferred\DeferredUpdates;
use Underdesk\TestSpaces\SeedFill;
use Underdesk\TestSpaces\SeedRemoval;
use Underdesk\TestSpaces\SeedSpace;

/** Content of a rehearsal: begin, fill, end, remove, status. Reads and answers JSON. */
class Seed extends Maintenance {
	private const WAIT_S = 100;

	public function __construct() {
		parent::__construct();
		$this->addArg( 'verb', 'begin, fill, end, remove or status' );
	}

	public function execute() {
		$asked = json_decode( stream_get_contents( STDIN ), true );
		if ( !is_array( $asked ) ) {
			$this->fatalError( 'a JSON object is expected on stdin' );
		}
		try {
			$answer = $this->answer( $this->getArg( 0 ), $asked );
		} catch ( RuntimeException $error ) {
			$this->fatalError( $error->getMessage() );
		}
		DeferredUpdates::doUpdates();
		$this->output( json_encode( $answer, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES ) . "\n" );
	}

	private function answer( string $verb, array $asked ): array {
		$database = $this->getPrimaryDB();
		if ( $verb !== 'status' ) {
			$this->hold();
		}
		return match ( $verb ) {
			'begin' => $this->done( fn () => ( new SeedFill( $database ) )->addPeople( $asked['people'] ) ),
			'fill' => [ 'made' => ( new SeedFill( $database ) )->addPages( $asked['pages'] ) ],
			'end' => $this->done( static fn () => SeedRemoval::count() ),
			'remove' => [ 'left' => ( new SeedRemoval( $database ) )->run( (int)( $asked['most'] ?? 100 ) ) ],
			'status' => $this->status( (bool)( $asked['digest'] ?? false ) ),
			default => throw new RuntimeException( "no verb is called $verb" ),
		};
	}

	private function done( callable $work ): array {
		$work();
		return [ 'done' => true ];
	}

	/** A run whose command was killed ends its part of the work first. Two at once would also fight for shared rows (link targets). */
	private function hold(): void {
		if ( !$this->getPrimaryDB()->lock( 'underdesk-seed', __METHOD__, self::WAIT_S ) ) {
			throw new RuntimeException( 'another run is still at work; try again when it has ended' );
		}
	}

	private function status( bool $deep ): array {
		$numbers = [
			'pages' => 'SELECT COUNT(*) FROM page WHERE page_namespace = 3972',
			'talk' => 'SELECT COUNT(*) FROM page WHERE page_namespace = 3973',
			'edits' => 'SELECT COUNT(*) FROM revision JOIN page ON rev_page = page_id WHERE page_namespace = 3972',
			'remarks' => 'SELECT COUNT(*) FROM revision JOIN page ON rev_page = page_id WHERE page_namespace = 3973',
			'links' => 'SELECT COUNT(*) FROM pagelinks WHERE pl_from_namespace = 3972',
			'files' => "SELECT COUNT(*) FROM image WHERE img_name LIKE '" . SeedSpace::PREFIX . "%'",
			'people' => "SELECT COUNT(*) FROM user WHERE user_name LIKE '" . SeedSpace::PREFIX . "%'",
		];
		$found = array_map( fn ( $query ) => (int)$this->rows( $query )[0][0], $numbers );
		return $found + ( $deep ? [ 'digest' => $this->digest() ] : [] );
	}

	/** The same wherever the same content is: pages, every version, links, ranks, files. */
	private function digest(): string {
		$digest = hash_init( 'sha256' );
		$queries = [
			'SELECT page_namespace, page_title, rev_timestamp, actor_name, comment_text, rev_len, rev_sha1 FROM revision JOIN page ON rev_page = page_id
				JOIN actor ON rev_actor = actor_id JOIN comment ON rev_comment_id = comment_id WHERE page_namespace IN (3972, 3973)
				ORDER BY page_namespace, page_title, rev_timestamp, rev_id',
			'SELECT page_title, lt_namespace, lt_title FROM pagelinks JOIN page ON pl_from = page_id JOIN linktarget ON pl_target_id = lt_id
				WHERE page_namespace IN (3972, 3973) ORDER BY page_namespace, page_title, lt_namespace, lt_title',
			"SELECT page_title, pp_value FROM page_props JOIN page ON pp_page = page_id WHERE pp_propname = '" . SeedSpace::RANK . "' ORDER BY page_title",
			'SELECT page_title, il_to FROM imagelinks JOIN page ON il_from = page_id WHERE page_namespace = 3972 ORDER BY page_title, il_to',
			"SELECT img_name, img_sha1, img_timestamp FROM image WHERE img_name LIKE '" . SeedSpace::PREFIX . "%' ORDER BY img_name",
		];
		foreach ( $queries as $query ) {
			foreach ( $this->rows( $query ) as $row ) {
				hash_update( $digest, "\n" . implode( "\t", $row ) );
			}
		}
		return hash_final( $digest );
	}

	/** @return list<list<string>> */
	private function rows( string $query ): array {
		return array_map( static fn ( $row ) => array_values( (array)$row ), iterator_to_array( $this->getPrimaryDB()->query( $query, __METHOD__ ), false ) );
	}
}

return Seed::class;
