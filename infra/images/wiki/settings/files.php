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
$wgMaxImageArea = 25_000_000;
