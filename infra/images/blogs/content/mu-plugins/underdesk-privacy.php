<?php
/**
 * Plugin Name: Underdesk privacy
 * Description: A reader's browser and this server speak to nobody outside.
 */

namespace Underdesk\Blogs;

add_action(
	'init',
	static function (): void {
		remove_action( 'wp_head', 'print_emoji_detection_script', 7 );
		remove_action( 'admin_print_scripts', 'print_emoji_detection_script' );
		remove_action( 'wp_print_styles', 'print_emoji_styles' );
		remove_action( 'wp_enqueue_scripts', 'wp_enqueue_emoji_styles' );
		remove_action( 'admin_print_styles', 'print_emoji_styles' );
		remove_action( 'admin_enqueue_scripts', 'wp_enqueue_emoji_styles' );
		remove_filter( 'the_content_feed', 'wp_staticize_emoji' );
		remove_filter( 'comment_text_rss', 'wp_staticize_emoji' );
		remove_filter( 'wp_mail', 'wp_staticize_emoji_for_email' );

		// Updates come with a new image; asking for them would only wait for an address that is blocked.
		remove_action( 'init', 'wp_schedule_update_checks' );
		remove_action( 'admin_init', '_maybe_update_core' );
		remove_action( 'admin_init', '_maybe_update_plugins' );
		remove_action( 'admin_init', '_maybe_update_themes' );
	},
	1
);

add_filter( 'emoji_svg_url', '__return_false' );
add_filter( 'pre_option_show_avatars', static fn(): string => '0' );
add_filter( 'pre_site_transient_update_core', '__return_null' );
add_filter( 'pre_option_default_pingback_flag', static fn(): string => '0' );
add_filter( 'pre_option_default_ping_status', static fn(): string => 'closed' );
add_filter( 'pings_open', '__return_false' );
add_filter( 'should_load_remote_block_patterns', '__return_false' );
add_filter( 'wp_get_available_translations', '__return_empty_array' );
add_filter( 'embed_oembed_discover', '__return_false' );
// WordPress shows a post of any blog of the network in another: outsiders would read of an internal one.
add_filter(
	'pre_oembed_result',
	static fn( $found, string $address ) => wp_parse_url( $address, PHP_URL_HOST ) === wp_parse_url( home_url(), PHP_URL_HOST ) ? $found : false,
	99,
	2
);
add_action( 'admin_init', static fn() => remove_action( 'enqueue_block_editor_assets', 'wp_enqueue_editor_block_directory_assets' ) );
add_action( 'wp_dashboard_setup', static fn() => remove_meta_box( 'dashboard_primary', 'dashboard', 'side' ) );
add_action( 'wp_network_dashboard_setup', static fn() => remove_meta_box( 'dashboard_primary', 'dashboard-network', 'side' ) );
add_filter( 'wp_resource_hints', static fn( array $hints, string $kind ): array => 'dns-prefetch' === $kind ? array() : $hints, 10, 2 );

// The editor's welcome guide shows pictures from outside: it counts as seen by everybody.
const GUIDE_SEEN = array(
	'core/edit-post' => array( 'welcomeGuide' => false ),
	'_modified'      => '2000-01-01T00:00:00.000Z',
);
add_filter(
	'default_user_metadata',
	static function ( mixed $value, int $person, string $key, bool $single ): mixed {
		if ( ! str_ends_with( $key, 'persisted_preferences' ) ) {
			return $value;
		}
		return $single ? GUIDE_SEEN : array( GUIDE_SEEN );
	},
	10,
	4
);
