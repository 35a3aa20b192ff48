<?php
/**
 * How a test space and its people are recognised: by names that nothing else may have.
 */

namespace Underdesk\Blogs;

const TEST_PATH_PREFIX  = '/underdesk-test-';
const TEST_LOGIN_PREFIX = 'underdesk-test-';
const TEST_MAIL_DOMAIN  = 'underdesk-test.invalid';

/** The token in a site's path, '' when it is no test space. */
function test_token( string $path ): string {
	return preg_match( '#^' . TEST_PATH_PREFIX . '([a-z0-9]{4,20})/$#', $path, $match ) ? $match[1] : '';
}

/** The token of the site that is being served. */
function test_token_of_site(): string {
	$site = is_multisite() ? get_site() : null;
	return $site ? test_token( $site->path ) : '';
}

/** The token in a login, '' when it is no test person. */
function test_token_of_login( string $login ): string {
	return preg_match( '#^' . TEST_LOGIN_PREFIX . '([a-z0-9]{4,20})-#', $login, $match ) ? $match[1] : '';
}
