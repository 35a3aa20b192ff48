"""Fewer cores, other replicas, and everything back: whatever happens, and never by guess."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests import spaces
from loadtests.scale import confine, cores, door, engine
from loadtests.scale.engine import Container
from runtime.errors import PlanError
from sizing.plan import Plan
from tests.unit.loadtests.remembered import RememberedDeployment
from tests.unit.loadtests.steady.peaks import plan

BOTH, FIRST = (0, 1), (0,)


@dataclass
class Engine:
    """An engine that only remembers; a service named in ``stuck`` takes no cores."""

    there: dict[str, Container] = field(default_factory=dict)
    wanted: dict[str, int] = field(default_factory=dict)
    journal: Path = Path("/nowhere")
    stuck: str = ""
    journal_was_there: list[bool] = field(default_factory=list)
    down: bool = False

    def containers(self, _: object) -> tuple[Container, ...]:
        if self.down:
            raise PlanError("the container engine does not answer")
        return tuple(self.there.values())

    def confine(self, ids: Iterable[str], on: Iterable[int]) -> None:
        self.journal_was_there.append(self.journal.exists())
        for one in ids:
            if self.there[one].service != self.stuck:
                self.there[one] = replace(self.there[one], cores=tuple(on))

    def replicas(self, _: object, services: Iterable[str]) -> dict[str, int]:
        return {name: self.wanted[name] for name in services}

    def scale(self, _: object, wanted: dict[str, int]) -> None:
        self.journal_was_there.append(self.journal.exists())
        self.wanted |= wanted
        for name, many in wanted.items():
            mine = [one for one in self.there.values() if one.service == name]
            for number in range(len(mine), many):
                self.start(f"{name}.{number}", name)
            for one in mine[many:]:
                del self.there[one.id]

    def start(self, name: str, service: str, on: tuple[int, ...] = BOTH) -> None:
        self.there[name] = Container(name, service, healthy=True, cores=on)

    def servers(self, *_: object) -> dict[str, door.Servers]:
        return door.servers(self.status())

    def status(self) -> str:
        """What the front door says."""
        rows = [f"{role},{role}-{number},{'UP' if number <= self.wanted[f'pilot-{role}'] else 'MAINT'}" for role in door.ROLES for number in (1, 2, 3, 4)]
        return "\n".join(["# pxname,svname,status", "blogs,BACKEND,UP", *rows])

    def state(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        return {one.id: (one.service, one.cores) for one in self.there.values()}


def with_replicas(plan: Plan, many: int) -> Plan:
    """The plan with so many replicas of blogs and wiki."""
    limits = plan.limits
    told = {role: getattr(limits, role).model_copy(update={"replicas": many}) for role in ("blogs", "wiki")}
    return plan.model_copy(update={"limits": limits.model_copy(update=told)})


@dataclass
class Desk(RememberedDeployment):
    """A deployment whose front door tells its servers."""

    engine: Engine = field(default_factory=Engine)

    @property
    def plan(self) -> Plan:
        return with_replicas(plan().model_copy(update={"platform": super().plan.platform}), 1)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(tmp_path / "pilot")
    made.engine.journal = confine.file_of(made)
    for role in ("frontdoor", "database", "blogs", "wiki"):
        made.engine.start(role, f"pilot-{role}")
        made.engine.wanted[f"pilot-{role}"] = 1
    for name in ("containers", "confine", "replicas", "scale", "servers"):
        monkeypatch.setattr(engine, name, getattr(made.engine, name))
    monkeypatch.setattr(confine, "PAUSE_S", 0.0)
    monkeypatch.setattr(confine, "SETTLE_S", 0.0)
    return made


def test_every_container_is_kept_to_the_first_cores_and_may_use_all_again_afterwards(desk: Desk) -> None:
    before = desk.engine.state()
    mine, _ = confine.to_cores(desk, confine.begin(desk), 1)
    assert mine == FIRST
    assert {one.cores for one in desk.engine.there.values()} == {FIRST}
    assert confine.held(desk, list(desk.engine.there), mine) == ()
    assert confine.put_back(desk) == ()
    assert desk.engine.state() == before
    assert not confine.left(desk)
    assert all(desk.engine.journal_was_there)


def test_a_container_that_had_fewer_cores_before_gets_those_and_no_more(desk: Desk) -> None:
    desk.engine.start("database", "pilot-database", (1,))
    before = desk.engine.state()
    confine.to_cores(desk, confine.begin(desk), 1)
    assert confine.put_back(desk) == ()
    assert desk.engine.state() == before


def test_a_container_that_was_started_meanwhile_makes_the_step_invalid(desk: Desk) -> None:
    mine, journal = confine.to_cores(desk, confine.begin(desk), 1)
    ids = list(desk.engine.there)
    del desk.engine.there["blogs"]
    desk.engine.start("blogs again", "pilot-blogs")
    assert confine.held(desk, ids, mine) == ("pilot-blogs was started anew meanwhile",)
    confine.to_cores(desk, journal, 1)
    assert confine.held(desk, list(desk.engine.there), mine) == ()
    assert confine.put_back(desk) == ()
    assert {one.cores for one in desk.engine.there.values()} == {BOTH}


def test_a_container_that_takes_no_cores_or_ends_is_said(desk: Desk) -> None:
    desk.engine.stuck = "pilot-wiki"
    mine, _ = confine.to_cores(desk, confine.begin(desk), 1)
    ids = list(desk.engine.there)
    assert confine.held(desk, ids, mine) == ("a container of pilot-wiki was not kept to core 0",)
    del desk.engine.there["wiki"]
    assert confine.held(desk, ids, mine) == ("a container ended meanwhile",)


def test_replicas_are_waited_for_and_come_back(desk: Desk) -> None:
    before = desk.engine.state()
    journal = confine.to_replicas(desk, confine.begin(desk), 3)
    assert {desk.engine.wanted[f"pilot-{role}"] for role in door.ROLES} == {3}
    assert (journal.scaled, desk.engine.wanted["pilot-database"]) == ((3,), 1)
    assert confine.put_back(desk) == ()
    assert desk.engine.state() == before
    assert all(desk.engine.journal_was_there)


def test_a_kill_between_two_steps_of_replicas_leaves_nothing_either(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.engine.state()
    journal, scale = confine.to_replicas(desk, confine.begin(desk), 2), desk.engine.scale
    monkeypatch.setattr(engine, "scale", lambda *_: None)  # it is written down that there shall be three, and then the kill comes
    with pytest.raises(PlanError):
        confine.to_replicas(desk, journal, 3)
    monkeypatch.setattr(engine, "scale", scale)
    assert confine.put_back(desk) == ()
    assert desk.engine.state() == before


def test_replicas_that_never_serve_are_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "scale", lambda *_: None)
    with pytest.raises(PlanError, match="pilot-blogs: 1 of 2 are healthy, the front door sends to 1"):
        confine.to_replicas(desk, confine.begin(desk), 2)


def test_replicas_that_a_deploy_has_changed_since_stay(desk: Desk) -> None:
    confine.to_replicas(desk, confine.begin(desk), 3)
    desk.engine.scale(desk, {"pilot-blogs": 2, "pilot-wiki": 2})
    assert confine.put_back(desk) == ()
    assert desk.engine.wanted["pilot-blogs"] == 2


def test_replicas_that_were_deployed_since_stay_also_where_the_test_had_as_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    confine.to_replicas(desk, confine.begin(desk), 2)
    deployed = with_replicas(desk.plan, 2)
    monkeypatch.setattr(Desk, "plan", property(lambda _: deployed))
    assert confine.put_back(desk) == ()
    assert desk.engine.wanted["pilot-blogs"] == 2


def test_what_a_killed_test_left_comes_back_with_the_next_one(desk: Desk) -> None:
    before = desk.engine.state()
    confine.to_cores(desk, confine.begin(desk), 1)
    with pytest.raises(PlanError, match="still as an interrupted test has set them"):
        confine.begin(desk)
    assert "cores and replicas are as they were before an interrupted test" in spaces.clean(desk)
    assert desk.engine.state() == before
    assert not confine.left(desk)
    assert spaces.clean(desk) == ()


def test_what_cannot_be_brought_back_is_said_and_tried_again(desk: Desk) -> None:
    confine.to_cores(desk, confine.begin(desk), 1)
    desk.engine.down = True
    assert "does not answer" in confine.cleaned(desk)[0]
    desk.engine.down, desk.engine.stuck = False, "pilot-wiki"
    assert "pilot-wiki may not use the cores" in confine.cleaned(desk)[0]
    assert confine.left(desk)
    desk.engine.stuck = ""
    assert confine.put_back(desk) == ()


def test_a_damaged_journal_changes_nothing_and_is_said(desk: Desk) -> None:
    confine.begin(desk)
    confine.file_of(desk).write_text("{", encoding="utf-8")
    assert "is damaged" in confine.cleaned(desk)[0]
    assert desk.engine.journal_was_there == []


def test_where_nothing_runs_nothing_is_begun(desk: Desk) -> None:
    desk.engine.there.clear()
    with pytest.raises(PlanError, match="no container runs"):
        confine.begin(desk)
    assert not confine.left(desk)


def test_the_front_door_tells_its_places_and_who_is_up() -> None:
    text = "# pxname,svname,status\nblogs,blogs-1,UP\nblogs,blogs-2,MAINT (resolution)\nblogs,BACKEND,UP\nwiki,wiki-1,UP 1/2\nwiki,wiki-2,DOWN\n"
    assert door.servers(text) == {"blogs": door.Servers(2, 1), "wiki": door.Servers(2, 1)}
    assert door.servers("") == {"blogs": door.Servers(0, 0), "wiki": door.Servers(0, 0)}


@given(st.sets(st.integers(0, 300)))
def test_a_list_of_cores_is_read_as_it_was_written(numbers: set[int]) -> None:
    assert cores.parsed(cores.told(numbers)) == tuple(sorted(numbers))


def test_lists_of_cores_are_the_kernels() -> None:
    assert cores.parsed("0-2,5\n") == (0, 1, 2, 5)
    assert cores.told((5, 1, 0, 2)) == "0-2,5"
    assert cores.allowed(1)
    with pytest.raises(OSError, match="No such file"):
        cores.allowed(2**30)
