<?php
/**
 * Plugin Name: Underdesk sign-on
 * Description: The seam for sign-on at the edge. Off, unless the platform file says so.
 *
 * The front door's own check will put the person's name into REMOTE_USER. nginx sets REMOTE_USER to "" today, whatever
 * a client sends, so this code finds nobody. Before it is switched on: nginx must take the name from its own subrequest
 * only, and no other way to PHP-FPM may exist.
 */

namespace Underdesk\Blogs;

require_once '/usr/share/underdesk/blogs/platform.php';

add_filter(
	'determine_current_user',
	static function ( $user_id ) {
		$login = (string) ( $_SERVER['REMOTE_USER'] ?? '' );
		if ( 'header' !== ( platform()['sign_in'] ?? 'local' ) || '' === $login ) {
			return $user_id;
		}
		$user = get_user_by( 'login', sanitize_user( $login, true ) );
		return $user ? $user->ID : $user_id;
	},
	99
);
