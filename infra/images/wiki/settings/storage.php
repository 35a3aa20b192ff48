<?php
// Database, and work that is done by the jobs container.
foreach ( [ 'PatientBalancers', 'PatientDatabase', 'PatientDatabaseFactory' ] as $underdeskClass ) {
	$wgAutoloadClasses["Underdesk\\$underdeskClass"] = "/usr/share/underdesk/code/$underdeskClass.php";
}
unset( $underdeskClass );

$wgDBtype = 'mysql';
$wgDBserver = $underdeskService( 'DATABASE_HOST' ) . ':' . $underdeskService( 'DATABASE_PORT' );
$wgDBname = 'wiki';
$wgDBuser = 'wiki';
$wgDBpassword = $underdeskSecret( 'database-wiki' );
$wgDBTableOptions = 'ENGINE=InnoDB, DEFAULT CHARSET=binary';
// Connecting waits while the database restarts.
$wgLBFactoryConf = [ 'class' => Underdesk\PatientBalancers::class, 'servers' => [ [
	'type' => $wgDBtype,
	'host' => $wgDBserver,
	'dbname' => $wgDBname,
	'user' => $wgDBuser,
	'password' => $wgDBpassword,
	'flags' => DBO_DEFAULT,
	'load' => 1,
	'connectTimeout' => 3,
	'sqlMode' => '',
	'tablePrefix' => '',
] ] ];

$wgSecretKey = $underdeskSecret( 'wiki-key' );
$wgUpgradeKey = false;
$wgAuthenticationTokenVersion = '1';
$wgJobRunRate = 0;
$wgTmpDirectory = '/tmp';
$wgCacheDirectory = false;
$wgShellLocale = 'C.UTF-8';
$wgPhpCli = false;

// Errors belong into the container's log; what a visitor sees names no internals.
foreach ( [ 'exception', 'error', 'fatal', 'DBConnection', 'redis' ] as $underdeskChannel ) {
	$wgDebugLogGroups[$underdeskChannel] = [ 'destination' => 'php://stderr', 'level' => 'error' ];
}
unset( $underdeskChannel );
