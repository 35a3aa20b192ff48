<?php
/**
 * The content of the comparison, the same at each run: posts with headings, lists, pictures, categories, tags and comments,
 * and one reader. Runs within the blogs container; what follows this text on stdin calls make_content().
 */

namespace Underdesk\Blogs;

require_once '/usr/share/underdesk/blogs/commands/answer.php';
prepare_wordpress();
pretend_request();
fail_with_wordpress();
require_once '/usr/share/wordpress/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/image.php';

const TITLE    = 'Story number ';
const PICTURES = 12;
const TOPICS   = 8;
const WORDS    = 'desk people company report market travel product quarter release question answer customer meeting network server story photo change result season';

/** Makes everything and prints the posts' titles and paths, and the reader. */
function make_content( string $site, int $posts, string $login, string $password ): void {
	global $wpdb;
	mt_srand( 20 );
	switch_to_blog( site_id( 'internal', $site ) );
	$wpdb->query( 'START TRANSACTION' );
	wp_defer_term_counting( true );
	wp_defer_comment_counting( true );
	$reader   = reader( $login, $password );
	$made     = made_before();
	$pictures = $made ? array() : array_map( __NAMESPACE__ . '\picture', range( 1, PICTURES ) );
	$topics   = array_map( static fn( string $word ): int => term( ucfirst( $word ), 'category' ), array_slice( explode( ' ', WORDS ), 0, TOPICS ) );
	for ( $n = count( $made ) + 1; $n <= $posts; $n++ ) {
		$made[] = post( $n, $posts, $pictures[ mt_rand( 0, PICTURES - 1 ) ], $topics[ mt_rand( 0, TOPICS - 1 ) ], $reader );
	}
	wp_defer_term_counting( false );
	wp_defer_comment_counting( false );
	$wpdb->query( 'COMMIT' );
	echo json_encode( $made, JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR ), "\n";
}

function reader( string $login, string $password ): int {
	$known = get_user_by( 'login', $login );
	$id    = $known ? $known->ID : (int) checked( wp_insert_user( array( 'user_login' => $login, 'user_pass' => $password, 'user_email' => "$login@stock.test" ) ) );
	wp_set_password( $password, $id );
	add_user_to_blog( get_current_blog_id(), $id, 'subscriber' );
	return $id;
}

function term( string $name, string $kind ): int {
	$known = term_exists( $name, $kind );
	return (int) ( $known ? $known['term_id'] : checked( wp_insert_term( $name, $kind ) )['term_id'] );
}

/** A picture of 640 by 400 in the library. */
function picture( int $n ): int {
	$image = imagecreatetruecolor( 640, 400 );
	imagefilledrectangle( $image, 0, 0, 640, 400, imagecolorallocate( $image, 20 * $n % 256, 90, 160 ) );
	ob_start();
	imagepng( $image );
	$file = checked_upload( wp_upload_bits( "picture-$n.png", null, (string) ob_get_clean() ) );
	$id   = (int) checked( wp_insert_attachment( array( 'post_title' => "Picture $n", 'post_mime_type' => 'image/png', 'post_status' => 'inherit' ), $file, 0, true ) );
	wp_update_attachment_metadata( $id, wp_generate_attachment_metadata( $id, $file ) );
	return $id;
}

function checked_upload( array $upload ): string {
	if ( $upload['error'] ) {
		throw new \RuntimeException( $upload['error'] );
	}
	return $upload['file'];
}

/** One post with its comments; its title and path. */
function post( int $n, int $all, int $picture, int $topic, int $reader ): array {
	$title = TITLE . $n;
	$id    = (int) checked(
		wp_insert_post(
			array(
				'post_title'    => $title,
				'post_status'   => 'publish',
				'post_author'   => get_user_by( 'login', ADMINISTRATOR )->ID,
				'post_date_gmt' => gmdate( 'Y-m-d H:i:s', time() - 7200 * ( $all - $n + 1 ) ),
				'post_category' => array( $topic ),
				'tags_input'    => array( word(), word() ),
				'post_content'  => blocks( $picture ),
			),
			true
		)
	);
	for ( $comment = mt_rand( 0, 6 ); $comment > 0; $comment-- ) {
		wp_insert_comment( array( 'comment_post_ID' => $id, 'comment_content' => sentence( 25 ), 'user_id' => $reader, 'comment_author' => 'A reader', 'comment_approved' => 1 ) );
	}
	wp_update_comment_count_now( $id );
	return named( get_post( $id ) );
}

/** The posts of a run before this one, on a deployment that was kept. */
function made_before(): array {
	$posts = get_posts( array( 'numberposts' => -1, 'order' => 'ASC' ) );
	return array_map( __NAMESPACE__ . '\named', array_values( array_filter( $posts, static fn( \WP_Post $post ): bool => str_starts_with( $post->post_title, TITLE ) ) ) );
}

function named( \WP_Post $post ): array {
	return array(
		'title' => $post->post_title,
		'path'  => wp_parse_url( get_permalink( $post ), PHP_URL_PATH ),
	);
}

function word(): string {
	static $words = null;
	$words ??= explode( ' ', WORDS );
	return $words[ mt_rand( 0, count( $words ) - 1 ) ];
}

function sentence( int $words ): string {
	return ucfirst( implode( ' ', array_map( static fn(): string => word(), range( 1, $words ) ) ) ) . '.';
}

function blocks( int $picture ): string {
	$items = implode( '', array_map( static fn(): string => '<!-- wp:list-item --><li>' . sentence( 6 ) . '</li><!-- /wp:list-item -->', range( 1, 4 ) ) );
	$image = '<!-- wp:image {"id":' . $picture . '} --><figure class="wp-block-image"><img src="' . esc_url( wp_get_attachment_url( $picture ) ) . '" alt="" class="wp-image-' . $picture . '"/></figure><!-- /wp:image -->';
	return implode(
		"\n\n",
		array(
			paragraphs( sentence( 40 ), sentence( 60 ) ),
			'<!-- wp:heading --><h2 class="wp-block-heading">' . sentence( 4 ) . '</h2><!-- /wp:heading -->',
			paragraphs( sentence( 60 ) ),
			$image,
			'<!-- wp:list --><ul class="wp-block-list">' . $items . '</ul><!-- /wp:list -->',
			paragraphs( sentence( 50 ), sentence( 40 ) ),
		)
	);
}

