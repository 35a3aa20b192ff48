"""Is what arrived what left?"""

import os
from pathlib import Path

import pytest

from infra.cluster.promote.compare import Holds, same, to_copy, to_remove
from infra.cluster.promote.listing import listed
from runtime.errors import PlanError

TABLES = {
    "blogs.wp_users": {"rows": 4, "digest": "a"},
    "blogs.wp_posts": {"rows": 2, "digest": "b"},
    "blogs.wp_12_posts": {"rows": 5, "digest": "c"},
    "blogs.wp_postmeta": {"rows": 99, "digest": "d"},
    "wiki.revision": {"rows": 7, "digest": "e"},
}
FILES: dict[str, list[object]] = {"uploads": [], "uploads/a.png": [3, 100, "aa"], "wiki-images/b.png": [4, 100, "bb"]}


def test_counts_are_of_what_people_made() -> None:
    counts = Holds(TABLES, FILES).counts
    assert counts["accounts of the blogs"] == 4
    assert counts["posts, pages and their revisions"] == 7
    assert counts["wiki revisions"] == 7
    assert counts["files"] == 2


def test_the_same_is_the_same_whatever_the_time_of_files() -> None:
    same(Holds(TABLES, FILES), Holds(TABLES, {**FILES, "uploads/a.png": [3, 101, "aa"]}))


@pytest.mark.parametrize(
    ("tables", "files", "said"),
    [
        ({**TABLES, "wiki.revision": {"rows": 6, "digest": "e"}}, FILES, "table wiki.revision has 6 rows of 7"),
        ({**TABLES, "wiki.revision": {"rows": 7, "digest": "x"}}, FILES, "table wiki.revision has other content"),
        ({name: held for name, held in TABLES.items() if name != "wiki.revision"}, FILES, "table wiki.revision is only on the desk"),
        ({**TABLES, "wiki.more": {"rows": 0, "digest": ""}}, FILES, "table wiki.more is only on the cluster"),
        (TABLES, {**FILES, "uploads/a.png": [3, 100, "xx"]}, "uploads/a.png has other content"),
        (TABLES, {"uploads": [], "uploads/a.png": [3, 100, "aa"]}, "wiki-images/b.png is only on the desk"),
    ],
)
def test_what_differs_is_named(tables: dict[str, dict[str, object]], files: dict[str, list[object]], said: str) -> None:
    with pytest.raises(PlanError, match="what arrived is not what left") as raised:
        same(Holds(TABLES, FILES), Holds(tables, files))
    assert said in raised.value.message


def test_only_files_that_differ_are_copied_but_every_folder() -> None:
    there: dict[str, list[object]] = {
        "uploads": [],
        "uploads/a.png": [3, 100, ""],
        "wiki-images/b.png": [4, 99, ""],
        "uploads/x": [],
        "uploads/x/y": [1, 1, ""],
    }
    assert to_copy(FILES, there) == ("uploads", "wiki-images/b.png")
    assert to_remove(FILES, there) == ("uploads/x/y", "uploads/x")


def test_a_listing_has_folders_and_files_with_their_digests(tmp_path: Path) -> None:
    (tmp_path / "uploads" / "2026").mkdir(parents=True)
    file = tmp_path / "uploads" / "2026" / "one\ntwo.png"
    file.write_bytes(b"one")
    os.utime(file, (100, 100))
    quick = listed(str(tmp_path), ("uploads", "wiki-images"), whole=False)
    assert quick == {"uploads": [], "uploads/2026": [], "uploads/2026/one\ntwo.png": [3, 100, ""]}
    whole = listed(str(tmp_path), ("uploads",), whole=True)
    assert whole["uploads/2026/one\ntwo.png"][2] == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
