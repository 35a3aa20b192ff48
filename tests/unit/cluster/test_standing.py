"""What is known of a cluster from its inventory alone: who answers, what each holds, which plan is in force."""

import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from infra.cluster import standing as standing_
from infra.cluster.carry import kept
from infra.cluster.carry.kept import Kept
from infra.cluster.seen import tells as tells_
from infra.cluster.seen.tells import Tells, Told, ask, program
from infra.cluster.standing import Standing, standing
from infra.inventory.connect import reaches
from runtime.errors import PlanError
from tests.unit.inventory_examples import equal, fake_ssh, inventory

EVERYTHING = ["frontdoor", "pagecache", "web", "database", "files", "manager"]
ROLES = {f"node-{number}": EVERYTHING[1 if number == 3 else 0 :] for number in (1, 2, 3)}
RECORD = json.dumps({"applied_at": "2026-11-02", "roles": {**ROLES, "node-9": ["web"]}, "hosts": {**dict.fromkeys(ROLES, ""), "node-9": ""}})
LOST = PlanError("does not answer", where="node", hint="is it up?")


def told(number: int, **changes: Any) -> Told:  # noqa: ANN401 - of each its own
    mark = json.dumps({"cluster": "hq", "roles": ROLES.get(f"node-{number}", [])}) if number in {1, 2, 3} else ""
    swarm = {"state": "active", "manages": True, "answers": True}
    sizes = {"memory_bytes": 100, "memory_free_bytes": 50, "disk_bytes": 100, "disk_free_bytes": 50}
    return Told.model_validate_json(
        json.dumps({"mark": mark, "record": RECORD, "kept": ["sample"], "deploying": "", "addresses": [], "swarm": swarm, "tasks": {}, **sizes, **changes})
    )


def found(there: Tells, folder: Path, hosts: int = 3, name: str = "") -> Standing:
    return standing(inventory(hosts), there, folder, name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the deployment's folder is, as managers have it."""
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "plan.json").write_text(equal(3).model_dump_json())
    monkeypatch.setattr(kept, "glimpse", lambda _keepers, _folder: Kept(tmp_path / "sample", "1-a"))
    return tmp_path


def test_the_program_says_how_this_machine_is_and_who_holds_it(tmp_path: Path) -> None:
    claim, place = tmp_path / "claim", tmp_path / "sample" / "kept"
    place.mkdir(parents=True)
    (place / "0000000001-a").touch()
    (tmp_path / "claim.who").write_text("anna on pc\n")
    asked = program(reaches(inventory(1))[0]).replace("/run/underdesk-deploy", str(claim)).replace('"/var/lib/underdesk"', f'"{tmp_path}"')
    asked = asked.replace("10.20.0.11", "127.0.0.1")

    def said() -> Told:
        done = subprocess.run([sys.executable, "-I", "-"], input=asked, capture_output=True, text=True, check=True, timeout=60, env={"PATH": "/nowhere"})
        return Told.model_validate_json(done.stdout)

    assert said().kept == ("sample",)
    with claim.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert said().deploying == "anna on pc"
    assert said().deploying == ""
    assert 0 < said().memory_free_bytes <= said().memory_bytes
    assert said().swarm is None


def test_who_does_not_answer_is_lost_with_the_reason_and_the_others_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    says = f"cat >/dev/null; echo {json.dumps(told(1).model_dump_json())}"
    with TemporaryDirectory(prefix="underdesk-") as made:
        place = Path(made)
        dead = "echo 'ssh: connect to host 10.20.0.12 port 22: No route to host' >&2; exit 255"
        monkeypatch.setenv("PATH", fake_ssh(place / "bin", {"10.20.0.11": says, "10.20.0.12": dead, "10.20.0.13": "echo nonsense"}))
        heard = ask({one.name: one for one in reaches(inventory(3))}, place)
    assert sorted(heard.told) == ["node-1"]
    assert "no way leads there" in heard.lost["node-2"].message
    assert "answers something else" in heard.lost["node-3"].message


def test_nobody_waits_longer_for_a_host_that_is_silent_than_was_agreed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tells_, "LOOK_S", 0.5)
    with TemporaryDirectory(prefix="underdesk-") as made:
        monkeypatch.setenv("PATH", fake_ssh(Path(made) / "bin", {"10.20.0.11": "exec sleep 60"}))
        heard = ask({one.name: one for one in reaches(inventory(1))}, Path(made))
    assert "does not answer" in heard.lost["node-1"].message


def test_the_plan_and_who_holds_what_come_from_the_managers(folder: Path) -> None:
    there = found(Tells({f"node-{n}": told(n) for n in (1, 2, 3)}, {}), folder)
    assert there.cluster.plan == equal(3)
    assert there.cluster.placement.hosts("frontdoor") == ("node-1", "node-2")
    assert there.cluster.placement.survives == "any one host"
    assert (there.manager, there.most, there.strangers, there.gone) == ("node-1", True, (), ("node-9",))
    assert str(there.deployment.on_hosts) == "/var/lib/underdesk/sample"


def test_a_host_that_is_lost_holds_what_was_written_down_of_it(folder: Path) -> None:
    there = found(Tells({"node-2": told(2), "node-3": told(3)}, {"node-1": LOST}), folder)
    assert there.cluster.lost == {"node-1"}
    assert list(there.cluster.answering) == ["node-2", "node-3"]
    assert there.cluster.placement.hosts("manager") == ("node-1", "node-2", "node-3")
    assert (there.manager, there.most) == ("node-2", True)


def test_two_lost_of_three_leave_a_plan_that_may_be_old_and_no_manager(folder: Path) -> None:
    silent = told(3, swarm={"state": "active", "manages": True, "answers": False})
    there = found(Tells({"node-3": silent}, {"node-1": LOST, "node-2": LOST}), folder)
    assert (there.manager, there.most) == ("", False)


def test_a_host_that_is_new_in_the_inventory_is_no_part_of_what_stands(folder: Path) -> None:
    there = found(Tells({f"node-{n}": told(n) for n in (1, 2, 3, 4)}, {}), folder, hosts=4)
    assert there.strangers == ("node-4",)
    assert "node-4" not in there.cluster.reach


@pytest.mark.parametrize(
    ("there", "name", "said"),
    [
        (Tells({"node-1": told(1, kept=[])}, {}), "", "nothing is deployed on this cluster"),
        (Tells({"node-1": told(1, kept=["one", "two"])}, {}), "", "several deployments are here: one, two"),
        (Tells({"node-1": told(1)}, {}), "other", "no deployment is called other"),
        (Tells({"node-1": told(1, kept=[])}, {"node-2": LOST}), "", "no manager answers that knows what is deployed"),
    ],
)
def test_where_no_plan_is_in_force_the_reason_is_said(folder: Path, there: Tells, name: str, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        found(there, folder, name=name)


def test_of_two_hosts_the_other_one_may_serve_meanwhile(folder: Path) -> None:
    with pytest.raises(PlanError) as problem:
        found(Tells({"node-2": told(2, kept=[])}, {"node-1": LOST}), folder, hosts=2)
    assert "plan failover --inventory" in problem.value.hint


def test_a_platform_that_was_removed_is_said_to_be(folder: Path) -> None:
    (folder / "sample" / "plan.json").rename(folder / "sample" / "plan.removed.json")
    with pytest.raises(PlanError, match="was removed from this cluster; its data stays"):
        found(Tells({"node-1": told(1)}, {}), folder)


def test_a_first_deploy_that_did_not_end_shows_its_plan(folder: Path) -> None:
    (folder / "sample" / "plan.json").rename(folder / "sample" / "plan.pending.json")
    assert found(Tells({"node-1": told(1)}, {}), folder).deployment.interrupted


def test_whoever_changes_needs_every_host(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost: Callable[[Any, Path], Tells] = lambda _reaches, _folder: Tells({"node-2": told(2), "node-3": told(3)}, {"node-1": LOST})  # noqa: E731
    monkeypatch.setattr(standing_, "ask", lost)
    monkeypatch.setattr(standing_, "read", lambda _path: inventory(3))
    monkeypatch.setattr(standing_, "wrong_files", lambda _inventory: ([], []))
    monkeypatch.setattr(standing_, "at_work", lambda _cluster: pytest.fail("the cluster was held"))
    shutil.copy(folder / "sample" / "plan.json", tmp_path)
    with pytest.raises(PlanError, match="does not answer"), standing_.changing(Path("cluster.yaml")):
        pass
