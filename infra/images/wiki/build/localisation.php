<?php
// Settings for building the localisation cache: no database, no platform, only what carries messages.
require '/usr/share/underdesk/build/extensions.php';

$wgSitename = 'Build';
$wgServer = 'http://localhost';
$wgSecretKey = 'build';
$wgLocalisationCacheConf['store'] = 'array';
$wgLocalisationCacheConf['storeDirectory'] = '/usr/share/underdesk/localisation';
