<?php
// Content of a rehearsal (plan seed): test content that does not expire, in a namespace of its own.
use Underdesk\TestSpaces\SeedMark;

foreach ( [ 'SeedFill', 'SeedMark', 'SeedRemoval', 'SeedSpace' ] as $underdeskClass ) {
	$wgAutoloadClasses["Underdesk\\TestSpaces\\$underdeskClass"] = "/usr/share/underdesk/code/$underdeskClass.php";
}
unset( $underdeskClass );

define( 'NS_UNDERDESK_SEED', 3972 );
define( 'NS_UNDERDESK_SEED_TALK', 3973 );
$wgExtraNamespaces[NS_UNDERDESK_SEED] = 'Rehearsal';
$wgExtraNamespaces[NS_UNDERDESK_SEED_TALK] = 'Rehearsal_talk';
foreach ( [ NS_UNDERDESK_SEED, NS_UNDERDESK_SEED_TALK ] as $underdeskNamespace ) {
	$wgNamespaceRobotPolicies[$underdeskNamespace] = 'noindex,nofollow';
	$wgNamespaceProtection[$underdeskNamespace] = [ 'underdesk-test' ];
}
unset( $underdeskNamespace );

// The first reader of a page has its thumbnail made; seeding a thousand pages does not wait for it.
if ( getenv( 'UNDERDESK_SEEDING' ) ) {
	$wgGenerateThumbnailOnParse = false;
}

$wgHooks['BeforePageDisplay'][] = [ SeedMark::class, 'onBeforePageDisplay' ];
$wgHooks['ContentAlterParserOutput'][] = [ SeedMark::class, 'onContentAlterParserOutput' ];
$wgHooks['RecentChange_save'][] = [ SeedMark::class, 'onRecentChangeSave' ];
