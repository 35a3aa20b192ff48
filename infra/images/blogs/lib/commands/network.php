<?php
/**
 * Installing WordPress and the network, in a process of its own: a process is either single site or network.
 */

namespace Underdesk\Blogs;

const ADMINISTRATOR = 'admin';

/** Runs the installation in another process. */
function install_network_elsewhere(): void {
	$process = proc_open( array( PHP_BINARY, '/usr/local/bin/underdesk-blogs', 'install-network' ), array( 1 => array( 'file', '/dev/null', 'w' ) ), $pipes );
	if ( false === $process || 0 !== proc_close( $process ) ) {
		throw new \RuntimeException( 'the network could not be installed' );
	}
}

function prepare_network(): bool {
	// A lock of its own: this process may outlive the one that started it.
	$connection = converging( database() );
	if ( ! lock( $connection, 'install', CONVERGE_WAIT_S ) ) {
		throw new \RuntimeException( 'another container has been installing for too long' );
	}
	define( 'UNDERDESK_INSTALLING', true );
	// Without it WordPress refuses to load while an interrupted installation has made some tables only.
	if ( 0 < $connection->query( 'SHOW TABLES' )->num_rows ) {
		define( 'WP_REPAIRING', true );
	}
	define( 'WP_INSTALLING', true );
	define( 'WP_SITEURL', 'https://' . authority( 'internal' ) );
	require_once '/usr/share/underdesk/blogs/commands/installer-functions.php';
	return true;
}

/** Installs what is missing; a half-done installation of before is completed. */
function install(): array {
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	require_once ABSPATH . 'wp-admin/includes/network.php';
	wp_install( platform()['company'], ADMINISTRATOR, platform()['administrator_mail'], true, '', secret( 'administrator' ) );
	ensure_administrator();
	make_network();
	wp_cache_flush();
	return array( 'installed' => true );
}

function ensure_administrator(): void {
	$id   = username_exists( ADMINISTRATOR ) ?: checked( wp_create_user( ADMINISTRATOR, secret( 'administrator' ), platform()['administrator_mail'] ) );
	$user = new \WP_User( $id );
	$user->set_role( 'administrator' );
}

function make_network(): void {
	global $wpdb;
	foreach ( $wpdb->tables( 'ms_global' ) as $table => $name ) {
		$wpdb->$table = $name;
	}
	install_network();
	if ( 1 < (int) $wpdb->get_var( "SELECT COUNT(*) FROM $wpdb->blogs" ) ) { // phpcs:ignore WordPress.DB
		throw new \RuntimeException( 'sites without the mark of an installation: restore the row underdesk_installed of wp_sitemeta' );
	}
	foreach ( array( $wpdb->site, $wpdb->sitemeta, $wpdb->blogs ) as $table ) {
		$wpdb->query( "DELETE FROM $table" ); // phpcs:ignore WordPress.DB
	}
	$wpdb->query( "ALTER TABLE $wpdb->site AUTO_INCREMENT = 1" ); // phpcs:ignore WordPress.DB
	checked( populate_network( 1, authority( 'internal' ), platform()['administrator_mail'], platform()['company'], '/', false ) );
	$mark = array(
		'site_id'    => 1,
		'meta_key'   => 'underdesk_installed', // phpcs:ignore WordPress.DB
		'meta_value' => gmdate( 'c' ), // phpcs:ignore WordPress.DB
	);
	$wpdb->insert( $wpdb->sitemeta, $mark );
}
