<?php
/**
 * Files that outlive a power cut. PHP writes, copies and renames, and the kernel brings that to the disk when it likes:
 * an upload that was answered is only there for certain after fsync, of the file and of the folder that holds its name.
 */

namespace Underdesk\Durable;

/** Puts what a file or a folder holds on the disk. Raises where that fails: then nothing may be answered as done. */
function sync_path( string $path ): void {
	// A folder opens for reading like a file.
	$handle = @fopen( $path, 'r' );
	if ( false === $handle || ! @fsync( $handle ) ) {
		throw new \RuntimeException( "$path could not be put on the disk" );
	}
	fclose( $handle );
}

/**
 * Puts files on the disk, and each folder from theirs up to $root: the folder of a month, or of a hash, may be new.
 *
 * @param string[] $files
 */
function settle( array $files, string $root ): void {
	$folders = array();
	foreach ( $files as $file ) {
		sync_path( $file );
		for ( $folder = dirname( $file ); str_starts_with( "$folder/", "$root/" ); $folder = dirname( $folder ) ) {
			$folders[ $folder ] = true;
		}
	}
	array_map( sync_path( ... ), array_keys( $folders ) );
}
