<?php
/**
 * Settings of sites and of the network.
 */

namespace Underdesk\Blogs;

/** Raised when a setting joins: applied once to each site, so that a blog's owner may change it afterwards. */
const SETTINGS_VERSION = 1;

/** A new site's settings. */
function site_settings( string $visibility ): array {
	return array(
		'permalink_structure'          => '/%year%/%monthnum%/%postname%/',
		'default_comment_status'       => 'open',
		'default_ping_status'          => 'closed',
		'default_pingback_flag'        => '0',
		'comment_registration'         => 'internal' === $visibility ? '1' : '0',
		'comment_moderation'           => '0',
		'comment_previously_approved'  => '0',
		'comments_notify'              => '1',
		'moderation_notify'            => '1',
		'show_avatars'                 => '0',
		'show_comments_cookies_opt_in' => '0',
		'uploads_use_yearmonth_folders' => '1',
		'blogdescription'              => '',
		'stylesheet'                   => WP_DEFAULT_THEME,
		'template'                     => WP_DEFAULT_THEME,
	);
}

/** Applies settings in the current site. */
function apply_site_settings( WantedSite $site, int $administrator ): void {
	foreach ( site_settings( $site->visibility ) as $name => $value ) {
		update_option( $name, $value );
	}
	if ( $site->landing ) {
		update_option( 'page_on_front', landing_page( $administrator ) );
		update_option( 'show_on_front', 'page' );
	}
	// Not flush_rewrite_rules(): within switch_to_blog it would store the main site's rules.
	delete_option( 'rewrite_rules' );
}

/** The network's settings; always as the platform says. Returns the names of those that changed. */
function converge_network_settings(): array {
	$settings = array(
		'site_name'                   => platform()['company'],
		'admin_email'                 => platform()['administrator_mail'],
		'registration'                => 'none',
		'registrationnotification'    => 'no',
		'add_new_users'               => '0',
		'upload_space_check_disabled' => '1',
		'WPLANG'                      => locale_of( platform()['language'] ?? 'en' ),
	);
	$changed  = array();
	foreach ( $settings as $name => $value ) {
		if ( (string) get_site_option( $name ) !== $value ) {
			update_site_option( $name, $value );
			$changed[] = $name;
		}
	}
	return $changed;
}

/** WordPress's name of a language that is in the image, '' (English) when it is not. */
function locale_of( string $language ): string {
	$available = get_available_languages();
	foreach ( array( $language . '_' . strtoupper( $language ), $language ) as $locale ) {
		if ( in_array( $locale, $available, true ) ) {
			return $locale;
		}
	}
	$near = preg_grep( '/^' . preg_quote( $language, '/' ) . '_[A-Z]{2}$/', $available );
	return 'en' === $language || ! $near ? '' : reset( $near );
}
