"""What the page cache keeps, where a change comes while a page is on its way."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.deployment import Deployment
from tests.paused import paused
from tests.platform.binlog_writer import until
from tests.platform.test_object_cache import SQL, WORDPRESS, curl, php

DEADLINE_S = 20
ORIGIN, ESTABLISHED = ":1F91", "01"
"""Port 8081 and a connection that is open, as Linux writes them."""
PURGE = "Underdesk\\Blogs\\PageCache\\Purge"


@pytest.fixture
def url(deployment: Deployment) -> str:
    """An address of a page that nobody has read."""
    site = "Underdesk\\Blogs\\authority( 'internal' ), '/news/'"
    home = deployment.exec("blogs-jobs", ["php"], stdin=f"<?php {WORDPRESS} echo get_home_url( get_blog_id_from_url( {site} ), '/' );")
    return f"{home.strip()}?nobody={secrets.token_hex(6)}"


def found(deployment: Deployment, url: str) -> str:
    """Read a page; what the page cache said of it."""
    said = curl(deployment, url, "-o", "/dev/null", "-D", "-")
    return str(re.findall(r"(?im)^x-cache-status: (\w+)", said)[0])


def purge(deployment: Deployment, address: str) -> None:
    """Tell the page cache, as WordPress does, from another process than the one that serves pages."""
    deployment.exec("blogs-jobs", ["php"], stdin=f"<?php {WORDPRESS} {PURGE}::at_end( '{address}' ); {PURGE}::send();")


def asks_the_origin(deployment: Deployment) -> bool:
    """Tell whether the page cache waits for an answer."""
    lines = deployment.exec("pagecache", ["cat", "/proc/net/tcp"]).splitlines()[1:]
    return any(line.split()[2].endswith(ORIGIN) and line.split()[3] == ESTABLISHED for line in lines)


def while_under_way(deployment: Deployment, url: str, purged: str) -> str:
    """Purge ``purged`` while ``url`` is asked for and its page not yet made; return what the cache says to the next reader."""
    with ThreadPoolExecutor(1) as reader, paused(deployment.container("blogs")):
        first = reader.submit(found, deployment, url)
        until(lambda: asks_the_origin(deployment), DEADLINE_S, "the page cache's question")
        purge(deployment, purged)
        assert not first.done()
    assert first.result() == "MISS"
    return found(deployment, url)


def test_a_page_that_was_under_way_when_it_was_purged_is_not_kept(deployment: Deployment, url: str) -> None:
    assert while_under_way(deployment, url, url) == "MISS"
    assert found(deployment, url) == "HIT"


def test_nor_one_of_many_that_were_purged_at_once(deployment: Deployment, url: str) -> None:
    assert while_under_way(deployment, url, url.split("nobody", maxsplit=1)[0] + "*") == "MISS"
    assert found(deployment, url) == "HIT"


def test_nor_one_that_the_database_has_failed(deployment: Deployment, url: str) -> None:
    """WordPress takes a statement that failed for one that found nothing, and says 200: nothing was published yet."""
    table = "blogs." + php(deployment, "echo $wpdb->posts;").strip()
    listed = url.replace("?nobody=", f"feed/?cat=-{10**6 + secrets.randbelow(10**6)}&nobody=")  # a list that nobody has asked for
    deployment.exec("database", ["bash", "-c", SQL], stdin=f"RENAME TABLE {table} TO {table}_away")
    try:
        said = curl(deployment, listed, "-D", "-")
    finally:
        deployment.exec("database", ["bash", "-c", SQL], stdin=f"RENAME TABLE {table}_away TO {table}")
    assert "no-store" in said, said[:600]
    assert "<item>" not in said
    assert "<item>" in curl(deployment, listed)


def test_one_is_kept_when_others_are_purged(deployment: Deployment, url: str) -> None:
    assert while_under_way(deployment, url, url + "0*") == "HIT"
