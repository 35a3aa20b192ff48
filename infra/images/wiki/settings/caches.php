<?php
// Valkey for what replicas share, APCu for what they do not, the page cache in front.
$wgObjectCaches['valkey'] = [
	'class' => RedisBagOStuff::class,
	'servers' => [ $underdeskService( 'OBJECTCACHE_HOST' ) . ':6379' ],
	'password' => $underdeskSecret( 'objectcache' ),
	'connectTimeout' => 1,
	'persistent' => true,
	'loggroup' => 'redis',
];
$wgMainCacheType = 'valkey';
$wgParserCacheType = 'valkey';
$wgMessageCacheType = 'valkey';
$wgSessionCacheType = 'valkey';
$wgUseLocalMessageCache = true;
$wgInvalidateCacheOnLocalSettingsChange = false;
$wgEnableSidebarCache = true;

// Anonymous pages may be kept by the page cache until they are purged; how long is the page cache's own limit.
$wgUseCdn = true;
$wgCdnServers = [ $underdeskService( 'PAGECACHE_HOST' ) . ':8080' ];
$wgUsePrivateIPs = true;

// Nothing is asked of a host outside the deployment.
$wgUseInstantCommons = false;
$wgAllowCopyUploads = false;
$wgPingback = false;
$wgEnableScaryTranscluding = false;
$wgHTTPTimeout = 5;
$wgEnableDnsBlacklist = false;
