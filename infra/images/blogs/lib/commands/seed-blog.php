<?php
/**
 * Making seeded blogs: the first through WordPress, the others as copies of its tables.
 */

namespace Underdesk\Blogs;

/** Settings that belong to one site, or that WordPress works out anew. */
const OWN_OPTIONS = array( 'siteurl', 'home', 'blogname', 'blogdescription', 'rewrite_rules' );

/** Makes the blogs of one part, each whole or, when interrupted, begun again by the next run. */
function fill_seed(): array {
	$request = request();
	hold_seed( (int) $request['part'] );
	if ( 'removing' === ( seed_record()['state'] ?? 'removing' ) ) {
		throw new \RuntimeException( 'nothing may be seeded now: a removal has begun, or no run' );
	}
	require_once '/usr/share/underdesk/blogs/commands/installer-functions.php';
	remove_all_actions( 'wp_initialize_site' );
	$people = seed_people();
	$whole  = array_flip( complete_seed_paths() );
	$made   = 0;
	foreach ( $request['blogs'] as $blog ) {
		if ( ! isset( $whole[ $blog['path'] ] ) ) {
			make_seed_blog( $blog, $people );
			++$made;
		}
	}
	return array( 'made' => $made );
}

function make_seed_blog( array $blog, array $people ): void {
	global $wpdb;
	$half = site_id( 'internal', $blog['path'] );
	if ( 0 !== $half ) {
		remove_seed_site( $half );
	}
	$site = array( 'domain' => authority( 'internal' ), 'path' => $blog['path'], 'network_id' => 1, 'public' => 0 );
	$id   = (int) checked( wp_insert_site( $site ) );
	initialise_seed_site( $id );
	switch_to_blog( $id );
	forget_options();
	$wpdb->query( 'START TRANSACTION' );
	own_options( $blog );
	write_pictures( $blog['posts'] );
	insert_seed_rows( $blog, $people );
	seed_authors( $id, $blog['authors'], $people );
	$wpdb->update( $wpdb->blogs, array( 'last_updated' => end( $blog['posts'] )['at'] ), array( 'blog_id' => $id ) );
	update_site_meta( $id, 'underdesk_visibility', 'internal' );
	update_site_meta( $id, 'underdesk_seed', 'complete' );
	if ( false === $wpdb->query( 'COMMIT' ) ) {
		throw new \RuntimeException( "$blog[path] could not be committed" );
	}
	forget_options();
	restore_current_blog();
	clean_blog_cache( $id );
}

/** Tables and settings: copied from a blog that is whole, through WordPress where there is none. */
function initialise_seed_site( int $id ): void {
	global $wpdb;
	static $model = 0;
	if ( 0 === $model ) {
		$paths = complete_seed_paths();
		$model = $paths ? site_id( 'internal', $paths[0] ) : 0;
	}
	if ( 0 === $model ) {
		checked( wp_initialize_site( $id, array( 'user_id' => (int) get_user_by( 'login', ADMINISTRATOR )->ID, 'options' => site_settings( 'internal' ) ) ) );
		$model = $id;
		return;
	}
	$from = $wpdb->get_blog_prefix( $model );
	$to   = $wpdb->get_blog_prefix( $id );
	foreach ( $wpdb->tables( 'blog', false ) as $table ) {
		$wpdb->query( "CREATE TABLE $to$table LIKE $from$table" ); // phpcs:ignore WordPress.DB
	}
	$own = implode( ',', array_map( static fn( string $name ): string => "'$name'", OWN_OPTIONS ) );
	$wpdb->query( 'START TRANSACTION' );
	$wpdb->query( "INSERT INTO {$to}options (option_name, option_value, autoload) SELECT IF(option_name = '{$from}user_roles', '{$to}user_roles', option_name), option_value, autoload FROM {$from}options WHERE option_name NOT IN ($own) AND option_name NOT LIKE '\\_%transient\\_%'" ); // phpcs:ignore WordPress.DB
	$wpdb->query( "INSERT INTO {$to}terms SELECT * FROM {$from}terms WHERE term_id = 1" ); // phpcs:ignore WordPress.DB
	$wpdb->query( "INSERT INTO {$to}term_taxonomy SELECT * FROM {$from}term_taxonomy WHERE term_taxonomy_id = 1" ); // phpcs:ignore WordPress.DB
	$wpdb->query( 'COMMIT' );
}

function own_options( array $blog ): void {
	global $wpdb;
	$address = untrailingslashit( address( 'internal', $blog['path'] ) );
	$own     = array( 'siteurl' => $address, 'home' => $address, 'blogname' => $blog['title'], 'blogdescription' => $blog['tagline'] );
	foreach ( $own as $name => $value ) {
		$wpdb->replace( $wpdb->options, array( 'option_name' => $name, 'option_value' => $value, 'autoload' => 'on' ) );
	}
	$wpdb->delete( $wpdb->options, array( 'option_name' => 'rewrite_rules' ) );
	forget_options();
}

/** The jobs container may have looked at a site that was being made. */
function forget_options(): void {
	foreach ( array( 'alloptions', 'notoptions', 'siteurl', 'home' ) as $name ) {
		wp_cache_delete( $name, 'options' );
	}
}

function seed_authors( int $site, array $logins, array $people ): void {
	global $wpdb;
	$prefix = $wpdb->get_blog_prefix( $site );
	$rows   = array();
	foreach ( $logins as $login ) {
		$rows[] = array( $people[ $login ]['id'], "{$prefix}capabilities", 'a:1:{s:6:"author";b:1;}' );
		$rows[] = array( $people[ $login ]['id'], "{$prefix}user_level", '2' );
	}
	insert_rows( $wpdb->usermeta, array( 'user_id', 'meta_key', 'meta_value' ), $rows );
	foreach ( $logins as $login ) {
		wp_cache_delete( $people[ $login ]['id'], 'user_meta' );
	}
}

/** Where a post's picture lies: as an upload of its month. */
function seed_upload( array $post ): array {
	$month  = substr( $post['at'], 0, 4 ) . '/' . substr( $post['at'], 5, 2 );
	$folder = wp_upload_dir( $month );
	$name   = "$post[slug].jpg";
	return array( 'path' => "$folder[path]/$name", 'url' => "$folder[url]/$name", 'file' => "$month/$name" );
}

function write_pictures( array &$posts ): void {
	foreach ( $posts as &$post ) {
		$path = seed_upload( $post )['path'];
		foreach ( $post['jpegs'] as $size => $base64 ) {
			[ $width, $height ]     = $post['extents'][ $size ];
			$bytes                  = (string) base64_decode( $base64, true );
			$post['bytes'][ $size ] = strlen( $bytes );
			$name                   = 'full' === $size ? $path : dirname( $path ) . '/' . sized_name( basename( $path ), $width, $height );
			if ( strlen( $bytes ) !== file_put_contents( $name, $bytes ) ) {
				throw new \RuntimeException( "$name could not be written" );
			}
		}
	}
}

function sized_name( string $name, int $width, int $height ): string {
	return preg_replace( '/\.jpg$/', "-{$width}x$height.jpg", $name );
}
