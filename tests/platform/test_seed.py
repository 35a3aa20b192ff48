"""Seeded content on the real platform: all there, marked, served; nobody's own content is touched; and it goes without a trace, also after a kill."""

import hashlib
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.deployment import Deployment
from loadtests.seed import ranks, state, tools
from loadtests.seed.amounts import SIZES
from loadtests.seed.popularity import weights
from tests.platform.conftest import PLAN, Command
from tests.platform.test_smoke import query, traces, until

SMALL = SIZES["s"]
SEED = ["seed", "--size", "s", "--seed", "5", "--yes"]
RECORD = "SELECT meta_value FROM wp_sitemeta WHERE meta_key = 'underdesk_seed'"
SITES = "SELECT CONCAT(IF(blog_id = 1, 'wp_', CONCAT('wp_', blog_id, '_'))) FROM wp_blogs WHERE path NOT LIKE '/underdesk-%'"
OWN_PEOPLE = "SELECT * FROM wp_users WHERE user_login NOT LIKE 'underdesk-%' ORDER BY ID"
OWN_PAGES = """SELECT page_namespace, page_title, page_latest, rev_timestamp, rev_sha1 FROM revision JOIN page ON rev_page = page_id
WHERE page_namespace NOT IN (3970, 3971, 3972, 3973) AND page_title NOT LIKE 'Underdesk-%' ORDER BY rev_id"""
OPTIONS = "'blogname', 'home', 'template', 'sidebars_widgets', 'show_on_front'"
MOST_EDITED = """SELECT COUNT(*) FROM revision JOIN page ON rev_page = page_id JOIN page_props ON pp_page = page_id
WHERE page_namespace = 3972 AND pp_propname = 'underdesk-rank' AND pp_value = 1"""
CHANGES = "SELECT COUNT(*) FROM recentchanges"
# Not ss_active_users: a job of MediaWiki counts it anew, from the last month's changes, when it likes.
STATISTICS = "SELECT ss_total_edits, ss_good_articles, ss_total_pages, ss_users, ss_images FROM site_stats"
MAINTENANCE = ["php", "/usr/share/mediawiki/maintenance/run.php"]
PARSE_ANEW = [*MAINTENANCE, "refreshLinks", "--namespace", "3972"]
LINKS_OF_REAL_PAGE = """SELECT COUNT(*) FROM pagelinks JOIN page ON page_id = pl_from JOIN linktarget ON lt_id = pl_target_id
WHERE page_title = 'Underdesk-linking'"""
LINKS_TO_NOTHING = "SELECT COUNT(*) FROM pagelinks LEFT JOIN linktarget ON lt_id = pl_target_id WHERE lt_id IS NULL"


def own_content(deployment: Deployment) -> str:
    """A checksum of what real people have: posts, comments and settings of their blogs, accounts, wiki pages with their history."""
    found = [query(deployment, "blogs", OWN_PEOPLE), query(deployment, "wiki", OWN_PAGES)]
    for prefix in query(deployment, "blogs", SITES).split():
        found += [query(deployment, "blogs", f"SELECT * FROM {prefix}{table} ORDER BY 1") for table in ("posts", "postmeta", "comments", "terms")]  # noqa: S608
        found.append(query(deployment, "blogs", f"SELECT option_name, option_value FROM {prefix}options WHERE option_name IN ({OPTIONS})"))  # noqa: S608
    return hashlib.sha256("\n".join(found).encode()).hexdigest()


def mails(deployment: Deployment) -> set[str]:
    return {str(path) for path in (deployment.folder / "data" / "sink").rglob("*") if path.is_file()}


def digests(deployment: Deployment) -> tuple[str, str]:
    there = state.found(deployment, digest=True)
    return there.blogs.digest, there.wiki.digest


def got(deployment: Deployment, url: str) -> requests.Response:
    return requests.get(url, verify=str(deployment.ca_file), timeout=60)


def killed_when_recorded(deployment: Deployment, folder: Path, arguments: list[str], state: str) -> None:
    """Start the command, and kill it as soon as the platform says that it is at ``state``."""
    with subprocess.Popen([PLAN, *arguments, "--name", deployment.name], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        until(lambda: state in query(deployment, "blogs", RECORD))
        os.kill(running.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def before(deployment: Deployment) -> dict[str, Any]:
    """What was there before anything was seeded."""
    return {
        "own": own_content(deployment),
        "mails": mails(deployment),
        "traces": traces(deployment),
        "changes": query(deployment, "wiki", CHANGES),
        "statistics": query(deployment, "wiki", STATISTICS),
    }


@pytest.fixture(scope="module")
def seeded(deployment: Deployment, plan: Command, before: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Size s, and its answer."""
    assert before
    made = plan(*SEED, "--json", "--name", deployment.name)
    assert made.returncode == 0, made.stderr
    yield json.loads(made.stdout)
    removed = plan("seed", "--remove", "--yes", "--name", deployment.name)
    assert removed.returncode == 0, removed.stderr


def test_as_much_is_there_as_the_size_says(seeded: dict[str, Any]) -> None:
    blogs, wiki = seeded["blogs"], seeded["wiki"]
    assert (blogs["people"], blogs["complete"], blogs["posts"], blogs["pictures"]) == (SMALL.people, SMALL.blogs, SMALL.posts, SMALL.posts)
    assert blogs["comments"] == SMALL.comments
    assert (wiki["people"], wiki["pages"], wiki["edits"], wiki["remarks"], wiki["files"]) == (
        SMALL.people,
        SMALL.pages,
        SMALL.edits,
        SMALL.remarks,
        SMALL.files,
    )
    assert wiki["links"] >= 3 * SMALL.pages
    assert seeded["schema"] == {"version": 1}


@pytest.mark.usefixtures("seeded")
def test_posts_are_served_with_their_picture_and_marked(deployment: Deployment) -> None:
    popularity = ranks.read(deployment)
    for post in popularity.posts[:3]:
        page = got(deployment, post.url)
        assert (page.status_code, post.title in page.text) == (200, True)
        assert '<meta name="underdesk-test" content="seed">' in page.text
        assert "noindex" in page.text
        source = re.search(r'<img[^>]*src="([^"]+/uploads/[^"]+\.jpg)"', page.text)
        assert source
        assert "-300x200.jpg 300w" in page.text
        for address in (source[1], source[1].replace(".jpg", "-300x200.jpg")):
            picture = got(deployment, address)
            assert (picture.status_code, picture.headers["Content-Type"], picture.content[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")


@pytest.mark.usefixtures("seeded")
def test_wiki_pages_are_served_with_picture_links_and_history(deployment: Deployment) -> None:
    first = ranks.read(deployment).pages[0]
    page = got(deployment, first.url)
    assert (page.status_code, first.title in page.text) == (200, True)
    assert '<meta name="underdesk-test" content="seed"' in page.text
    picture = re.search(r'<img[^>]*src="(/w/images/[^"]+Underdesk-seed-[^"]+\.jpg)"', page.text)
    assert picture
    assert got(deployment, deployment.urls["wiki"].rstrip("/") + picture[1]).content[:3] == b"\xff\xd8\xff"
    assert page.text.count("/wiki/Rehearsal:") >= 3
    history = got(deployment, f"{deployment.urls['wiki']}w/index.php?title=Rehearsal:{first.title.replace(' ', '_')}&action=history&limit=500")
    edits = query(deployment, "wiki", MOST_EDITED)
    assert len(re.findall(r"<li data-mw-revid", history.text)) == int(edits) > 3


@pytest.mark.usefixtures("seeded")
def test_ranks_are_written_down_for_load_tests(deployment: Deployment) -> None:
    popularity = ranks.read(deployment)
    assert [(item.rank, round(item.weight, 9)) for item in popularity.posts] == [(at + 1, round(share, 9)) for at, share in enumerate(weights(SMALL.posts))]
    assert len(popularity.pages) == SMALL.pages


@pytest.mark.usefixtures("seeded")
def test_seeded_content_is_in_no_list_of_people_and_found_by_who_looks_for_it(deployment: Deployment) -> None:
    title = ranks.read(deployment).pages[0].title
    assert "underdesk-seed" not in got(deployment, deployment.urls["internal"]).text
    wiki = deployment.urls["wiki"]
    for page in ("Special:RecentChanges?hidebots=0&limit=500", "Special:NewFiles"):
        text = got(deployment, f"{wiki}wiki/{page}").text
        assert "Rehearsal:" not in text
        assert "Underdesk-seed" not in text
    search = f"{wiki}w/index.php?title=Special:Search&fulltext=1&search={title}"
    assert "Rehearsal:" not in got(deployment, search).text
    assert f"Rehearsal:{title}" in got(deployment, f"{search}&ns3972=1").text


@pytest.mark.usefixtures("seeded")
def test_nothing_of_real_people_changed_and_no_mail_was_sent(deployment: Deployment, before: dict[str, Any]) -> None:
    assert own_content(deployment) == before["own"]
    assert mails(deployment) == before["mails"]
    assert query(deployment, "wiki", CHANGES) == before["changes"]


@pytest.mark.usefixtures("seeded")
def test_pages_that_are_parsed_anew_are_what_they_were(deployment: Deployment) -> None:
    before = digests(deployment)
    deployment.exec("wiki", PARSE_ANEW)
    assert digests(deployment) == before


def test_the_same_again_does_nothing_and_other_content_is_refused(deployment: Deployment, plan: Command, seeded: dict[str, Any]) -> None:
    again = plan(*SEED, "--json", "--name", deployment.name)
    assert (again.returncode, json.loads(again.stdout)["already_there"]) == (0, True)
    other = plan("seed", "--size", "s", "--seed", str(seeded["seed"] + 1), "--yes", "--name", deployment.name)
    assert other.returncode == 1
    assert "size s with seed 5 in 'en' is there already" in other.stderr
    assert "plan seed --remove" in other.stderr


@pytest.mark.usefixtures("seeded")
def test_a_killed_removal_and_a_killed_run_are_completed_and_the_content_is_the_same(
    deployment: Deployment, plan: Command, folder: Path, before: dict[str, Any]
) -> None:
    first = digests(deployment)
    killed_when_recorded(deployment, folder, ["seed", "--remove", "--yes"], "removing")
    refused = plan(*SEED, "--name", deployment.name)
    assert refused.returncode == 1
    assert "plan seed --remove" in refused.stderr
    removed = plan("seed", "--remove", "--yes", "--name", deployment.name)
    assert removed.returncode == 0, removed.stderr
    assert traces(deployment) ^ before["traces"] == set()
    assert query(deployment, "wiki", STATISTICS) == before["statistics"]
    killed_when_recorded(deployment, folder, SEED, "seeding")
    completed = plan(*SEED, "--name", deployment.name)
    assert completed.returncode == 0, completed.stderr
    assert digests(deployment) == first
    assert mails(deployment) == before["mails"]


@pytest.mark.usefixtures("seeded")
def test_a_removal_whose_last_piece_ends_with_the_last_page_takes_files_and_people_too(deployment: Deployment) -> None:
    there = state.found(deployment).wiki
    left = tools.ask(deployment, "wiki", "remove", {"most": there.pages + there.talk}, tools.Left).left
    assert left > 0 or not any(state.found(deployment).wiki.model_dump(exclude={"digest"}).values())


@pytest.mark.usefixtures("seeded")
def test_a_run_killed_in_the_middle_is_removed_without_a_trace(deployment: Deployment, plan: Command, folder: Path, before: dict[str, Any]) -> None:
    assert plan("seed", "--remove", "--yes", "--name", deployment.name).returncode == 0
    killed_when_recorded(deployment, folder, SEED, "seeding")
    removed = plan("seed", "--remove", "--yes", "--name", deployment.name)
    assert removed.returncode == 0, removed.stderr
    assert traces(deployment) ^ before["traces"] == set()
    assert own_content(deployment) == before["own"]
    assert not ranks.file_of(deployment).exists()


def test_links_of_real_pages_to_seeded_ones_outlive_a_removal_and_what_is_seeded_again_has_all_of_its_own(deployment: Deployment, plan: Command) -> None:
    assert plan(*SEED, "--name", deployment.name).returncode == 0
    first = digests(deployment)
    # That a page names a target which is there already makes MediaWiki remember the target's number.
    targets = query(deployment, "wiki", "SELECT DISTINCT lt_title FROM pagelinks JOIN linktarget ON lt_id = pl_target_id WHERE lt_namespace = 3972").split()
    text = "\n".join(f"[[Rehearsal:{title}]]" for title in targets)
    deployment.exec("wiki", [*MAINTENANCE, "edit", "--no-rc", "Underdesk-linking"], text)
    assert int(query(deployment, "wiki", LINKS_OF_REAL_PAGE)) == len(targets)
    try:
        assert plan("seed", "--remove", "--yes", "--name", deployment.name).returncode == 0
        assert int(query(deployment, "wiki", LINKS_OF_REAL_PAGE)) == len(targets)
        assert plan(*SEED, "--name", deployment.name).returncode == 0
        assert digests(deployment) == first
        assert query(deployment, "wiki", LINKS_TO_NOTHING).strip() == "0"
    finally:
        deployment.exec("wiki", [*MAINTENANCE, "deleteBatch"], "Underdesk-linking\n")
        plan("seed", "--remove", "--yes", "--name", deployment.name)
    assert not query(deployment, "wiki", "SELECT lt_id FROM linktarget WHERE lt_namespace = 3972")
