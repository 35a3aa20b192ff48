<?php
// Who may do what, and how people are told by mail.
// The front door decides who may reach this host; whoever reaches it may read. Writing needs an account.
$wgGroupPermissions['*']['read'] = true;
$wgGroupPermissions['*']['edit'] = false;
$wgGroupPermissions['*']['createpage'] = false;
$wgGroupPermissions['*']['createtalk'] = false;
$wgGroupPermissions['*']['createaccount'] = false;
$wgGroupPermissions['sysop']['createaccount'] = true;
$wgGroupPermissions['sysop']['replacetext'] = true;
// Colleagues are not newcomers who must earn trust.
$wgAutoConfirmAge = 0;
$wgAutoConfirmCount = 0;

$wgCookiePrefix = 'wiki';
$wgCookieSecure = true;
$wgCookieHttpOnly = true;
$wgCookieSameSite = 'Lax';

// The seam for sign-on at the edge (its own issue): a session provider that extends ImmutableSessionProviderWithCookie and reads
// REMOTE_USER, which nginx sets to "" today, is registered here in $wgSessionProviders, with autocreateaccount true and createaccount false.

$wgEnableEmail = true;
$wgEnableUserEmail = true;
$wgEnotifUserTalk = true;
$wgEnotifWatchlist = true;
$wgEmailAuthentication = true;
$wgEmergencyContact = $underdeskPlatform['administrator_mail'];
$wgPasswordSender = $underdeskPlatform['mail_sender'];
$wgSMTP = [
	'host' => $underdeskService( 'MAIL_HOST' ),
	'IDHost' => $underdeskPlatform['hosts']['wiki'],
	'port' => 2525,
	'auth' => false,
];

$wgDefaultUserOptions['visualeditor-enable'] = 1;
$wgVisualEditorAvailableNamespaces = [ NS_PROJECT => true, NS_HELP => true ];

$wgAutoloadClasses['Underdesk\\Help'] = '/usr/share/underdesk/code/Help.php';
$wgHooks['BeforePageDisplay'][] = [ Underdesk\Help::class, 'onBeforePageDisplay' ];

// Which version runs here is told to nobody who does not ask for it (Special:Version says it still).
$wgHooks['OutputPageAfterGetHeadLinksArray'][] = static function ( array &$tags ): void {
	unset( $tags['meta-generator'] );
};
