"""A drill passes only where every row, every file and every page is there, and it takes away what it made whatever became of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.client import BadStatusLine
from pathlib import Path

import pytest

from infra import deploy, reach
from infra.deployment import Deployment
from infra.keep import choose, drill, places, staging
from infra.keep.drill import Proof
from infra.keep.manifest import Manifest
from infra.keep.repository import Snapshot
from infra.keep.staging import Source, Staged
from runtime.errors import PlanError
from sizing.plan import Platform
from tests.unit.keep.platform import NOW, Backups

BLOGS, WIKI = "blogs.sample.example:18443", "wiki.sample.example:18443"
COUNTS = {"posts": 3, "comments": 2, "wiki pages": 1}
Answer = tuple[int, str, str]


def page(title: str, text: str = "") -> Answer:
    return 200, "", f"<html><head><title>{title}</title></head><body>{text}</body></html>"


@dataclass
class Restored:
    """What stands beside the platform: its pages by site and path, its rows; and what was taken away."""

    deployment: Deployment
    pages: dict[tuple[str, str], Answer] = field(
        default_factory=lambda: {
            (BLOGS, "/"): page("Inside &#8211; all of it"),
            (WIKI, "/"): (301, f"https://{WIKI}/wiki/Main_Page", ""),
            (WIKI, "/wiki/Main_Page"): page("Main Page", "Welcome to the Wiki"),
        }
    )
    rows: dict[str, int] = field(default_factory=lambda: dict(COUNTS))
    destroyed: list[str] = field(default_factory=list)
    signed_in: tuple[str, ...] = ()

    def drill(self) -> Proof:
        return drill.drill(self.deployment, lambda _line: None, lambda _beside: self.signed_in)

    def build(self, _source: Source, folder: Path, *_: object) -> Staged:
        return Staged(folder, (), self.rows)

    def apply(self, beside: Deployment, *_: object) -> None:
        (beside.folder / "pulumi").mkdir()
        (beside.folder / "plan.json").write_text(beside.plan.model_dump_json())

    def get(self, _beside: Deployment, site: str, path: str) -> Answer:
        if (site, path) not in self.pages:
            raise BadStatusLine(path)
        return self.pages[site, path]

    def services(self, beside: Deployment, _say: object) -> "Restored":
        self.destroyed.append(beside.name)
        return self

    def destroy(self, _say: object) -> None:
        """Take it away."""


@pytest.fixture
def restored(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Restored:
    made, backups = Restored(deployment), Backups(str(deployment.folder.parent / "backups"), deployment.folder / "key")
    said = Manifest.model_validate_json(backups.text("abc", "")).model_copy(update={"counts": {**COUNTS, "files": 0, "file bytes": 0}})
    replaced: list[tuple[object, str, Callable[..., object]]] = [
        (places, "repository", lambda _: backups),
        (Backups, "check", lambda *_, **__: None),
        (choose, "source", lambda repository, snapshot: Source(repository, snapshot, said)),
        (staging, "fetch", lambda _source, folder, *_, **__: folder.mkdir()),
        (staging, "build", made.build),
        (deploy, "apply", made.apply),
        (reach, "_get", made.get),
        (drill, "Services", made.services),
    ]
    for owner, name, stand_in in replaced:
        monkeypatch.setattr(owner, name, stand_in)
    return made


def test_a_whole_backup_passes(restored: Restored) -> None:
    proof = restored.drill()
    assert proof.wrong == ()
    assert proof.snapshot == Snapshot("abc", NOW, "sample", "", "")
    assert "time" in drill.last(restored.deployment)
    assert not (restored.deployment.folder / drill.WORK).exists()


@pytest.mark.parametrize("what", COUNTS)
def test_rows_that_are_missing_fail_it(restored: Restored, what: str) -> None:
    restored.rows[what] -= 1
    proof = restored.drill()
    assert proof.wrong == (f"{what}: {restored.rows[what]} are there, {COUNTS[what]} were backed up",)
    assert "problem" in drill.last(restored.deployment)


@pytest.mark.parametrize(
    ("asked", "answer", "said"),
    [
        ((BLOGS, "/"), page("Outside"), "is not the page of 'Inside'"),
        ((BLOGS, "/"), page("All blogs", "Inside"), "is not the page of 'Inside'"),
        ((BLOGS, "/"), (200, "", "<title>Inside</title> and then it breaks o"), "is not the page of 'Inside'"),
        ((BLOGS, "/"), (500, "", "Inside"), "answers 500"),
        ((BLOGS, "/"), (302, "/", ""), "leads on and on"),
        ((BLOGS, "/"), (302, "/wp-login.php?reauth=1", ""), "leads to"),
        ((BLOGS, "/"), (302, "https://elsewhere.example/", ""), "which is not of this deployment"),
        ((BLOGS, "/"), (302, "http://blogs.sample.example:18443/", ""), "which is not of this deployment"),
        ((WIKI, "/"), (301, f"https://{BLOGS}/", ""), "leads to"),
        ((WIKI, "/wiki/Main_Page"), page("Error"), "is not the page of 'Wiki'"),
        ((WIKI, "/"), (301, "/wiki/Gone", ""), "/wiki/Gone"),
    ],
)
def test_a_page_that_is_not_that_of_its_space_fails_it(restored: Restored, asked: tuple[str, str], answer: Answer, said: str) -> None:
    restored.pages[BLOGS, "/wp-login.php?reauth=1"] = page("Log in - Inside")
    restored.pages[asked] = answer
    wrong = restored.drill().wrong
    assert len(wrong) == 1
    assert said in wrong[0]


def test_people_who_cannot_work_fail_it(restored: Restored) -> None:
    restored.signed_in = ("the smoke test failed: comment",)
    assert not restored.drill().passed


def test_what_cannot_be_taken_away_is_recorded_and_the_next_drill_takes_it_away(restored: Restored, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Restored, "destroy", fail)
        with pytest.raises(PlanError, match="engine"):
            restored.drill()
    assert "engine" in drill.last(restored.deployment)["problem"]
    assert restored.drill().passed


def fail(*_: object) -> None:
    raise PlanError("the engine does not answer")


def named(deployment: Deployment, name: str) -> Deployment:
    platform = deployment.plan.platform.model_copy(update={"name": name})
    return replace(deployment, plan=deployment.plan.model_copy(update={"platform": platform}))


@pytest.mark.parametrize("name", ["abcdefghijklmnopqrst", "abcdefghijklmno", "abcdefgh-jklmnopqrst"])
def test_a_long_name_is_shortened_to_one_that_may_be_and_what_was_made_is_taken_away(restored: Restored, name: str) -> None:
    restored.deployment = named(restored.deployment, name)
    short = drill.name_of(restored.deployment)
    Platform.model_validate({**restored.deployment.plan.platform.model_dump(), "name": short})
    assert restored.drill().passed
    assert restored.destroyed == [short]


def test_two_long_names_that_begin_alike_have_drills_of_their_own(deployment: Deployment) -> None:
    one, other = (drill.name_of(named(deployment, f"abcdefghijklmnopqrs{last}")) for last in "tu")
    assert one != other


@pytest.mark.parametrize("left", ["{", "[]", '{"platform": {"name": "of-an-older-version-drill"}}'])
def test_what_a_killed_drill_left_is_taken_away_whatever_its_plan_says(restored: Restored, left: str) -> None:
    folder = restored.deployment.folder / drill.WORK
    (folder / "pulumi").mkdir(parents=True)
    (folder / "plan.json").write_text(left)
    assert restored.drill().passed
    assert restored.destroyed[0] == "sample-drill"


def test_a_deployment_with_the_drills_name_is_left_alone(restored: Restored, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drill, "names", lambda: ["sample", "sample-drill"])
    with pytest.raises(PlanError, match="the deployment sample-drill"):
        restored.drill()
    assert restored.destroyed == []
