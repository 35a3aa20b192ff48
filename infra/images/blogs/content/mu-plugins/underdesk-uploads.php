<?php
/**
 * Plugin Name: Underdesk uploads
 * Description: Uploads of external blogs lie apart: the web server gives outsiders nothing else.
 */

namespace Underdesk\Blogs;

require_once '/usr/share/underdesk/blogs/uploads.php';

add_filter(
	'upload_dir',
	static function ( array $uploads ): array {
		$site = get_site();
		if ( null === $site || authority( 'external' ) !== $site->domain ) {
			return $uploads;
		}
		foreach ( array( 'path', 'basedir', 'url', 'baseurl' ) as $part ) {
			$uploads[ $part ] = outside( $uploads[ $part ], (int) $site->blog_id );
		}
		return $uploads;
	}
);
