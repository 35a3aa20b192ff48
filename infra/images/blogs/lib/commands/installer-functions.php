<?php
/**
 * Functions that WordPress leaves to the installer, in the global name space.
 */

/** No mail about the new site: the deployment prints where the password is. */
function wp_new_blog_notification( $title, $url, $user_id, $password ) {}

/** A new site begins with one post of ours instead of the sample texts. */
function wp_install_defaults( $user_id ) {
	Underdesk\Blogs\first_content( (int) $user_id );
}
