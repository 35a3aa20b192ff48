"""The move, step by step, with a desk and a cluster that are made up: killed anywhere it is completed, what fails is taken back."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.cluster import closing
from infra.cluster.platform import Platform
from infra.cluster.promote import doors, journal, links, perform
from infra.cluster.promote.journal import Promotion
from infra.cluster.promote.listing import listed
from infra.cluster.promote.perform import Move, carry_out, confirm, take_back
from infra.cluster.promote.tables import held
from infra.cluster.promote.there import AFTER, ARRIVING, BEFORE, There
from infra.deployment import Deployment
from infra.keep import database
from runtime.errors import PlanError
from tests.unit.sample_plan import SAMPLE

BEGUN = Promotion(started="2026-11-29T19:00:00+00:00", desk="pilot", machine="pc", cluster="hq", key="k")
DESK_DUMP = b"USE `blogs`;\nCREATE TABLE `wp_posts` (\nINSERT INTO `wp_posts` VALUES\n(1,'desk');\n"
OWN, DESK = "own", "desk"


class Killed(BaseException):
    """The command ended here."""


@dataclass
class World:
    """What is in use on the cluster, what lies beside it, who may write, and what happened."""

    folder: Path
    tables: dict[str, str] = field(default_factory=lambda: {"": OWN})
    files: dict[str, str] = field(default_factory=lambda: {"": OWN})
    desk_writes: bool = True
    cluster_open: bool = True
    wrong: bool = False
    kill_at: int = -1
    did: list[str] = field(default_factory=list)

    def step(self, what: str) -> None:
        if len(self.did) == self.kill_at:
            self.kill_at = -1
            raise Killed
        self.did.append(what)


class FakeThere:
    """A cluster's side that only remembers."""

    def __init__(self, world: World) -> None:
        self.world = world

    def load(self, dump: Path) -> None:
        self.world.step("load")
        assert dump.read_bytes() == DESK_DUMP
        self.world.tables[ARRIVING] = DESK

    def tables(self, suffix: str) -> dict[str, dict[str, Any]]:
        content = b"other" if self.world.wrong else self.world.tables[suffix].encode()
        return held(DESK_DUMP.replace(b"desk", content).splitlines(keepends=True))

    def has(self, suffix: str) -> bool:
        return suffix in self.world.tables

    def swap_tables(self, incoming: str, aside: str) -> None:
        self.world.step(f"tables {incoming}")
        self._swap(self.world.tables, incoming, aside)

    def swap_files(self, incoming: str, aside: str) -> None:
        self.world.step(f"files {incoming}")
        self._swap(self.world.files, incoming, aside)

    def drop(self, suffix: str) -> None:
        self.world.tables.pop(suffix, None)

    def forget(self, *places: str) -> None:
        for place in places:
            self.world.files.pop(place, None)

    def files(self, place: str = "", *, whole: bool = True) -> dict[str, list[Any]]:
        there = self.world.files.get(place)
        return {"uploads": [], "uploads/a": [4, 100, DIGEST if whole else ""]} if there == DESK else {}

    def copy(self, _data: Path, _names: tuple[str, ...], _work: Path) -> None:
        self.world.step("copy files")
        self.world.files[ARRIVING] = DESK

    def remove(self, _names: tuple[str, ...]) -> None:
        raise AssertionError

    def dump(self, suffix: str, to: Path) -> None:
        to.write_text(self.world.tables[suffix])

    def fetch(self, _place: str, names: list[str], to: Path) -> None:
        to.write_text(" ".join(names))

    def _swap(self, where: dict[str, str], incoming: str, aside: str) -> None:
        assert not self.world.cluster_open or incoming not in where
        if incoming in where:
            where[aside] = where[""]
            where[""] = where.pop(incoming)


DIGEST = "ca32bf9f12ed5c9b5c7a3d4d4a3a0e1d"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    for side, content in (("pilot", DESK), ("kept", OWN)):
        (tmp_path / side / "secrets").mkdir(parents=True)
        for name in perform.SECRETS:
            (tmp_path / side / "secrets" / name).write_text(content)
    uploads = tmp_path / "pilot" / "data" / "uploads"
    uploads.mkdir(parents=True)
    (uploads / "a").write_text("text")
    os.utime(uploads / "a", (100, 100))

    def set_desk(*, writes: bool) -> Callable[..., None]:
        def door(*_: object) -> None:
            made.step(f"desk {'open' if writes else 'closed'}")
            made.desk_writes = writes

        return door

    def set_cluster(*, opened: bool) -> Callable[..., None]:
        def door(*_: object) -> None:
            made.step(f"cluster {'open' if opened else 'closed'}")
            made.cluster_open = opened

        return door

    monkeypatch.setattr(doors, "close_desk", set_desk(writes=False))
    monkeypatch.setattr(doors, "open_desk", set_desk(writes=True))
    monkeypatch.setattr(closing, "close", set_cluster(opened=False))
    monkeypatch.setattr(closing, "open_again", set_cluster(opened=True))
    server = SimpleNamespace(dump=lambda to: to.write_bytes(DESK_DUMP), ask=lambda _: "")
    monkeypatch.setattr(database, "of", lambda _: server)
    monkeypatch.setattr(links, "sample", lambda *_: ("https://blogs.sample.example/",))
    monkeypatch.setattr(links, "check", lambda *_: (1, 0))
    monkeypatch.setattr(links, "lead_on", lambda *_: 0)
    whole = listed

    def digested(folder: str, names: tuple[str, ...], **how: bool) -> dict[str, list[object]]:
        return {path: [*told[:2], DIGEST if how["whole"] else ""] if told else [] for path, told in whole(folder, names, **how).items()}

    monkeypatch.setattr(perform, "listed", digested)
    return made


def move(world: World) -> Move:
    def anew(_why: str, _say: object) -> None:
        world.step("services")

    deployment = SimpleNamespace(folder=world.folder / "kept", interrupted=False)
    platform = SimpleNamespace(deployment=deployment, held=SimpleNamespace(store=lambda _: None), services_anew=anew)
    return Move(Deployment(SAMPLE, world.folder / "pilot"), cast("Platform", platform), cast("There", FakeThere(world)), lambda _: None)


def begun(world: World, **changes: Any) -> Promotion:  # noqa: ANN401 - of a promotion
    return perform.begin(move(world), BEGUN.model_copy(update=changes))


def secrets_of(world: World) -> set[str]:
    return {(world.folder / "kept" / "secrets" / name).read_text() for name in perform.SECRETS}


def moved(world: World) -> bool:
    return (world.tables[""], world.files[""], world.desk_writes, world.cluster_open, secrets_of(world)) == (DESK, DESK, False, True, {DESK})


def as_before(world: World) -> bool:
    return (world.tables, world.files, world.desk_writes, world.cluster_open, secrets_of(world)) == ({"": OWN}, {"": OWN}, True, True, {OWN})


def test_the_desk_is_closed_before_the_dump_and_stays_closed(world: World) -> None:
    outcome = carry_out(move(world), begun(world))
    assert world.did == [
        "services",
        "copy files",
        "desk closed",
        "load",
        "copy files",
        "cluster closed",
        "tables _arriving",
        "files _arriving",
        "cluster open",
    ]
    assert moved(world)
    assert (outcome.promotion.phase, outcome.links) == ("moved", 1)
    assert outcome.promotion.counts["posts, pages and their revisions"] == 1
    kept = journal.read(world.folder / "kept")
    assert kept
    assert (kept.phase, kept.key) == ("moved", "")


@pytest.mark.parametrize("step", range(9))
def test_killed_at_any_step_the_same_command_completes_it(world: World, step: int) -> None:
    world.kill_at = step
    with pytest.raises(Killed):
        carry_out(move(world), begun(world))
    left = journal.read(world.folder / "pilot")
    assert left
    assert left.phase in {"prepare", "copy", "swap"}
    carry_out(move(world), left)
    assert moved(world)


@pytest.mark.parametrize("step", range(9))
def test_killed_at_any_step_it_can_be_taken_back(world: World, step: int) -> None:
    world.kill_at = step
    with pytest.raises(Killed):
        carry_out(move(world), begun(world))
    left = journal.read(world.folder / "pilot")
    assert left
    take_back(move(world), left)
    assert as_before(world)
    assert journal.read(world.folder / "pilot") is None
    assert journal.read(world.folder / "kept") is None


def test_what_arrives_otherwise_is_taken_back_and_people_write_on_the_desk(world: World) -> None:
    world.wrong = True
    with pytest.raises(PlanError, match=r"table blogs\.wp_posts has other content"):
        carry_out(move(world), begun(world))
    assert as_before(world)
    assert journal.read(world.folder / "pilot") is None


def test_a_rehearsal_closes_no_desk_and_leaves_nothing_but_its_measure(world: World) -> None:
    carry_out(move(world), begun(world, rehearsal=True))
    assert not any("desk" in what for what in world.did)
    assert as_before(world)
    assert journal.rehearsed(world.folder / "pilot") is not None
    assert journal.read(world.folder / "pilot") is None


def test_taken_back_what_was_written_since_lies_in_files(world: World) -> None:
    outcome = carry_out(move(world), begun(world))
    back = take_back(move(world), outcome.promotion)
    assert as_before(world)
    assert (Path(back.left) / "tables.sql.gz").read_text() == DESK


@pytest.mark.parametrize("step", range(9, 15))
def test_taking_back_is_completed_wherever_it_was_killed(world: World, step: int) -> None:
    outcome = carry_out(move(world), begun(world))
    world.kill_at = step
    with pytest.raises(Killed):
        take_back(move(world), outcome.promotion)
    left = journal.read(world.folder / "pilot")
    assert left
    assert left.phase == "back"
    take_back(move(world), left)
    assert as_before(world)


def test_confirmed_the_desk_stays_closed_and_what_was_there_before_is_gone(world: World) -> None:
    outcome = carry_out(move(world), begun(world))
    confirmed = confirm(move(world), outcome.promotion)
    assert moved(world)
    assert BEFORE not in world.tables
    assert AFTER not in world.tables
    assert confirmed.promotion.phase == "confirmed"
    assert not (world.folder / "kept" / perform.OWN).exists()
