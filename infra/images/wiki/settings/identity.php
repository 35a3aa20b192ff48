<?php
// Name, addresses, language, looks.
$underdeskWikis = array_values( array_filter( $underdeskPlatform['spaces'], static fn ( $space ) => $space['kind'] === 'wiki' ) );
$underdeskPort = $underdeskPlatform['https_port'] === 443 ? '' : ':' . $underdeskPlatform['https_port'];

$wgSitename = $underdeskWikis[0]['title'] ?? $underdeskPlatform['company'] . ' Wiki';
$wgMetaNamespace = 'Project';
$wgServer = 'https://' . $underdeskPlatform['hosts']['wiki'] . $underdeskPort;
$wgCanonicalServer = $wgServer;
// What purges name; the page cache knows hosts without scheme and port.
$wgInternalServer = 'http://' . $underdeskPlatform['hosts']['wiki'];
$wgScriptPath = '/w';
$wgArticlePath = '/wiki/$1';
$wgUsePathInfo = true;
$wgMainPageIsDomainRoot = false;

// A language whose messages are not in the image is served in English.
$wgLanguageCode = [ 'no' => 'nb' ][ $underdeskPlatform['language'] ] ?? $underdeskPlatform['language'];
if ( !is_file( "/usr/share/underdesk/localisation/$wgLanguageCode.l10n.php" ) ) {
	$wgLanguageCode = 'en';
}
$wgLocaltimezone = 'UTC';
$wgLocalisationCacheConf['store'] = 'array';
$wgLocalisationCacheConf['storeDirectory'] = '/usr/share/underdesk/localisation';
$wgLocalisationCacheConf['manualRecache'] = true;

$wgDefaultSkin = 'vector-2022';
$wgLogos = [ 'icon' => "$wgScriptPath/underdesk/logo.svg", 'svg' => "$wgScriptPath/underdesk/logo.svg" ];
$wgFavicon = "$wgScriptPath/underdesk/logo.svg";
$wgFooterIcons = [];
$wgRightsText = '';
$wgDefaultRobotPolicy = 'noindex,nofollow';
unset( $underdeskWikis, $underdeskPort );
