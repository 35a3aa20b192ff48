"""``plan seed``: wrong wishes are said in one line with the mend, and nothing is asked of the platform."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from cli import main
from infra import deployment as deployments
from loadtests.seed import state
from loadtests.seed.amounts import MIB, RESERVE_MIB, SIZES, needed_mib
from loadtests.seed.content import Wanted
from loadtests.seed.tools import BlogsThere, Record, WikiThere
from loadtests.surroundings import Room, Surroundings
from runtime.errors import PlanError
from tests.unit.loadtests.remembered import RememberedDeployment

NOTHING = {"pages": 0, "talk": 0, "edits": 0, "remarks": 0, "links": 0, "files": 0, "people": 0}


@pytest.fixture(autouse=True)
def nothing_deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployments, "ROOT", tmp_path)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["seed"], 1, ("which size?", "s, m or l")),
        (["seed", "--size", "xl"], 1, ("'xl' is no size", "s, m or l")),
        (["seed", "--size", "s", "--seed", "-1"], 1, ("-1 is no seed", "from 0")),
        (["seed", "--size", "s", "--seed", "99999999999"], 1, ("is no seed", "from 0")),
        (["seed", "--size", "s", "--seed", "one"], 2, ("--seed", "plan seed --help")),
        (["seed", "--remove", "--size", "s"], 1, ("takes no size", "leave --size out")),
        (["seed", "--size", "s"], 1, ("nothing is deployed", "plan deploy")),
        (["seed", "--remove"], 1, ("nothing is deployed", "plan deploy")),
    ],
)
def test_a_wrong_wish_is_one_line_and_the_mend(arguments: list[str], code: int, words: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(arguments) == code
    error, hint = capsys.readouterr().err.splitlines()
    assert words[0] in error
    assert words[1] in hint


def there(record: Record | None, **more: int) -> state.Found:
    counts = {"blogs": 0, "complete": 0, "people": 0, "posts": 0, "pictures": 0, "comments": 0, **{key: more[key] for key in more.keys() - NOTHING.keys()}}
    return state.Found(BlogsThere(record=record, **counts), WikiThere(**{**NOTHING, **{key: more[key] for key in more.keys() & NOTHING.keys()}}))


def record(state: str, **other: object) -> Record:
    return Record.model_validate({"size": "s", "seed": 1, "language": "en", "version": 1, "state": state, **other})


def test_an_empty_platform_is_seeded_and_an_interrupted_run_goes_on() -> None:
    assert not state.whole(there(None), Wanted("s", 1, "en"))
    assert not state.whole(there(record("seeding"), complete=2), Wanted("s", 1, "en"))


def test_what_is_whole_is_not_seeded_again_and_what_lacks_a_blog_is() -> None:
    small = SIZES["s"]
    full = {"complete": small.blogs, "posts": small.posts, "pages": small.pages, "edits": small.edits}
    assert state.whole(there(record("complete"), **full), Wanted("s", 1, "en"))
    assert not state.whole(there(record("complete"), **{**full, "complete": 2}), Wanted("s", 1, "en"))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (there(record("complete", size="l")), "size l with seed 1 in 'en' is there already"),
        (there(record("seeding", seed=2)), "size s with seed 2 in 'en' is there already"),
        (there(record("complete", language="de")), "in 'de' is there already"),
        (there(record("complete", version=0)), "as version 0 writes it"),
        (there(record("removing")), "a removal of size s with seed 1 was not completed"),
        (there(None, pages=3), "of an unknown run"),
    ],
)
def test_other_content_is_named_with_the_mend(found: state.Found, words: str) -> None:
    with pytest.raises(PlanError) as caught:
        state.whole(found, Wanted("s", 1, "en"))
    assert words in str(caught.value)
    assert "plan seed --remove" in caught.value.hint


@pytest.mark.parametrize(("short_mib", "refused"), [(1, True), (0, False)])
def test_a_disk_without_the_room_is_refused_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short_mib: int, *, refused: bool) -> None:
    needed = needed_mib(SIZES["l"])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=(needed + RESERVE_MIB - short_mib) * MIB))
    desk = RememberedDeployment(tmp_path)
    if not refused:
        assert state.check_room(desk, Wanted("l", 1, "en")) == needed
        return
    with pytest.raises(PlanError, match=f"takes about {needed} MiB"):
        state.check_room(desk, Wanted("l", 1, "en"))
    assert desk.asked == []


def test_on_a_cluster_the_host_with_least_room_decides(tmp_path: Path) -> None:
    @dataclass
    class OnHosts(RememberedDeployment):
        surroundings: Surroundings = field(default_factory=Surroundings)

    needed = needed_mib(SIZES["s"])
    tight = OnHosts(tmp_path, surroundings=Surroundings(room=Room("node-2", (needed + RESERVE_MIB - 1) * MIB)))
    with pytest.raises(PlanError, match=f"takes about {needed} MiB") as caught:
        state.check_room(tight, Wanted("s", 1, "en"))
    assert caught.value.where == "node-2"
    wide = OnHosts(tmp_path, surroundings=Surroundings(room=Room("node-2", (needed + RESERVE_MIB) * MIB)))
    assert state.check_room(wide, Wanted("s", 1, "en")) == needed
    assert "each host" in state.disk_of(wide)
