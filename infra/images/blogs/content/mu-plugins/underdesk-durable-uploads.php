<?php
/**
 * Plugin Name: Underdesk durable uploads
 * Description: An upload that was answered is on the disk: a post that outlives a power cut keeps its pictures.
 */

namespace Underdesk\Blogs;

require_once '/usr/share/underdesk/durable.php';

/**
 * Puts files of uploads on the disk, each state of each once in a request: WordPress saves the metadata after every size.
 *
 * @param string[] $files
 */
function settle_uploads( array $files ): void {
	static $settled = array();
	clearstatcache();
	$states = array();
	foreach ( array_filter( $files, 'is_file' ) as $file ) {
		$states[ $file ] = array( filemtime( $file ), filesize( $file ), fileinode( $file ) );
	}
	$new = array_filter( $states, static fn( array $state, string $file ): bool => ( $settled[ $file ] ?? null ) !== $state, ARRAY_FILTER_USE_BOTH );
	\Underdesk\Durable\settle( array_keys( $new ), WP_CONTENT_DIR . '/uploads' );
	$settled = $new + $settled;
}

/**
 * All files of an attachment: what was uploaded and every size made of it.
 *
 * @return string[]
 */
function files_of_attachment( int $id, array $metadata ): array {
	$file = (string) get_attached_file( $id, true );
	$made = array_column( $metadata['sizes'] ?? array(), 'file' );
	if ( isset( $metadata['original_image'] ) ) {
		$made[] = $metadata['original_image'];
	}
	return array( $file, ...array_map( static fn( string $name ): string => dirname( $file ) . "/$name", $made ) );
}

// Every way in passes here: the media library, REST, files sent from a browser or made by code.
add_filter(
	'wp_handle_upload',
	static function ( array $upload ): array {
		try {
			settle_uploads( array( $upload['file'] ) );
		} catch ( \RuntimeException $problem ) {
			error_log( $problem->getMessage() );
			return array( 'error' => __( 'Failed to write file to disk.' ) );
		}
		return $upload;
	},
	PHP_INT_MAX
);

// Sizes, and pictures changed in the editor. An exception ends the request: better no answer than a wrong one.
add_filter(
	'wp_update_attachment_metadata',
	static function ( $metadata, int $id ) {
		settle_uploads( files_of_attachment( $id, is_array( $metadata ) ? $metadata : array() ) );
		return $metadata;
	},
	PHP_INT_MAX,
	2
);
