<?php
/**
 * The functions that WordPress calls; see wp-includes/cache.php for what each promises.
 */

require_once '/usr/share/underdesk/blogs/platform.php';

use Underdesk\Blogs\ObjectCache\Cache;
use Underdesk\Blogs\ObjectCache\Habit;
use Underdesk\Blogs\ObjectCache\Store;

function wp_cache_init() {
	if ( ! isset( $GLOBALS['wp_object_cache'] ) ) {
		$store                      = new Store();
		$GLOBALS['wp_object_cache'] = new Cache( $store, Habit::of_request( $store ) );
	}
	$GLOBALS['wp_object_cache']->switch_to( is_multisite() ? get_current_blog_id() : 1 );
}

function underdesk_object_cache(): Cache {
	return $GLOBALS['wp_object_cache'];
}

function underdesk_cache_group( $group ): string {
	return empty( $group ) ? 'default' : (string) $group;
}

function underdesk_cache_key( $key ): int|string {
	return is_int( $key ) ? $key : (string) $key;
}

function wp_cache_supports( $feature ) {
	return in_array( $feature, array( 'add_multiple', 'set_multiple', 'get_multiple', 'delete_multiple', 'flush_runtime', 'flush_group' ), true );
}

function wp_cache_add( $key, $data, $group = '', $expire = 0 ) {
	return underdesk_object_cache()->add( underdesk_cache_key( $key ), $data, underdesk_cache_group( $group ), (int) $expire );
}

function wp_cache_add_multiple( array $data, $group = '', $expire = 0 ) {
	$added = array();
	foreach ( $data as $key => $value ) {
		$added[ $key ] = wp_cache_add( $key, $value, $group, $expire );
	}
	return $added;
}

function wp_cache_replace( $key, $data, $group = '', $expire = 0 ) {
	return underdesk_object_cache()->replace( underdesk_cache_key( $key ), $data, underdesk_cache_group( $group ), (int) $expire );
}

function wp_cache_set( $key, $data, $group = '', $expire = 0 ) {
	return underdesk_object_cache()->set( underdesk_cache_key( $key ), $data, underdesk_cache_group( $group ), (int) $expire );
}

function wp_cache_set_multiple( array $data, $group = '', $expire = 0 ) {
	$set = array();
	foreach ( $data as $key => $value ) {
		$set[ $key ] = wp_cache_set( $key, $value, $group, $expire );
	}
	return $set;
}

function wp_cache_get( $key, $group = '', $force = false, &$found = null ) {
	return underdesk_object_cache()->get( underdesk_cache_key( $key ), underdesk_cache_group( $group ), (bool) $force, $found );
}

function wp_cache_get_multiple( $keys, $group = '', $force = false ) {
	return underdesk_object_cache()->get_multiple( $keys, underdesk_cache_group( $group ), (bool) $force );
}

function wp_cache_delete( $key, $group = '' ) {
	return underdesk_object_cache()->delete_multiple( array( underdesk_cache_key( $key ) ), underdesk_cache_group( $group ) )[ underdesk_cache_key( $key ) ];
}

function wp_cache_delete_multiple( array $keys, $group = '' ) {
	return underdesk_object_cache()->delete_multiple( $keys, underdesk_cache_group( $group ) );
}

function wp_cache_incr( $key, $offset = 1, $group = '' ) {
	return underdesk_object_cache()->add_to_number( underdesk_cache_key( $key ), (int) $offset, underdesk_cache_group( $group ) );
}

function wp_cache_decr( $key, $offset = 1, $group = '' ) {
	return underdesk_object_cache()->add_to_number( underdesk_cache_key( $key ), -(int) $offset, underdesk_cache_group( $group ) );
}

function wp_cache_flush() {
	return underdesk_object_cache()->flush();
}

function wp_cache_flush_runtime() {
	return underdesk_object_cache()->forget_process();
}

function wp_cache_flush_group( $group ) {
	return underdesk_object_cache()->flush( underdesk_cache_group( $group ) );
}

function wp_cache_close() {
	return underdesk_object_cache()->close();
}

function wp_cache_add_global_groups( $groups ) {
	underdesk_object_cache()->make_global( ...(array) $groups );
}

function wp_cache_add_non_persistent_groups( $groups ) {
	underdesk_object_cache()->keep_in_process( ...(array) $groups );
}

function wp_cache_switch_to_blog( $blog_id ) {
	underdesk_object_cache()->switch_to( (int) $blog_id );
}
