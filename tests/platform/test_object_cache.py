"""What a blog's page costs beside PHP: few round trips to Valkey, no connection to the database, and nothing stale for it."""

import json
import re
import secrets
import subprocess

import pytest

from infra.deployment import Deployment

SAMPLES = 5000
# Any text: single bytes, and characters of two and three bytes.
ESCAPE = f"""
$connection = Underdesk\\Blogs\\database();
mysqli_set_charset( $connection, DB_CHARSET );
$escaped = ( new ReflectionClassConstant( 'Underdesk_Database', 'ESCAPED' ) )->getValue();
$same    = 0;
mt_srand( 1 );
for ( $sample = 0; $sample < {SAMPLES}; $sample++ ) {{
    $text = '';
    for ( $length = mt_rand( 0, 12 ); $length > 0; $length-- ) {{
        $text .= mt_rand( 0, 3 ) ? chr( mt_rand( 0, 127 ) ) : mb_chr( mt_rand( 0x80, 0xD7FF ) );
    }}
    $same += strtr( $text, $escaped ) === mysqli_real_escape_string( $connection, $text ) ? 1 : 0;
}}
echo $same, ' the same';
"""
FEW = 4  # two lists of keys and values, and what another service asks meanwhile
TRIES = 8
WORDPRESS = "require '/usr/share/underdesk/blogs/commands/answer.php'; Underdesk\\Blogs\\pretend_request(); require '/usr/share/wordpress/wp-load.php';"
WELCOME = (
    "switch_to_blog( get_blog_id_from_url( Underdesk\\Blogs\\authority( 'internal' ), '/news/' ) ); $post = get_page_by_path( 'welcome', OBJECT, 'post' );"
)
SQL = "MYSQL_PWD=$(cat /run/secrets/database-blogs) exec mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -u blogs -BN"


def php(deployment: Deployment, program: str) -> str:
    """Run a program in the jobs' container: another process than the one that serves pages."""
    return deployment.exec("blogs-jobs", ["php"], stdin=f"<?php {WORDPRESS} {WELCOME} {program}")


def curl(deployment: Deployment, url: str, *more: str) -> str:
    """Ask for a page, as a browser that trusts our authority; what curl says with ``more`` options."""
    found = re.match(r"https://([^:/]+):(\d+)", url)
    assert found, url
    host, port = found.groups()
    asked = ["curl", "-sSf", "--cacert", str(deployment.ca_file), "--resolve", f"{host}:{port}:{deployment.address}", *more, url]
    return subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60).stdout


def page(deployment: Deployment, url: str) -> str:
    """Read a page that no page cache has."""
    return curl(deployment, url, "-b", "comment_author_x=nobody")


def round_trips(deployment: Deployment) -> int:
    ask = 'REDISCLI_AUTH="$(cat /run/secrets/objectcache)" valkey-cli info commandstats'
    said = deployment.exec("objectcache", ["sh", "-c", ask])
    return sum(int(calls) for calls in re.findall(r"cmdstat_(?:mget|get|set|setex):calls=(\d+)", said))


def connections(deployment: Deployment) -> int:
    """Connections that chose their database afterwards, as WordPress does; health checks and the wiki name it at once."""
    said = deployment.exec("database", ["bash", "-c", SQL], stdin="SHOW GLOBAL STATUS LIKE 'Com_change_db'")
    return int(said.split()[1])


@pytest.fixture(scope="module")
def url(deployment: Deployment) -> str:
    """A post's address."""
    return php(deployment, "echo get_permalink( $post );").strip()


def test_a_page_that_was_read_before_comes_in_few_round_trips(deployment: Deployment, url: str) -> None:
    assert "Welcome" in page(deployment, url)
    costs = []
    for _ in range(TRIES):  # others ask meanwhile: the cheapest of several shows what the page itself needs
        before = round_trips(deployment)
        page(deployment, url)
        costs.append(round_trips(deployment) - before)
    assert 1 <= min(costs) <= FEW, costs


def test_a_page_that_the_object_cache_has_whole_opens_no_connection_to_the_database(deployment: Deployment, url: str) -> None:
    page(deployment, url)
    costs, searched = [], []
    for _ in range(TRIES):
        before = connections(deployment)
        page(deployment, url)
        costs.append(connections(deployment) - before)
        before = connections(deployment)
        page(deployment, f"{url.split('/20', maxsplit=1)[0]}/?s={secrets.token_hex(8)}")  # what nobody has searched for has to be looked up
        searched.append(connections(deployment) - before)
    assert min(costs) == 0, costs
    assert min(searched) >= 1, searched


def test_a_change_is_seen_by_the_next_reader_although_pages_are_fetched_ahead(deployment: Deployment, url: str) -> None:
    before = php(deployment, "echo $post->post_title;")
    for title in (f"Changed {secrets.token_hex(6)}", before):
        page(deployment, url)
        php(deployment, f"wp_update_post( array( 'ID' => $post->ID, 'post_title' => {json.dumps(title)} ) );")
        assert f"<title>{title}" in page(deployment, url)


def test_what_a_request_takes_for_true_after_a_statement_failed_is_kept_for_nobody_else(deployment: Deployment) -> None:
    key = secrets.token_hex(8)
    asked = f"foreach ( array( '{key}', 'new-{key}' ) as $key ) {{ echo var_export( wp_cache_get( $key, 'options' ), true ), ' '; }}"
    php(deployment, f"wp_cache_set( '{key}', 'before', 'options' );")
    assert php(deployment, asked).split() == ["'before'", "false"]
    fails = "$wpdb->suppress_errors(); $wpdb->get_results( 'SELECT nothing FROM nowhere' );"
    changes = f"wp_cache_set( '{key}', 'after', 'options' ); wp_cache_add( 'new-{key}', 'after', 'options' );"
    assert php(deployment, f"{fails} {changes} {asked}").split() == ["'after'", "'after'"]
    assert php(deployment, asked).split() == ["false", "false"], "what it has changed is read anew, and nothing that it only believes is kept"


def test_who_uses_the_connection_from_outside_has_the_one_that_statements_have(deployment: Deployment) -> None:
    own = "$wpdb->get_var( 'SELECT CONNECTION_ID()' )"
    outside = "$wpdb->dbh->query( 'SELECT CONNECTION_ID()' )->fetch_column()"
    used = php(deployment, f"echo {outside}, ' ', {outside}, ' ', {own}, ' ', {outside};").split()
    assert len(used) == 4
    assert len(set(used)) == 1


def test_what_is_escaped_without_a_connection_is_what_the_connection_would_escape(deployment: Deployment) -> None:
    assert php(deployment, ESCAPE).strip() == f"{SAMPLES} the same"


def test_what_a_person_searches_for_cannot_end_a_statement(deployment: Deployment, url: str) -> None:
    site = url.split("/20", maxsplit=1)[0]
    for words in ("%27%20OR%201%3D1%20--%20", "%5C%27%20OR%201%3D1%20--%20", "%BF%27%20OR%201%3D1%20--%20", "%00%27%22%5C%1A"):
        assert "nothing was found" in page(deployment, f"{site}/?s=nothing{words}")
