<?php
// Uploads: kept on the host, served by nginx without PHP.
$wgEnableUploads = true;
$wgUploadDirectory = '/var/lib/mediawiki/images';
$wgUploadPath = "$wgScriptPath/images";
$wgHashedUploadDirectory = true;
$wgUseImageMagick = false;
$wgSVGNativeRendering = false;
$wgMaxUploadSize = [ '*' => wfShorthandToInteger( ini_get( 'upload_max_filesize' ) ) ];
$wgFileExtensions = [ 'png', 'gif', 'jpg', 'jpeg', 'webp', 'pdf', 'odt', 'ods', 'odp', 'docx', 'xlsx', 'pptx', 'txt', 'csv' ];
$wgThumbnailEpoch = '20260101000000';
$wgGenerateThumbnailOnParse = true;
// A picture in memory takes four bytes a pixel; scaling one may use half of what a request is given. Without a limit MediaWiki's own stays.
$underdeskMemory = wfShorthandToInteger( ini_get( 'memory_limit' ) );
if ( $underdeskMemory > 0 ) {
	$wgMaxImageArea = intdiv( $underdeskMemory, 8 );
}
unset( $underdeskMemory );
