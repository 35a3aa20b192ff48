<?php
/**
 * What is due: WordPress's scheduled events of every site, and test spaces whose time is over.
 */

namespace Underdesk\Blogs;

function prepare_cron(): bool {
	$connection = converging( database() );
	// Another container is at it: nothing to do here.
	if ( ! network_installed( $connection ) || ! lock( $connection, 'cron', 0 ) ) {
		return false;
	}
	define( 'DOING_CRON', true );
	return true;
}

function cron(): array {
	$ran = 0;
	if ( ! function_exists( 'get_sites' ) ) {
		return array(
			'ran'     => $ran,
			'removed' => array(),
		);
	}
	$removed = remove_where( static fn( TestSpace $space ): bool => $space->expires < time() );
	foreach ( get_sites( array( 'number' => 1000, 'fields' => 'ids' ) ) as $id ) {
		switch_to_blog( (int) $id );
		$ran += run_due_events();
		restore_current_blog();
	}
	return array(
		'ran'     => $ran,
		'removed' => $removed,
	);
}

/** Runs the current site's due events; how many. An event is taken from the list before it runs, so it never runs twice. */
function run_due_events(): int {
	$ran = 0;
	foreach ( wp_get_ready_cron_jobs() as $time => $hooks ) {
		foreach ( $hooks as $hook => $events ) {
			foreach ( $events as $event ) {
				if ( $event['schedule'] ) {
					wp_reschedule_event( $time, $event['schedule'], $hook, $event['args'] );
				}
				wp_unschedule_event( $time, $hook, $event['args'] );
				run_event( $hook, $event['args'] );
				++$ran;
			}
		}
	}
	return $ran;
}

/** One event's failure must not keep the others from running. */
function run_event( string $hook, array $arguments ): void {
	try {
		do_action_ref_array( $hook, $arguments );
	} catch ( \Throwable $error ) {
		fwrite( STDERR, "underdesk-blogs: $hook in site " . get_current_blog_id() . ': ' . $error->getMessage() . "\n" );
	}
}
