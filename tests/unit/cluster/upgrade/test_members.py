"""Hosts of a cluster are updated one at a time: who leaves what, when it is booted, and that the next one waits until all is well."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.cluster.cluster import Cluster
from infra.cluster.platform import Platform
from infra.cluster.playing import Part
from infra.cluster.seen import condition, tells
from infra.cluster.seen.condition import Database
from infra.cluster.seen.tells import Tells
from infra.cluster.upgrade import leaving, members
from infra.cluster.upgrade.members import Members, Taken
from infra.cluster.upgrade.pending import OnHost, Pending
from infra.upgrade.updates import Update
from runtime.errors import PlanError
from runtime.run import Completed
from tests.unit.cluster.test_condition import cluster

HOLDER, WRITER = "node-1", "node-2"


class Scene:
    """Hosts of which nothing is real: what was asked of them, in order, and what is amiss meanwhile."""

    def __init__(self, of: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cluster, self.did, self.said = of, list[str](), list[str]()
        self.amiss: list[str] = []
        self.holder, self.writer, self.marks, self.away = HOLDER, WRITER, dict[str, str](), set[str]()
        self.old: dict[str, str] = {}
        self.availability = "active"
        self.boot_file: set[str] = set()
        self.not_back = ""
        self.problem: Callable[[str], None] = lambda _name: None
        for module in (leaving, members):
            monkeypatch.setattr(module, "administer", self._administer)
            monkeypatch.setattr(module, "PAUSE_S", 0)
        monkeypatch.setattr(members, "play", self._play)
        monkeypatch.setattr(members, "hang_up", lambda *_: None)
        monkeypatch.setattr(tells, "ask", lambda *_: Tells({}, {}))
        monkeypatch.setattr(condition, "holders", lambda *_: {"10.20.0.10": (self.holder,)})
        monkeypatch.setattr(condition, "members", lambda *_: Database("galera", {}, (self.writer,)))
        monkeypatch.setattr(Members, "_amiss", lambda _self: iter(self.amiss[:1]))
        self.members = Members(cast("Platform", SimpleNamespace(work=SimpleNamespace(cluster=of, folder=Path("/nowhere")))), self.said.append)

    def wish(self, **how: bool) -> Members:
        return Members(self.members.platform, self.said.append, **how)

    def _play(self, _cluster: object, _folder: object, _say: object, part: Part) -> list[Any]:
        host = part.variables["updates_host"]
        self.did.append(f"{host} takes {' '.join(part.variables['updates_packages'])}")
        self.problem(host)
        return []

    def _administer(self, reach: Any, _folder: object, script: str, *_: object, **__: object) -> Completed:  # noqa: ANN401 - a Reach
        name = reach.name
        for sign, what in self._answers(name).items():
            if sign in script:
                return Completed(0, what(script), "")
        raise AssertionError(f"{name}: {script}")

    def _answers(self, name: str) -> dict[str, Callable[[str], str]]:
        return {
            "docker info": lambda _: f"id-of-{name}\n",
            "docker node": lambda script: self._node(next(one for one in self.cluster.reach if script.endswith(f" id-of-{one}")), script),
            "docker ps": lambda _: "",
            "processlist": lambda _: "0\n",
            "reboot-required": lambda _: "boot\n" if name in self.boot_file else "",
            "needrestart": lambda _: self.old.get(name, ""),
            "underdesk-before-boot ]": lambda _: self._booted(name),
            "touch /run/underdesk-before-boot": lambda _: "",
            "systemctl --no-block reboot": lambda _: self._do(f"{name} boots"),
            "systemctl restart": lambda script: self._do(f"{name} {script.removeprefix('systemctl ')}"),
            "touch /run/underdesk-addresses/away": lambda _: self._gives(name),
            "touch /run/underdesk-database-leaves": lambda _: self._hands_over(name),
            "rm -f /run": lambda _: self._do(f"{name} takes part"),
            "grep -sx drained": lambda _: self.marks.get(name, ""),
            "echo drained": lambda _: self._mark(name, "drained\n"),
            "touch /var/lib/underdesk/leaves": lambda _: self._mark(name, ""),
            "rm -f /var": lambda _: self.marks.pop(name, "") and "",
        }

    def _booted(self, name: str) -> str:
        if name == self.not_back:
            raise PlanError("no way leads there", where=name)
        return ""

    def _node(self, name: str, script: str) -> str:
        return self.availability if "inspect" in script else self._do(f"{name} {'active' if 'active' in script else 'drained'}")

    def _gives(self, name: str) -> str:
        self.holder = "node-2" if name == self.holder else self.holder
        return self._do(f"{name} gives its address away")

    def _hands_over(self, name: str) -> str:
        self.writer = "node-3" if name == self.writer else self.writer
        return self._do(f"{name} hands writes over")

    def _mark(self, name: str, what: str) -> str:
        self.marks[name] = self.marks.get(name, "") + what
        return ""

    def _do(self, what: str) -> str:
        self.did.append(what)
        return ""


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(cluster(3), monkeypatch)


def on(*packages: str, security: bool = True, **more: Any) -> OnHost:  # noqa: ANN401 - of each field its own
    return OnHost(tuple(Update(package=name, old="1", new="2", security=security) for name in packages), **more)


def test_what_stops_nothing_is_taken_without_anybody_leaving(scene: Scene) -> None:
    done = scene.members.update({"node-3": on("tar")}, ["node-3"])
    assert done == {"node-3": Taken(("tar 1 -> 2 (security)",))}
    assert scene.did == ["node-3 takes tar=2", "node-3 takes part"]


def test_the_engines_update_moves_the_address_and_the_services_first_and_brings_the_host_back_after(scene: Scene) -> None:
    scene.members.update({"node-1": on("runc")}, ["node-1"])
    assert scene.did == ["node-1 gives its address away", "node-1 drained", "node-1 takes runc=2", "node-1 takes part", "node-1 active"]
    assert scene.marks == {}


def test_the_databases_update_moves_the_writer_first_and_leaves_services_alone(scene: Scene) -> None:
    scene.members.update({"node-2": on("mariadb-server")}, ["node-2"])
    assert scene.did == ["node-2 hands writes over", "node-2 takes mariadb-server=2", "node-2 takes part"]


def test_who_is_written_to_and_who_has_the_address_come_last(scene: Scene) -> None:
    found = {name: on("tar") for name in scene.cluster.reach}
    scene.members.update(found, list(found))
    assert [line.split()[0] for line in scene.did if " takes tar" in line] == ["node-3", "node-1", "node-2"]


def test_the_next_host_waits_until_all_is_well_and_stays_as_it_was_where_it_never_is(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "WHOLE_S", -1.0)
    monkeypatch.setattr(Members.wait_until_whole, "__defaults__", (-1.0,))
    scene.problem = lambda _name: scene.amiss.append("database on node-1: does not answer")
    found = {name: on("tar") for name in ("node-1", "node-3")}
    with pytest.raises(PlanError, match="node-3 did not come back: database on node-1"):
        scene.members.update(found, list(found))
    assert not any(line.startswith("node-1") for line in scene.did)


def test_a_cluster_that_is_not_whole_is_not_begun_with(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Members.wait_until_whole, "__defaults__", (-1.0,))
    scene.amiss = ["node-2 is down in the swarm"]
    with pytest.raises(PlanError, match="the cluster is not whole: node-2 is down"):
        scene.members.update({"node-3": on("tar")}, ["node-3"])
    assert scene.did == []


def test_a_kernel_boots_its_host_only_where_that_is_wanted(scene: Scene) -> None:
    found = {"node-3": on("linux-image-amd64")}
    assert not scene.members.update(found, ["node-3"])["node-3"].booted
    assert "is in use after a boot" in scene.said[-1]
    scene.did = []
    assert scene.wish(reboot=True).update(found, ["node-3"])["node-3"].booted
    order = ["node-3 hands writes over", "node-3 drained", "node-3 takes linux-image-amd64=2", "node-3 boots", "node-3 takes part", "node-3 active"]
    assert [line for line in scene.did if line in order] == order


def test_a_host_that_needs_a_boot_from_before_is_booted_without_any_update(scene: Scene) -> None:
    assert scene.wish(reboot=True).update({"node-3": on(boots=True)}, ["node-3"]) == {"node-3": Taken((), booted=True)}
    assert not any(" takes " in line and not line.endswith("part") for line in scene.did)


def test_what_an_update_turns_out_to_need_is_booted_after_everything_has_left(scene: Scene) -> None:
    scene.boot_file = {"node-3"}
    assert scene.wish(reboot=True).update({"node-3": on("tar")}, ["node-3"])["node-3"].booted
    assert scene.did.index("node-3 drained") < scene.did.index("node-3 boots")


def test_a_host_that_does_not_come_back_from_its_boot_is_said_and_the_others_are_as_they_were(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "BOOT_S", -1.0)
    scene.not_back = "node-3"
    found = {name: on("linux-image-amd64") for name in ("node-1", "node-3")}
    with pytest.raises(PlanError, match="node-3: does not come back from its boot: no way leads there") as problem:
        scene.wish(reboot=True).update(found, list(found))
    assert "nothing else was touched" in (problem.value.hint or "")
    assert not any(line.startswith("node-1") for line in scene.did)
    assert scene.marks["node-3"] == "drained\n", "nobody would bring it back"


def test_whom_an_interrupted_upgrade_has_left_out_of_work_is_brought_back_first(scene: Scene) -> None:
    scene.marks = {"node-3": "drained\n"}
    found = {"node-1": on("tar"), "node-3": on(leaves=True)}
    scene.members.update(found, list(found))
    assert scene.did[:3] == ["node-3 takes part", "node-3 active", "node-3 takes part"]
    assert scene.marks == {}


def test_a_node_that_was_drained_by_hand_stays_drained(scene: Scene) -> None:
    scene.availability = "drain"
    scene.members.update({"node-3": on("runc")}, ["node-3"])
    assert not any("drained" in line or "active" in line for line in scene.did)


def test_what_runs_the_code_of_before_is_started_again_when_others_do_its_work(scene: Scene) -> None:
    scene.old = {"node-2": "mariadb.service\nssh.service\n"}
    scene.members.update({"node-2": on("libssl3t64")}, ["node-2"])
    assert scene.did == ["node-2 takes libssl3t64=2", "node-2 hands writes over", "node-2 restart mariadb", "node-2 takes part"]


def test_all_updates_are_taken_only_where_that_is_wanted(scene: Scene) -> None:
    found = {"node-3": on("tar", security=False)}
    assert scene.members.update(found, ["node-3"])["node-3"].packages == ()
    assert scene.wish(every=True).update(found, ["node-3"])["node-3"].packages == ("tar 1 -> 2",)


def test_of_two_hosts_the_primary_is_not_moved_by_an_update(monkeypatch: pytest.MonkeyPatch) -> None:
    two = Scene(cluster(2), monkeypatch)
    two.members.update({"node-1": on("mariadb-server")}, ["node-1"])
    assert two.did == ["node-1 takes mariadb-server=2", "node-1 takes part"]


def test_one_host_alone_has_nobody_to_leave_its_work_to(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Scene(cluster(1), monkeypatch)
    one.members.update({"node-1": on("runc", "mariadb-server")}, ["node-1"])
    assert one.did == ["node-1 takes runc=2 mariadb-server=2", "node-1 takes part"]


@pytest.mark.parametrize(
    ("found", "every", "reboot", "turns"),
    [
        (on("tar"), False, False, True),
        (on("tar", security=False), False, False, False),
        (on("tar", security=False), True, False, True),
        (on(boots=True), False, False, False),
        (on(boots=True), False, True, True),
        (on(leaves=True), False, False, True),
        (on(old=("the database",)), False, False, True),
    ],
)
def test_a_host_has_its_turn_where_something_is_to_be_done(found: OnHost, *, every: bool, reboot: bool, turns: bool) -> None:
    there = Pending("", {}, {"node-1": found})
    assert bool(there.turns(every=every, reboot=reboot)) is turns
