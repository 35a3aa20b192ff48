<?php
/**
 * How test content and its people are recognised: by names that nothing else may have.
 */

namespace Underdesk\Blogs;

const TEST_PATH_PREFIX  = '/underdesk-test-';
const TEST_LOGIN_PREFIX = 'underdesk-test-';
const TEST_MAIL_DOMAIN  = 'underdesk-test.invalid';

/** Content of a rehearsal (plan seed): test content that does not expire. */
const SEED_PATH_PREFIX  = '/underdesk-seed-';
const SEED_LOGIN_PREFIX = 'underdesk-seed-';

/** The token in a site's path, '' when it is no test space. */
function test_token( string $path ): string {
	return preg_match( '#^' . TEST_PATH_PREFIX . '([a-z0-9]{4,20})/$#', $path, $match ) ? $match[1] : '';
}

/** The token in a login, '' when it is no test person. */
function test_token_of_login( string $login ): string {
	return preg_match( '#^' . TEST_LOGIN_PREFIX . '([a-z0-9]{4,20})-#', $login, $match ) ? $match[1] : '';
}

/** Whether a site's path is that of a seeded blog. */
function is_seed_path( string $path ): bool {
	return 1 === preg_match( '#^' . SEED_PATH_PREFIX . '[a-z0-9-]+/$#', $path );
}

/** The mark of the site that is being served: a test space's token, 'seed' for a seeded blog, '' for people's own. */
function mark_of_site(): string {
	$site = is_multisite() ? get_site() : null;
	return $site ? mark_of_path( $site->path ) : '';
}

function mark_of_path( string $path ): string {
	return is_seed_path( $path ) ? 'seed' : test_token( $path );
}
