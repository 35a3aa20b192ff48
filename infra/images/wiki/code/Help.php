<?php
namespace Underdesk;

use MediaWiki\Output\OutputPage;

/** Help is a page of this wiki (code/help.wikitext): nobody is sent outside the deployment for it. */
final class Help {
	/** Special pages put a sign next to their heading that leads to MediaWiki's own site; it goes, one that leads to this wiki stays. */
	public static function onBeforePageDisplay( OutputPage $out ): void {
		if ( preg_match( '#href="(https?:)?//#', $out->getIndicators()['mw-helplink'] ?? '' ) === 1 ) {
			$out->setIndicators( [ 'mw-helplink' => '' ] );
		}
	}
}
