"""How content changes places on a cluster: all of it or none, and again it does nothing."""

import subprocess
from pathlib import Path

import pytest

from infra.cluster.promote.check import newer
from infra.cluster.promote.links import check, moved, of_page, spread
from infra.cluster.promote.there import moved as shell
from infra.cluster.promote.there import renames
from infra.deployment import Deployment
from runtime.errors import PlanError
from tests.unit.sample_plan import SAMPLE


def test_all_tables_change_places_in_one_statement() -> None:
    said = renames({"blogs": ["a"], "wiki": ["page"]}, {"blogs": ["a", "b"], "wiki": ["page"]}, "_arriving", "_before")
    assert said == (
        "RENAME TABLE blogs.`a` TO blogs_before.`a`, wiki.`page` TO wiki_before.`page`, "
        "blogs_arriving.`a` TO blogs.`a`, blogs_arriving.`b` TO blogs.`b`, wiki_arriving.`page` TO wiki.`page`;"
    )


@pytest.mark.parametrize("done", [0, 1, 2])
def test_folders_change_places_wherever_it_was_interrupted(tmp_path: Path, done: int) -> None:
    present, come, away = (tmp_path / name for name in ("present", "come", "away"))
    for folder, content in ((present, "old"), (come, "new")):
        folder.mkdir()
        (folder / "is").write_text(content)
    for here, there in ((present, away), (come, present))[:done]:
        here.rename(there)
    for _ in range(2):
        subprocess.run(["sh", "-c", shell(present, come, away)], check=True)
        assert ((present / "is").read_text(), (away / "is").read_text(), come.exists()) == ("new", "old", False)


@pytest.mark.parametrize(
    ("desk", "cluster", "is_newer"),
    [("60421", "60421", False), ("60422", "60421", True), ("60420", "60421", False), ("1.44-abc", "1.43-abc", True), ("1.43-abc", "1.43-def", False)],
)
def test_tables_that_the_cluster_does_not_know_are_refused(desk: str, cluster: str, *, is_newer: bool) -> None:
    assert newer(desk, cluster) is is_newer


def test_links_of_a_page_are_those_that_a_reader_may_follow() -> None:
    page = '<a href="/a/?x=1&amp;y=2#here"><img src="https://b.example/p.png"><a href="mailto:x"><a href="/wp-login.php"><a href="/a/?x=1&amp;y=2">'
    assert of_page("https://blogs.example/start/", page) == ["https://blogs.example/a/?x=1&y=2", "https://b.example/p.png"]
    assert spread([str(number) for number in range(10)], 3) == ["0", "3", "6"]


def test_a_link_leads_to_the_cluster_where_its_host_is_called_otherwise(tmp_path: Path) -> None:
    other = SAMPLE.model_copy(update={"platform": SAMPLE.platform.model_copy(update={"hosts": SAMPLE.platform.hosts.model_copy(update={"wiki": "w.example"})})})
    desk, cluster = Deployment(SAMPLE, tmp_path), Deployment(other, tmp_path)
    assert moved(f"{desk.urls['wiki']}wiki/A", desk, cluster) == f"{cluster.urls['wiki']}wiki/A"
    assert moved(f"{desk.urls['internal']}a/", desk, cluster) == f"{desk.urls['internal']}a/"


def test_a_link_that_the_cluster_does_not_answer_is_named(tmp_path: Path) -> None:
    desk, cluster = Deployment(SAMPLE, tmp_path), Deployment(SAMPLE, tmp_path / "cluster")
    says = {"https://a": 200, "https://b": 403, "https://c": 404, "https://d": 404}
    gone = {"https://d"}

    def ask(deployment: Deployment, url: str) -> int:
        return says[url] if deployment is cluster else 404 if url in gone else 200

    assert check(desk, cluster, ["https://a", "https://b", "https://d"], ask, 0) == (1, 1)
    with pytest.raises(PlanError, match="answers 404 on the cluster"):
        check(desk, cluster, says, ask, 0)
