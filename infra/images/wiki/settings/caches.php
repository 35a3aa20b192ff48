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
// Sessions are kept in the database as well: who is signed in stays so when Valkey restarts, and after a power loss.
// They are read from Valkey; the database is asked where that does not know them, and written when they change.
$wgObjectCaches['sessions'] = [
	'class' => Wikimedia\ObjectCache\MultiWriteBagOStuff::class,
	'caches' => [ $wgObjectCaches['valkey'], [ 'class' => SqlBagOStuff::class, 'loggroup' => 'SQLBagOStuff' ] ],
];
$wgSessionCacheType = 'sessions';
$wgUseLocalMessageCache = true;
$wgInvalidateCacheOnLocalSettingsChange = false;
$wgEnableSidebarCache = true;

// Anonymous pages may be kept by the page cache until they are purged; how long is the page cache's own limit.
$wgUseCdn = true;
require_once '/usr/share/underdesk/code/PageCaches.php';
$wgCdnServers = Underdesk\PageCaches::toTell();
$wgUsePrivateIPs = true;

// Nothing is asked of a host outside the deployment.
$wgUseInstantCommons = false;
$wgAllowCopyUploads = false;
$wgPingback = false;
$wgEnableScaryTranscluding = false;
$wgHTTPTimeout = 5;
$wgEnableDnsBlacklist = false;
