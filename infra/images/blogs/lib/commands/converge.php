<?php
/**
 * Makes the network what the platform file says. Again, it changes nothing.
 */

namespace Underdesk\Blogs;

const CONVERGE_WAIT_S = 600;

/** Held until the process ends: two converging containers would make the same site twice. */
function converging( ?\mysqli $connection = null ): ?\mysqli {
	static $held = null;
	return $held ??= $connection;
}

/** What changed before WordPress was loaded. @return list<string> */
function changed_before( ?array $changes = null ): array {
	static $kept = array();
	return $kept = $changes ?? $kept;
}

function prepare_converge(): bool {
	$connection = converging( database() );
	if ( ! lock( $connection, 'converge', CONVERGE_WAIT_S ) ) {
		throw new \RuntimeException( 'another container has been converging for too long' );
	}
	if ( ! network_installed( $connection ) ) {
		install_network_elsewhere();
	}
	$moved = move_hosts( $connection );
	changed_before( $moved );
	return true;
}

function converge(): array {
	if ( changed_before() || noted( converging(), MOVED_HOSTS ) ) {
		forget_pages();
	}
	require_once '/usr/share/underdesk/blogs/commands/installer-functions.php';
	$changed = array_merge( changed_before(), converge_schema(), converge_network_settings() );
	$created = array();
	foreach ( wanted_sites() as $site ) {
		$id = site_id( $site->visibility, $site->path );
		if ( 0 === $id || remove_unfinished_site( $id ) ) {
			$id        = create_site( $site->title, $site->path, $site->visibility, array(), 1 );
			$created[] = address( $site->visibility, $site->path );
		}
		switch_to_blog( $id );
		$changed = array_merge( $changed, converge_site( $site, $id ) );
		restore_current_blog();
	}
	return array(
		'installed' => true,
		'created'   => $created,
		'changed'   => $changed,
	);
}

/** Within the site. A title is set again only when the brief's has changed: its owner may have another. */
function converge_site( WantedSite $site, int $id ): array {
	$changed       = array();
	$address       = address( $site->visibility, $site->path );
	$administrator = (int) get_user_by( 'login', ADMINISTRATOR )->ID;
	if ( get_site_meta( $id, 'underdesk_visibility', true ) !== $site->visibility ) {
		update_site_meta( $id, 'underdesk_visibility', $site->visibility );
	}
	if ( SETTINGS_VERSION > (int) get_site_meta( $id, 'underdesk_settings', true ) ) {
		apply_site_settings( $site, $administrator );
		update_site_meta( $id, 'underdesk_settings', SETTINGS_VERSION );
		$changed[] = "settings of $address";
	}
	if ( get_site_meta( $id, 'underdesk_title', true ) !== $site->title ) {
		update_option( 'blogname', $site->title );
		update_site_meta( $id, 'underdesk_title', $site->title );
		$changed[] = "title of $address";
	}
	if ( 'external' === $site->visibility && move_uploads( $id ) ) {
		wp_cache_flush();
		$changed[] = "uploads of $address";
	}
	return $changed;
}
