<?php
/**
 * What there is.
 */

namespace Underdesk\Blogs;

function prepare_status(): bool {
	return network_installed( database() );
}

function status(): array {
	if ( ! function_exists( 'get_sites' ) ) {
		return array(
			'installed' => false,
			'sites'     => array(),
		);
	}
	return array(
		'installed' => true,
		'sites'     => array_map( __NAMESPACE__ . '\described', get_sites( array( 'number' => 1000 ) ) ),
	);
}

function described( \WP_Site $site ): array {
	return array(
		'id'         => (int) $site->blog_id,
		'url'        => $site->home . '/',
		'title'      => $site->blogname,
		'visibility' => authority( 'external' ) === $site->domain ? 'external' : 'internal',
		'test'       => '' !== mark_of_path( $site->path ),
	);
}
