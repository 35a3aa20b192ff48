"""How a cluster is said to be, from what its hosts and its engine tell."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra import live
from infra.cluster.cluster import Cluster
from infra.cluster.keep import restoring
from infra.cluster.platform import of
from infra.cluster.playing import Change
from infra.cluster.seen import condition as condition_
from infra.cluster.seen import looks
from infra.cluster.seen import told as told_
from infra.cluster.seen.condition import condition, holders, members
from infra.cluster.seen.headroom import connections, rooms, writer
from infra.cluster.seen.looks import Looked, Running
from infra.cluster.seen.losses import losses
from infra.cluster.seen.tells import Tells, Told
from infra.cluster.settle import Count
from infra.cluster.standing import Standing
from infra.cluster.upgrade import renewal
from infra.cluster.verify.platform import Shortfall
from infra.inventory.assign import Question, place
from infra.keep import backup, memory
from infra.topology import Service
from infra.upgrade.journal import Journal
from infra.version import Version
from runtime.errors import PlanError
from tests.unit.cluster.test_standing import LOST, RECORD, told
from tests.unit.inventory_examples import by_role, equal, inventory

DOOR = (
    "Name: HAProxy\n\n# pxname,svname,scur,sid\nhttps,FRONTEND,40,0\nhttp,FRONTEND,2,0\norigin,FRONTEND,7,0\n"
    "database,node-1,0,1\ndatabase,node-2,3,2\n\n"
    "# table: database, type: integer, size:100, used:1\n0x1: key=1 use=0 exp=0 shard=0 server_id=2 server_key=x\n\n"
)
SERVES = {"health": "serves", "Threads_connected": "5", "wsrep_local_state_comment": "Synced"}
MOVING = "10.20.0.10"


def cluster(count: int = 3, *lost: str, roles: bool = False) -> Cluster:
    plan, found = by_role() if roles else equal(count), inventory(12 if roles else count)
    return Cluster(plan, found, place(Question(found, plan)), frozenset(lost))


@pytest.fixture(autouse=True)
def nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are no hosts."""
    monkeypatch.setattr(told_, "differences", lambda *_: ([], []))


def there(folder: Path, *lost: str, **changes: Any) -> Standing:  # noqa: ANN401 - what a host tells
    of_hosts = cluster(3, *lost)
    answering = {name: told(number, **changes) for number, name in enumerate(of_hosts.reach, 1) if name not in lost}
    return Standing(of_hosts.inventory, of_hosts, folder, of(of_hosts, folder), Tells(answering, dict.fromkeys(lost, LOST)), json.loads(RECORD))


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (cluster(), []),
        (
            cluster(3, "node-1"),
            [
                "front door: 1 of 2 left: people come in by node-2",
                "page cache: 2 of 3 left (node-2, node-3)",
                "web: 2 of 3 left (node-2, node-3)",
                "database: 2 of 3 left: writes go on",
                "files: 2 of 3 left: uploads go on",
                "manager: 2 of 3 left: what stops is started elsewhere",
                "metrics: 0 of 1 left: nothing is measured meanwhile",
            ],
        ),
        (
            cluster(3, "node-1", "node-2"),
            [
                "front door: 0 of 2 left: nobody reaches the platform",
                "page cache: 1 of 3 left (node-3)",
                "web: 1 of 3 left (node-3)",
                "database: 1 of 3 left: nothing is written until most of them are back",
                "files: 1 of 3 left: no upload is taken until more of them are back",
                "manager: 1 of 3 left: what runs goes on, nothing is started anew until most are back",
                "metrics: 0 of 1 left: nothing is measured meanwhile",
            ],
        ),
        (cluster(3, "node-12", roles=True), ["front door: 1 of 2 left: people come in by node-11"]),
    ],
)
def test_what_is_lost_with_a_host_and_what_goes_on_without_it_is_said(of: Cluster, said: list[str]) -> None:
    assert losses(of) == said


def test_of_two_hosts_the_copy_takes_over_by_nobody_and_files_go_on() -> None:
    found = "\n".join(losses(cluster(2, "node-1")))
    assert "database: 1 of 2 left, and no other takes over by itself: 'plan failover --inventory'" in found
    assert "files: 1 of 2 left: uploads go on" in found


def test_what_a_front_door_says_is_read() -> None:
    assert (connections(DOOR), writer(DOOR)) == (42, "node-2")
    assert (connections(""), writer(""), writer(DOOR.replace("server_id=2", "server_id=0"))) == (0, "", "")


def test_room_is_told_of_memory_disk_and_connections_and_little_of_it_is_seen() -> None:
    one = told(
        1, database={**SERVES, "Threads_connected": "50"}, door=DOOR, tasks={"sample-blogs": 2, "other-mail": 1}, memory_bytes=4 * 1024**3, disk_free_bytes=10
    )
    found = {room.what: room for room in rooms(cluster(), {"node-1": one, "stranger": one}, {"blogs": 1024, "mail": 512})}
    assert found["memory that its services may take"].taken == pytest.approx((2 * 1024 + 769) / 1024)
    assert [room.what for room in found.values() if room.tight] == ["memory in use", "disk", "connections of the database"]
    assert str(found["connections of the database"]) == "node-1: connections of the database: 50 of 53 (94%)"
    assert found["connections of the front door"].share == pytest.approx(42 / 1019)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (SERVES, ""),
        ({**SERVES, "health": "is behind the other members (Joined)"}, "is behind the other members (Joined)"),
        ({**SERVES, "health": ""}, "front doors are not told how it is (Synced)"),
        ({"health": ""}, "does not answer"),
        (None, "does not answer"),
    ],
)
def test_a_member_of_the_database_is_as_it_says_itself(said: Mapping[str, str] | None, state: str) -> None:
    found = members(cluster(3, "node-3"), {"node-1": told(1, database=said), "node-2": told(2, database=SERVES, door=DOOR)})
    assert found.members == {"node-1": state, "node-2": "", "node-3": "its host does not answer"}
    assert (found.mode, found.writers) == ("galera", ("node-2",))


def test_the_copy_of_a_database_takes_no_writes_and_is_well() -> None:
    copy = {**SERVES, "health": "the server takes no writes"}
    assert members(cluster(2), {"node-1": told(1, database=SERVES), "node-2": told(2, database=copy)}).members == {"node-1": "", "node-2": ""}
    assert members(cluster(3), {"node-1": told(1, database=copy)}).members["node-1"] == "the server takes no writes"
    assert list(members(cluster(2), {"node-1": told(1, database=SERVES), "node-2": told(2, database=copy)}).troubles) == []


def test_a_copy_without_a_primary_is_not_well_and_the_way_out_is_named() -> None:
    copy = {**SERVES, "health": "the server takes no writes"}
    found = list(members(cluster(2, "node-1"), {"node-2": told(2, database=copy)}).troubles)
    assert any("plan failover" in said for said in found)


def test_front_doors_that_write_to_different_members_are_said() -> None:
    other = DOOR.replace("server_id=2", "server_id=1")
    found = members(cluster(), {"node-1": told(1, door=DOOR), "node-2": told(2, door=other)})
    assert "front doors write to different members of the database: node-2 and node-1" in list(found.troubles)


def test_an_address_is_where_a_host_has_it() -> None:
    assert holders(cluster(), {"node-1": told(1), "node-2": told(2, addresses=[MOVING])}) == {MOVING: ("node-2",)}


def test_everything_well_is_said_so_and_nothing_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condition_, "look", lambda _there: Looked({"blogs": Running(3, 3)}))
    standing = there(tmp_path, database=SERVES, door=DOOR)
    standing = replace(standing, tells=Tells({**standing.tells.told, "node-1": _with(standing, "node-1")}, {}))
    found = condition(standing)
    assert (found.wrong, found.unwell, found.unseen) == ([], [], [])
    answer = json.loads(json.dumps(found.document()))
    assert answer["database"]["writers"] == ["node-2"]
    assert answer["addresses"] == {MOVING: ["node-1"]}
    assert answer["hosts"]["node-1"]["answers"]


def test_whatever_is_wrong_is_said_with_its_mend_and_lost_hosts_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Looked(
        {"blogs": Running(1, 3, ("node-2",), "no space")},
        [live.Drift("service", "wiki", "is gone")],
        [Change("node-2", "Write settings", ("/etc/a", "/etc/b"))],
        [Shortfall("node-3", "the firewall's rules in force are not those of the plan")],
        ["the services: why"],
    )
    monkeypatch.setattr(condition_, "look", lambda _there: seen)
    found = condition(there(tmp_path, "node-1", database=SERVES, addresses=[MOVING]))
    said = [f"{problem.message}" for problem in found.wrong]
    assert said == [
        "does not answer",
        "blogs: 1 of 3 run: no space",
        "database on node-1: its host does not answer",
        f"{MOVING} is on node-2 and node-3 at once",
        "node-3: the firewall's rules in force are not those of the plan",
        "3 differences from the last deploy",
        "not looked at: the services: why",
    ]
    assert all(problem.hint and problem.exit_code == 3 for problem in found.wrong)
    assert found.changed == ["service wiki: is gone", "node-2: Write settings: /etc/a", "node-2: Write settings: /etc/b"]
    assert json.dumps(found.document())


def test_what_keeps_people_from_writing_until_a_command_has_completed_it_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condition_, "look", lambda _there: Looked())
    renewal.note(tmp_path, Journal(started="2026-12-01", origin=1, to=Version(), phase="test", key="a-key"))
    restoring.note(tmp_path, restoring.Begun("/vault", "abc", restoring.CLOSED, "before-now"))
    wrong = {problem.message: problem.hint for problem in condition(there(tmp_path)).wrong if problem.exit_code == 3}
    assert "'plan upgrade --inventory' completes it" in wrong["nobody can write: an upgrade that changes tables has not ended"]
    assert "'plan restore --backup abc --inventory' completes it" in wrong["a restore of backup abc has not ended"]


def test_without_most_managers_hosts_say_what_runs_and_the_plan_may_be_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "shortfalls", lambda *_: [Shortfall("node-1", "is down in the swarm")])
    silent = {"state": "active", "manages": True, "answers": False}
    found = condition(there(tmp_path, "node-1", "node-2", swarm=silent, tasks={"sample-blogs": 1, "sample-mail": 1}))
    assert found.looked.services["blogs"] == Running(1, 3, ("node-3",))
    assert found.looked.services["mail"] == Running(1, 1, ("node-3",))
    assert found.looked.short == []
    assert [line.partition(":")[0] for line in found.unseen] == ["the plan in force", "the services", "what was changed on hosts"]


def test_a_host_that_is_lost_is_where_a_task_is_missing(tmp_path: Path) -> None:
    service = Service("blogs", "image", 33, (), 1, everywhere=True)
    found = looks._running(there(tmp_path, "node-1"), service, Count(2, 2, hosts=("node-2", "node-3"), said="old news"))
    assert found == Running(2, 3, ("node-2", "node-3"), "old news")
    alone = Service("mail", "image", 804, (), 1)
    assert looks._running(there(tmp_path, "node-1"), alone, Count(1, 1, hosts=("node-1",))) == Running(0, 1), "the swarm does not know it yet"
    whole = looks._running(there(tmp_path), service, Count(3, 3, "rollback_completed", "taken back once"))
    assert whole.well


def test_what_cannot_be_looked_at_keeps_nobody_from_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> list[Shortfall]:
        raise PlanError("was lost while it was verified", where="node-2")

    monkeypatch.setattr(looks, "shortfalls", lost)
    monkeypatch.setattr(told_, "differences", lambda *_: ([Change("node-1", "Write settings")], []))
    monkeypatch.setattr(looks, "_services", lambda _there: Looked({"blogs": Running(3, 3)}))
    monkeypatch.setattr(looks, "_NAMES", {**looks._NAMES, looks._services: looks.OF_SERVICES})
    found = looks.look(there(tmp_path))
    assert found.unseen == ["what is in force on hosts: node-2: was lost while it was verified"]
    assert (found.services["blogs"].running, len(found.hosts)) == (3, 1)


def _with(standing: Standing, name: str) -> Told:
    return standing.tells.told[name].model_copy(update={"addresses": (MOVING,)})


def test_what_failed_of_backups_is_wrong_also_when_nothing_of_the_deployment_is_here_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condition_, "look", lambda _there: Looked())
    standing = there(tmp_path / "sample", database=SERVES, door=DOOR)
    memory.failed(standing.deployment.folder / backup.LAST, datetime.now(UTC), "node-1: the disk is full")
    found = condition(standing)
    shutil.rmtree(standing.deployment.folder)
    assert found.document()["keep"]["backup"]["problem"] == "node-1: the disk is full"
    assert [one.hint for one in found.wrong if "the last backup failed" in one.message] == ["mend that, then run 'plan backup --inventory'"]
