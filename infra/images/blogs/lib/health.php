<?php
/**
 * Answers 200 when PHP runs and the blogs' database answers with the network in it.
 */

require_once '/usr/share/underdesk/blogs/platform.php';

mysqli_report( MYSQLI_REPORT_OFF );
$database = mysqli_init();
mysqli_options( $database, MYSQLI_OPT_CONNECT_TIMEOUT, 3 );
$host      = Underdesk\Blogs\environment( 'DATABASE_HOST' );
$port      = (int) Underdesk\Blogs\environment( 'DATABASE_PORT' );
$connected = mysqli_real_connect( $database, $host, 'blogs', Underdesk\Blogs\secret( 'database-blogs' ), 'blogs', $port );
$healthy   = $connected && false !== mysqli_query( $database, 'SELECT blog_id FROM wp_blogs LIMIT 1' );

http_response_code( $healthy ? 200 : 503 );
header( 'Content-Type: text/plain' );
echo $healthy ? "ok\n" : "no database\n";
