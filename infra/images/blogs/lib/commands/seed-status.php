<?php
/**
 * What is seeded, and a digest of it that is the same wherever the same content is.
 */

namespace Underdesk\Blogs;

function seed_status(): array {
	$sites  = seed_sites();
	$status = array(
		'record'   => seed_record(),
		'blogs'    => count( $sites ),
		'complete' => count( complete_seed_paths() ),
		'people'   => count( seed_people() ),
		'posts'    => 0,
		'pictures' => 0,
		'comments' => 0,
	);
	$digest = hash_init( 'sha256' );
	$deep   = true === ( request()['digest'] ?? null );
	foreach ( array_flip( complete_seed_paths() ) as $path => $_ ) {
		switch_to_blog( site_id( 'internal', $path ) );
		count_seed_blog( $status );
		if ( $deep ) {
			digest_seed_blog( $digest, $path );
		}
		restore_current_blog();
	}
	return $status + ( $deep ? array( 'digest' => hash_final( $digest ) ) : array() );
}

function count_seed_blog( array &$status ): void {
	global $wpdb;
	foreach ( $wpdb->get_results( "SELECT post_type, COUNT(*) AS number FROM $wpdb->posts GROUP BY post_type" ) as $row ) { // phpcs:ignore WordPress.DB
		$kind = array( 'post' => 'posts', 'attachment' => 'pictures' )[ $row->post_type ] ?? '';
		if ( '' !== $kind ) {
			$status[ $kind ] += (int) $row->number;
		}
	}
	$status['comments'] += (int) $wpdb->get_var( "SELECT COUNT(*) FROM $wpdb->comments" ); // phpcs:ignore WordPress.DB
}

/** Everything that a reader sees, without what differs between two platforms: host, number of the site, ids of people. */
function digest_seed_blog( \HashContext $digest, string $path ): void {
	global $wpdb;
	$uploads = wp_upload_dir( null, false );
	$same    = static fn( ?string $text ): string => str_replace( array( $uploads['baseurl'], 'https://' . get_site()->domain ), array( 'UPLOADS', 'HOST' ), (string) $text );
	hash_update( $digest, "\n$path\n" . get_option( 'blogname' ) . "\n" . get_option( 'blogdescription' ) );
	$queries = array(
		"SELECT post_type, post_name, post_date_gmt, post_title, post_excerpt, post_content, post_status, comment_count, user_login FROM $wpdb->posts JOIN $wpdb->users ON $wpdb->users.ID = post_author ORDER BY $wpdb->posts.ID",
		"SELECT post_id, meta_key, meta_value FROM $wpdb->postmeta ORDER BY post_id, meta_key",
		"SELECT comment_post_ID, comment_author, comment_date_gmt, comment_content, comment_approved FROM $wpdb->comments ORDER BY comment_ID",
		"SELECT name, slug, taxonomy, count FROM $wpdb->terms JOIN $wpdb->term_taxonomy USING (term_id) ORDER BY term_id",
		"SELECT object_id, term_taxonomy_id FROM $wpdb->term_relationships ORDER BY object_id, term_taxonomy_id",
	);
	foreach ( $queries as $query ) {
		foreach ( $wpdb->get_results( $query, ARRAY_N ) as $row ) { // phpcs:ignore WordPress.DB
			hash_update( $digest, "\n" . implode( "\t", array_map( $same, $row ) ) );
		}
	}
	foreach ( seed_files( $uploads['basedir'] ) as $file ) {
		hash_update( $digest, "\n$file " . hash_file( 'sha256', "$uploads[basedir]/$file" ) );
	}
}

/** @return list<string> */
function seed_files( string $folder ): array {
	$found = array();
	foreach ( new \RecursiveIteratorIterator( new \RecursiveDirectoryIterator( $folder, \FilesystemIterator::SKIP_DOTS ) ) as $file ) {
		$found[] = substr( $file->getPathname(), strlen( $folder ) + 1 );
	}
	sort( $found );
	return $found;
}
