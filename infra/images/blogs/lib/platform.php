<?php
/**
 * What the deployment tells this container: the platform file, the environment, the secrets.
 */

namespace Underdesk\Blogs;

/** The platform file: name, company, administrator_mail, language, hosts, https_port, spaces, mail_sender. */
function platform(): array {
	static $platform = null;
	$platform ??= json_decode( (string) file_get_contents( '/etc/underdesk/platform.json' ), true, 32, JSON_THROW_ON_ERROR );
	return $platform;
}

/** A variable of the environment; without a default it must be there. */
function environment( string $name, ?string $default = null ): string {
	$value = getenv( $name );
	if ( false !== $value && '' !== $value ) {
		return $value;
	}
	if ( null === $default ) {
		throw new \RuntimeException( "environment variable $name is missing" );
	}
	return $default;
}

/** A secret's text. */
function secret( string $name ): string {
	static $texts = array();
	return $texts[ $name ] ??= secret_on_disk( $name );
}

function secret_on_disk( string $name ): string {
	$text = is_readable( "/run/secrets/$name" ) ? file_get_contents( "/run/secrets/$name" ) : false;
	if ( false === $text || '' === trim( $text ) ) {
		throw new \RuntimeException( "secret $name is missing" );
	}
	return trim( $text );
}

/** Host, with the port when it is not 443, of 'internal', 'external' or 'wiki'. */
function authority( string $visibility ): string {
	$port = (int) ( platform()['https_port'] ?? 443 );
	return strtolower( platform()['hosts'][ $visibility ] ) . ( 443 === $port ? '' : ":$port" );
}

/** The brief's blogs: title, path, visibility. */
function blog_spaces(): array {
	return array_values( array_filter( platform()['spaces'], static fn( array $space ): bool => 'blog' === $space['kind'] ) );
}

/** Path of a site: '/' or '/news/'. */
function site_path( string $path ): string {
	$path = trim( $path, '/' );
	return '' === $path ? '/' : "/$path/";
}
