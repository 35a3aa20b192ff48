<?php
// Test spaces (plan test): a namespace and identities of their own, away from search, recent changes and everybody else's pages.
use Underdesk\TestSpaces\Guard;

foreach ( [ 'Guard', 'Marked', 'TestFiles', 'TestLists', 'TestPages', 'TestSpace', 'TestSpaceRemoval', 'TestSpaces' ] as $underdeskClass ) {
	$wgAutoloadClasses["Underdesk\\TestSpaces\\$underdeskClass"] = "/usr/share/underdesk/code/$underdeskClass.php";
}
unset( $underdeskClass );

define( 'NS_UNDERDESK_TEST', 3970 );
define( 'NS_UNDERDESK_TEST_TALK', 3971 );
$wgExtraNamespaces[NS_UNDERDESK_TEST] = 'UnderdeskTest';
$wgExtraNamespaces[NS_UNDERDESK_TEST_TALK] = 'UnderdeskTest_talk';
foreach ( [ NS_UNDERDESK_TEST, NS_UNDERDESK_TEST_TALK ] as $underdeskNamespace ) {
	$wgNamespaceRobotPolicies[$underdeskNamespace] = 'noindex,nofollow';
	$wgNamespaceProtection[$underdeskNamespace] = [ 'underdesk-test' ];
	$wgCapitalLinkOverrides[$underdeskNamespace] = false;
}
unset( $underdeskNamespace );

$wgAvailableRights[] = 'underdesk-test';
$wgGroupPermissions['underdesk-test'] = [ 'underdesk-test' => true, 'bot' => true, 'noratelimit' => true, 'autopatrol' => true ];

$wgHooks['getUserPermissionsErrors'][] = [ Guard::class, 'onGetUserPermissionsErrors' ];
$wgHooks['RecentChange_save'][] = [ Guard::class, 'onRecentChangeSave' ];
$wgHooks['BeforePageDisplay'][] = [ Guard::class, 'onBeforePageDisplay' ];
