<?php
/**
 * Removing seeded content: blogs some at a time, people when no blog is left.
 */

namespace Underdesk\Blogs;

/** Removes up to "most" blogs, and the people after the last. */
function remove_seed(): array {
	$most = (int) ( request()['most'] ?? 10 );
	hold_seed( ...range( 0, SEED_PARTS - 1 ) );
	$record = seed_record();
	if ( null !== $record && 'removing' !== $record['state'] ) {
		update_site_option( SEED_RECORD, array( 'state' => 'removing' ) + $record );
	}
	$sites = seed_sites();
	foreach ( array_slice( $sites, 0, $most ) as $site ) {
		remove_seed_site( (int) $site->blog_id );
	}
	$left = max( 0, count( $sites ) - $most );
	if ( 0 === $left ) {
		remove_seed_people();
	}
	return array( 'left' => $left );
}

/** Whole or half made: tables, files, then the row by which it is found again. */
function remove_seed_site( int $id ): void {
	global $wpdb;
	remove_all_actions( 'wp_uninitialize_site' );
	$prefix = $wpdb->get_blog_prefix( $id );
	$tables = array_map( static fn( string $table ): string => $prefix . $table, $wpdb->tables( 'blog', false ) );
	$wpdb->query( 'DROP TABLE IF EXISTS ' . implode( ',', $tables ) ); // phpcs:ignore WordPress.DB
	remove_folder( WP_CONTENT_DIR . "/uploads/sites/$id" );
	$wpdb->query( $wpdb->prepare( "DELETE FROM $wpdb->usermeta WHERE meta_key LIKE %s", $wpdb->esc_like( $prefix ) . '%' ) );
	$wpdb->delete( $wpdb->registration_log, array( 'blog_id' => $id ) );
	checked( wp_delete_site( $id ) );
}

function remove_folder( string $folder ): void {
	if ( ! is_dir( $folder ) ) {
		return;
	}
	$inside = new \RecursiveIteratorIterator( new \RecursiveDirectoryIterator( $folder, \FilesystemIterator::SKIP_DOTS ), \RecursiveIteratorIterator::CHILD_FIRST );
	foreach ( $inside as $item ) {
		$item->isDir() ? rmdir( $item->getPathname() ) : unlink( $item->getPathname() );
	}
	rmdir( $folder );
}

function remove_seed_people(): void {
	global $wpdb;
	$people = seed_people();
	if ( ! $people ) {
		return;
	}
	$ids = implode( ',', array_column( $people, 'id' ) );
	$wpdb->query( 'START TRANSACTION' );
	$wpdb->query( "DELETE FROM $wpdb->usermeta WHERE user_id IN ($ids)" ); // phpcs:ignore WordPress.DB
	$wpdb->query( "DELETE FROM $wpdb->users WHERE ID IN ($ids)" ); // phpcs:ignore WordPress.DB
	$wpdb->query( 'COMMIT' );
	foreach ( $people as $login => $person ) {
		wp_cache_delete( $person['id'], 'users' );
		wp_cache_delete( $person['id'], 'user_meta' );
		wp_cache_delete( $login, 'userlogins' );
		wp_cache_delete( $login, 'userslugs' );
		wp_cache_delete( "$login@" . TEST_MAIL_DOMAIN, 'useremail' );
	}
	wp_cache_set_last_changed( 'users' );
}
