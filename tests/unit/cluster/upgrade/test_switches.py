"""Refusing writes at the front doors of a cluster: their real scripts, with an engine whose front doors answer as HAProxy's master does."""

import os
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from infra.cluster import session
from infra.cluster.upgrade import switches
from infra.cluster.upgrade.switches import Switch
from infra.deployment import Deployment
from infra.inventory.connect import Reach
from infra.upgrade import writes
from runtime.errors import PlanError
from runtime.printer import quiet
from runtime.run import Completed
from tests.unit.cluster.test_condition import there
from tests.unit.sample_plan import SAMPLE

# What is in force lies in the file "map", one line for each key; "old" holds for how many questions an earlier request goes on.
ENGINE = r"""#!/bin/sh
cd "$UNDERDESK_DOOR" || exit 1
case $1 in
ps) [ ! -e stopped ] || exit 0; echo 0123abcd ;;
exec)
  [ "$*" = "exec -i 0123abcd true" ] && exit 0
  [ "$4" = socat ] || { echo "unknown: $*" >&2; exit 1; }
  read -r command
  echo "$command" >>asked
  case $command in
  "show proc") printf '#<PID> <type>\n7 master 0\n11 worker 0\n12 worker 1\n' ;;
  "@!11 set map"*) [ -e deaf ] || sed -i "s/^writes .*/writes ${command##* }/" map ;;
  "@!11 add map"*) echo "pass ${command##* }" >>map ;;
  "@!11 del map"*) sed -i /^pass/d map ;;
  "@!"*" show map"*) cat map ;;
  "@!11 show sess older"*) left=$(cat old); [ "$left" -eq 0 ] || { echo $((left - 1)) >old; echo "0x1: frontend=https"; } ;;
  esac ;;
*) echo "unknown: $*" >&2; exit 1 ;;
esac
"""


class Hosts:
    """Two hosts of front doors, each a folder; their scripts run here."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.lost = ""
        engine = folder / "bin" / "docker"
        engine.parent.mkdir()
        engine.write_text(ENGINE)
        engine.chmod(stat.S_IRWXU)
        self.doors: list[Switch] = []
        cluster = there(folder).cluster
        for name in ("node-1", "node-2"):
            place = folder / name
            file = place / writes.FILE
            file.parent.mkdir(parents=True)
            file.write_text("writes open\n")
            file.chmod(0o640)
            (place / "map").write_text("writes open\n")
            (place / "old").write_text("0")
            self.doors.append(Switch(Deployment(SAMPLE, folder, on_hosts=place), cluster.reach[name], folder))
        for module in (session, switches):
            monkeypatch.setattr(module, "administer", self._administer)

    def in_force(self) -> list[str]:
        """What each front door has in force."""
        return [(door.deployment.place / "map").read_text() for door in self.doors]

    def _administer(self, reach: Reach, _folder: Path, script: str, stdin: str = "", *, limit_s: float = 90) -> Completed:
        if reach.name == self.lost:
            return Completed(255, "", "ssh: connect to host: Connection timed out")
        environment = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "UNDERDESK_DOOR": str(self.folder / reach.name)}
        done = subprocess.run(["sh", "-c", script], input=stdin, capture_output=True, text=True, check=False, timeout=limit_s, env=environment)
        return Completed(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hosts:
    return Hosts(tmp_path, monkeypatch)


def refuse(doors: Sequence[Switch]) -> None:
    writes.refuse(doors, "a-key", 20, quiet)


def test_every_front_door_refuses_and_takes_writes_again_at_once_and_after_a_start(hosts: Hosts) -> None:
    refuse(hosts.doors)
    assert hosts.in_force() == ["writes refused\npass a-key\n"] * 2
    assert [door.kept() for door in hosts.doors] == hosts.in_force()
    assert {stat.S_IMODE((door.deployment.place / writes.FILE).stat().st_mode) for door in hosts.doors} == {0o640}
    writes.allow(hosts.doors)
    assert hosts.in_force() == [door.kept() for door in hosts.doors] == ["writes open\n"] * 2


def test_a_front_door_that_does_not_run_finds_it_in_its_file(hosts: Hosts) -> None:
    (hosts.doors[1].deployment.place / "stopped").touch()
    refuse(hosts.doors)
    assert hosts.in_force() == ["writes refused\npass a-key\n", "writes open\n"]
    assert writes.refused(hosts.doors[1])


def test_requests_that_came_before_are_waited_for_at_every_front_door(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writes, "PAUSE_S", 0)
    (hosts.doors[1].deployment.place / "old").write_text("2")
    refuse(hosts.doors)
    asked = (hosts.doors[1].deployment.place / "asked").read_text().splitlines()
    assert sum("@!11 show sess older" in line for line in asked) == 3


def test_a_front_door_that_goes_on_letting_people_write_is_said(hosts: Hosts) -> None:
    (hosts.doors[1].deployment.place / "deaf").touch()
    with pytest.raises(PlanError, match="front door on node-2: the front door does not take the switch"):
        refuse(hosts.doors)


def test_a_host_that_does_not_answer_is_said(hosts: Hosts) -> None:
    hosts.lost = "node-2"
    with pytest.raises(PlanError, match="front door on node-2: ssh: connect to host: Connection timed out"):
        refuse(hosts.doors)


def test_one_that_is_lost_keeps_nobody_from_writing_at_the_others(hosts: Hosts) -> None:
    refuse(hosts.doors)
    hosts.lost = "node-1"
    with pytest.raises(PlanError, match="front door on node-1"):
        writes.allow(hosts.doors)
    assert hosts.in_force()[1] == "writes open\n"
