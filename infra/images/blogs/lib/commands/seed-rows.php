<?php
/**
 * The rows of one seeded blog. WordPress's own functions take 15 to 20 ms for a post with its picture and comments;
 * a rehearsal of 2,000 posts would take longer than a minute. These are the rows that they would write.
 */

namespace Underdesk\Blogs;

const SEED_PICTURE    = '<!-- underdesk:picture -->';
const FIRST_SEED_POST = 10;
const POST_COLUMNS    = array( 'ID', 'post_author', 'post_date', 'post_date_gmt', 'post_modified', 'post_modified_gmt', 'post_content', 'post_title', 'post_excerpt', 'post_status', 'comment_status', 'ping_status', 'post_name', 'post_parent', 'guid', 'post_type', 'post_mime_type', 'comment_count', 'to_ping', 'pinged', 'post_content_filtered' );

/** Writes many rows with one statement for each 200. */
function insert_rows( string $table, array $columns, array $rows ): void {
	global $wpdb;
	$quoted = static fn( mixed $value ): string => is_int( $value ) ? (string) $value : "'" . $wpdb->dbh->real_escape_string( (string) $value ) . "'";
	foreach ( array_chunk( $rows, 200 ) as $some ) {
		$lines = array_map( static fn( array $row ): string => '(' . implode( ',', array_map( $quoted, $row ) ) . ')', $some );
		if ( ! $wpdb->dbh->query( "INSERT INTO $table (" . implode( ',', $columns ) . ') VALUES ' . implode( ',', $lines ) ) ) {
			throw new \RuntimeException( "$table: " . $wpdb->dbh->error );
		}
	}
}

/** Posts, pictures, comments and tags of a blog, in the current site. Its pictures are files already. */
function insert_seed_rows( array $blog, array $people ): void {
	global $wpdb;
	$posts    = array();
	$meta     = array();
	$comments = array();
	foreach ( $blog['posts'] as $number => $post ) {
		$id      = FIRST_SEED_POST + 2 * $number;
		$author  = $people[ $post['by'] ]['id'];
		$upload  = seed_upload( $post );
		$posts[] = seed_post( $id, $author, $post, str_replace( SEED_PICTURE, picture_block( $id + 1, $upload['url'], $post['caption'] ), $post['blocks'] ) );
		$posts[] = seed_attachment( $id + 1, $id, $author, $post, $upload['url'] );
		array_push( $meta, ...seed_meta( $id, $post, $upload['file'] ) );
		foreach ( $post['comments'] as $comment ) {
			$person     = $people[ $comment['by'] ];
			$comments[] = array( $id, $person['name'], "$comment[by]@" . TEST_MAIL_DOMAIN, $comment['at'], $comment['at'], $comment['text'], '1', 'comment', $person['id'] );
		}
	}
	insert_rows( $wpdb->posts, POST_COLUMNS, $posts );
	insert_rows( $wpdb->postmeta, array( 'post_id', 'meta_key', 'meta_value' ), $meta );
	insert_rows( $wpdb->comments, array( 'comment_post_ID', 'comment_author', 'comment_author_email', 'comment_date', 'comment_date_gmt', 'comment_content', 'comment_approved', 'comment_type', 'user_id' ), $comments );
	insert_seed_terms( $blog['posts'] );
}

function seed_post( int $id, int $author, array $post, string $content ): array {
	$at = $post['at'];
	return array( $id, $author, $at, $at, $at, $at, $content, $post['title'], '', 'publish', 'open', 'closed', $post['slug'], 0, home_url( "/?p=$id" ), 'post', '', count( $post['comments'] ), '', '', '' );
}

function seed_attachment( int $id, int $post_id, int $author, array $post, string $url ): array {
	$at   = $post['at'];
	$name = "$post[slug]-picture";
	return array( $id, $author, $at, $at, $at, $at, '', $post['caption'], $post['caption'], 'inherit', 'open', 'closed', $name, $post_id, $url, 'attachment', 'image/jpeg', 0, '', '', '' );
}

/** What an upload leaves, and the rank that load tests pick by. */
function seed_meta( int $id, array $post, string $file ): array {
	$sizes = array();
	foreach ( $post['extents'] as $size => [ $width, $height ] ) {
		if ( 'full' !== $size ) {
			$sizes[ $size ] = array(
				'file'      => sized_name( basename( $file ), $width, $height ),
				'width'     => $width,
				'height'    => $height,
				'mime-type' => 'image/jpeg',
				'filesize'  => $post['bytes'][ $size ],
			);
		}
	}
	[ $width, $height ] = $post['extents']['full'];
	$described          = array( 'width' => $width, 'height' => $height, 'file' => $file, 'filesize' => $post['bytes']['full'], 'sizes' => $sizes, 'image_meta' => array() );
	return array(
		array( $id, 'underdesk_rank', $post['rank'] ),
		array( $id + 1, '_wp_attached_file', $file ),
		array( $id + 1, '_wp_attachment_metadata', serialize( $described ) ), // phpcs:ignore
		array( $id + 1, '_wp_attachment_image_alt', $post['caption'] ),
	);
}

function picture_block( int $id, string $url, string $caption ): string {
	return sprintf(
		"<!-- wp:image {\"id\":%1\$d,\"sizeSlug\":\"full\",\"linkDestination\":\"none\"} -->\n<figure class=\"wp-block-image size-full\"><img src=\"%2\$s\" alt=\"%3\$s\" class=\"wp-image-%1\$d\"/><figcaption class=\"wp-element-caption\">%3\$s</figcaption></figure>\n<!-- /wp:image -->",
		$id,
		esc_url( $url ),
		esc_html( $caption )
	);
}

/** The default category and a tag for each place. */
function insert_seed_terms( array $posts ): void {
	global $wpdb;
	$tags      = array_values( array_unique( array_column( $posts, 'tag' ) ) );
	$relations = array();
	foreach ( $posts as $number => $post ) {
		$id          = FIRST_SEED_POST + 2 * $number;
		$relations[] = array( $id, 1 );
		$relations[] = array( $id, 2 + (int) array_search( $post['tag'], $tags, true ) );
	}
	$terms      = array();
	$taxonomies = array();
	foreach ( $tags as $at => $tag ) {
		$terms[]      = array( 2 + $at, $tag, sanitize_title( $tag ) );
		$taxonomies[] = array( 2 + $at, 2 + $at, 'post_tag', '', count( array_keys( array_column( $posts, 'tag' ), $tag, true ) ) );
	}
	insert_rows( $wpdb->terms, array( 'term_id', 'name', 'slug' ), $terms );
	insert_rows( $wpdb->term_taxonomy, array( 'term_taxonomy_id', 'term_id', 'taxonomy', 'description', 'count' ), $taxonomies );
	insert_rows( $wpdb->term_relationships, array( 'object_id', 'term_taxonomy_id' ), $relations );
	$wpdb->update( $wpdb->term_taxonomy, array( 'count' => count( $posts ) ), array( 'term_taxonomy_id' => 1 ) );
}
