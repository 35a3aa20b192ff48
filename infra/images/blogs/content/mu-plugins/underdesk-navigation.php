<?php
/**
 * Plugin Name: Underdesk navigation
 * Description: The bar on every page (home, search, sign in) and the list of blogs on the landing page.
 */

namespace Underdesk\Blogs;

require_once '/usr/share/underdesk/blogs/platform.php';
require_once '/usr/share/underdesk/blogs/test-mark.php';

/** Blogs that a reader of this host may open, without landing page and test content. */
function readable_sites(): array {
	$sites = get_sites(
		array(
			'domain'   => get_site()->domain,
			'archived' => 0,
			'deleted'  => 0,
			'spam'     => 0,
			'public'   => 1,
			'number'   => 200,
			'orderby'  => 'path',
		)
	);
	return array_filter( $sites, static fn( \WP_Site $site ): bool => get_current_blog_id() !== (int) $site->blog_id && '' === mark_of_path( $site->path ) );
}

add_shortcode(
	'underdesk_spaces',
	static function (): string {
		$items = array_map(
			static fn( \WP_Site $site ): string => sprintf( '<li><a href="%s">%s</a></li>', esc_url( $site->home . '/' ), esc_html( $site->blogname ) ),
			readable_sites()
		);
		return '<ul class="underdesk-spaces">' . implode( '', $items ) . '</ul>';
	}
);

add_action(
	'wp_body_open',
	static function (): void {
		$sign_in = is_user_logged_in() ? '' : sprintf( '<a href="%s" rel="nofollow">%s</a>', esc_url( wp_login_url( home_url( '/' ) ) ), esc_html__( 'Log in' ) );
		printf(
			'<nav class="underdesk-bar" aria-label="%1$s"><a href="%2$s">%1$s</a><form role="search" action="%3$s"><input type="search" name="s" aria-label="%4$s" placeholder="%4$s"></form>%5$s</nav>',
			esc_attr( platform()['company'] ),
			esc_url( 'https://' . get_site()->domain . '/' ),
			esc_url( home_url( '/' ) ),
			esc_attr__( 'Search' ),
			$sign_in // phpcs:ignore WordPress.Security.EscapeOutput
		);
	}
);

add_action(
	'wp_head',
	static function (): void {
		echo '<style>.underdesk-bar{display:flex;gap:1rem;align-items:center;padding:.5rem 1rem;font:1rem sans-serif;border-bottom:1px solid #ccc}'
			. '.underdesk-bar form{margin-left:auto}.underdesk-bar input{font:inherit;padding:.25rem .5rem}</style>' . "\n";
	}
);

// Reading writes nothing: without this the first reader of a blog makes a menu as a post.
add_filter( 'wp_navigation_should_create_fallback', '__return_false' );
