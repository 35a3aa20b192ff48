<?php
// The backend that MediaWiki would make by itself for its files, but one that puts them on the disk.
$wgAutoloadClasses['Underdesk\\DurableFileBackend'] = '/usr/share/underdesk/code/DurableFileBackend.php';
$wgFileBackends[] = [
	'name' => 'local-backend',
	'class' => Underdesk\DurableFileBackend::class,
	'lockManager' => 'fsLockManager',
	'root' => $wgUploadDirectory,
	'containerPaths' => [
		'local-public' => $wgUploadDirectory,
		'local-thumb' => "$wgUploadDirectory/thumb",
		'local-transcoded' => "$wgUploadDirectory/transcoded",
		'local-deleted' => "$wgUploadDirectory/deleted",
		'local-temp' => "$wgUploadDirectory/temp",
	],
	'fileMode' => 0644,
	'directoryMode' => 0777,
];
