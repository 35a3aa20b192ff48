"""A lab as IT has it: up, grown, reached by SSH, cut, killed, mended, and gone without a trace."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.unit.inventory_examples import equal

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
NAME = f"t{SLOT}lab"
ONE, TWO, THREE = (f"{NAME}{number}" for number in (1, 2, 3))
HOME = Path(f"/var/tmp/underdesk-{NAME}")  # noqa: S108 - the labs' folder beside it is made private
FOLDER = HOME.with_name(f"{HOME.name}-labs") / NAME
PLAN = Path(__file__).resolve().parents[2] / ".venv/bin/plan"
PINGS = 3


def plan(*arguments: str, code: int = 0) -> str:
    command = [str(PLAN), "lab", arguments[0], "--name", NAME, *arguments[1:]]
    done = subprocess.run(command, env={**os.environ, "UNDERDESK_HOME": str(HOME)}, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == code, done.stderr
    return done.stdout


def standing() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plan("status", "--json"))
    return found


def inside(host: str, *argv: str, code: int = 0) -> str:
    done = subprocess.run(["docker", "exec", f"underdesk-lab-{host}", *argv], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code, done.stderr
    return done.stdout


def ssh(host: str, *command: str) -> subprocess.CompletedProcess[str]:
    argv = ["ssh", "-F", str(FOLDER / "ssh_config"), "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", host, *command]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


def docker(*argv: str) -> list[str]:
    return subprocess.run(["docker", *argv], capture_output=True, text=True, check=True, timeout=60).stdout.split()


def echoes(host: str) -> int:
    """How many echo requests have reached ``host`` since its boot."""
    lines = [line.split() for line in inside(host, "cat", "/proc/net/snmp").splitlines() if line.startswith("Icmp:")]
    return int(dict(zip(*lines, strict=True))["InEchos"])


def pinged(sender: str, target: str, *, answered: bool) -> int:
    """Ping ``target``, expect an answer or none, and return how many requests have arrived there."""
    before = echoes(target)
    inside(sender, "ping", "-n", "-q", "-c", str(PINGS), "-i", "0.2", "-W", "1", target, code=0 if answered else 1)
    return echoes(target) - before


def doctor(*arguments: str, code: int) -> dict[str, Any]:
    """Let the doctor look at the lab's hosts, and return what it says."""
    command = [str(PLAN), "doctor", "--inventory", str(FOLDER / "cluster.yaml"), "--json", *arguments]
    done = subprocess.run(command, env={**os.environ, "UNDERDESK_HOME": str(HOME)}, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == code, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def called_out(sender: str) -> dict[str, int]:
    """Send to everyone at once (broadcast), and return how many requests have arrived where."""
    others = [host for host in (ONE, TWO, THREE) if host != sender]
    before = {host: heard(host) for host in others}
    everyone = str(IPv4Network(standing()["subnet"]).broadcast_address)
    inside(sender, "ping", "-n", "-q", "-b", "-c", str(PINGS), "-i", "0.2", "-W", "1", everyone, code=1)
    return {host: heard(host) - before[host] for host in others}


def heard(host: str) -> int:
    """How many echo requests the kernel has seen, those that it does not answer (broadcasts) included."""
    lines = [line.split() for line in inside(host, "cat", "/proc/net/snmp").splitlines() if line.startswith("IcmpMsg:")]
    return int(dict(zip(*lines, strict=True)).get("InType8", 0)) if lines else 0


@pytest.fixture(scope="module", autouse=True)
def lab() -> Iterator[None]:
    """Two hosts."""
    plan("down", "--yes")
    try:
        plan("up", "--hosts", "2", "--cpus", "1", "--memory", "1")
        yield
    finally:
        plan("down", "--yes")
        shutil.rmtree(FOLDER.parent)


def test_hosts_are_up_with_engines_and_sizes_of_their_own() -> None:
    plan("status", "--check")
    assert [(host["name"], host["power"], host["network"], host["cpus"], host["memory_gib"]) for host in standing()["hosts"]] == [
        (ONE, "on", "whole", 1, 1),
        (TWO, "on", "whole", 1, 1),
    ]
    limits = docker("inspect", "--format", "{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}", f"underdesk-lab-{TWO}")
    assert limits == [str(10**9), str(2**30)]


def test_it_grows_and_the_hosts_that_were_there_go_on() -> None:
    before = docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", f"underdesk-lab-{ONE}")
    plan("up", "--hosts", "3")
    plan("status", "--check")
    assert docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", f"underdesk-lab-{ONE}") == before
    assert [host["name"] for host in YAML(typ="safe").load((FOLDER / "cluster.yaml").read_text())["hosts"]] == [ONE, TWO, THREE]


@pytest.mark.parametrize("host", [ONE, TWO, THREE])
def test_ops_comes_in_by_key_and_asks_the_hosts_own_engine_by_sudo(host: str) -> None:
    done = ssh(host, "hostname; id -un; sudo -n id -u; sudo -n docker info --format '{{.Name}}'")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [host, "ops", "0", host]


def test_nobody_comes_in_by_password_or_as_root() -> None:
    said = inside(ONE, "sshd", "-T")
    assert "passwordauthentication no" in said
    assert "permitrootlogin no" in said
    assert ssh(f"root@{ONE}", "true").returncode == 255


def test_hosts_know_each_other_by_name() -> None:
    assert inside(ONE, "getent", "hosts", THREE).split() == [standing()["hosts"][2]["address"], THREE]
    assert pinged(ONE, TWO, answered=True) == PINGS


def test_the_doctor_sees_what_the_hosts_are_and_nothing_wrong_with_them() -> None:
    told = doctor(code=0)
    assert [found["subject"] for found in told["findings"][-3:]] == [ONE, TWO, THREE]
    for name, facts in told["hosts"].items():
        assert (facts["hostname"], facts["release"], facts["cores"], facts["memory_bytes"], facts["sudo"]) == (name, "13", 1, 2**30, "")
        assert set(facts["peers"].values()) == {""}


def test_the_doctor_says_all_that_is_wrong_with_hosts_and_plan_at_once(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(equal(3).model_dump_json(by_alias=True))
    keys = "/home/ops/.ssh/authorized_keys"
    inside(ONE, "systemd-run", "--quiet", "--unit", "squatter", "python3", "-m", "http.server", "3306")
    inside(ONE, "sh", "-c", "until ss -Hltn | grep -q :3306; do sleep 0.1; done")
    inside(TWO, "mv", keys, f"{keys}.away")
    inside(THREE, "sh", "-c", "echo other >/etc/underdesk/cluster")
    plan("cut", THREE, "--from", ONE)
    try:
        told = doctor("--plan", str(tmp_path / "plan.json"), code=1)
    finally:
        plan("heal")
        inside(THREE, "rm", "/etc/underdesk/cluster")
        inside(TWO, "mv", f"{keys}.away", keys)
        inside(ONE, "systemctl", "stop", "squatter")
    said = [f"{found['subject']}: {found['said']}" for found in told["findings"] if not found["ok"]]
    for words in (
        f"{ONE}: port 3306/tcp (database) is taken by python3",
        f"{ONE}: does not reach {THREE}: timed out",
        f"{ONE}: is too small for frontdoor, pagecache, web, database, files, manager, metrics: 1 of 4 cores, 1.0 of 16 GiB memory",
        f"{TWO}: {standing()['hosts'][1]['address']} does not let ops in with {FOLDER}/key",
        f"{THREE}: belongs to the cluster other",
    ):
        assert any(words in line for line in said), (words, said)


def test_a_cut_host_is_reached_by_nobody_but_at_its_console() -> None:
    plan("cut", TWO)
    assert ssh(TWO, "true").returncode == 255
    assert pinged(ONE, TWO, answered=False) == 0
    assert pinged(TWO, THREE, answered=False) == 0
    assert pinged(ONE, THREE, answered=True) == PINGS
    assert plan("run", TWO, "--", "hostname").strip() == TWO
    plan("status", "--check", code=3)
    plan("heal", TWO)
    assert pinged(ONE, TWO, answered=True) == PINGS
    assert ssh(TWO, "true").returncode == 0


@pytest.mark.parametrize(("way", "arrives"), [("in", PINGS), ("out", 0)])
def test_cut_one_way_from_one_host_only_that_way_is_cut(way: str, arrives: int) -> None:
    plan("cut", ONE, "--from", TWO, "--one-way", way)
    assert called_out(ONE) == {TWO: arrives, THREE: PINGS}
    assert pinged(ONE, TWO, answered=False) == arrives
    assert pinged(TWO, ONE, answered=False) == PINGS - arrives
    assert pinged(ONE, THREE, answered=True) == PINGS
    assert pinged(THREE, TWO, answered=True) == PINGS
    plan("heal")
    assert pinged(ONE, TWO, answered=True) == PINGS


def test_a_killed_host_boots_again_by_itself_with_its_engine_its_files_and_its_cuts() -> None:
    inside(TWO, "sh", "-c", "echo mine >/var/lib/mine && sync")
    plan("cut", TWO, "--from", THREE, "--one-way", "in")
    plan("kill", TWO, ONE)
    assert [host["power"] for host in standing()["hosts"]] == ["off", "off", "on"]
    plan("start")
    found = standing()["hosts"]
    assert [host["power"] for host in found] == ["on"] * 3
    assert all(host["engine"] for host in found)
    assert inside(TWO, "cat", "/var/lib/mine") == "mine\n"
    inside(TWO, "test", "-c", "/dev/fuse")
    assert ssh(TWO, "true").returncode == 0
    assert pinged(THREE, TWO, answered=False) == 0
    assert pinged(TWO, THREE, answered=False) == PINGS
    plan("heal")
    assert pinged(THREE, TWO, answered=True) == PINGS


def test_down_leaves_nothing() -> None:
    plan("cut", ONE)
    names = [f"underdesk-lab-{host}" for host in (ONE, TWO, THREE)]
    volumes = docker("inspect", "--format", "{{range .Mounts}}{{.Name}} {{end}}", *names)
    assert len(volumes) == 3
    plan("down", "--yes")
    assert docker("ps", "--all", "--quiet", "--filter", f"label=underdesk.lab={NAME}") == []
    assert docker("network", "ls", "--quiet", "--filter", f"label=underdesk.lab={NAME}") == []
    assert not set(volumes) & {*docker("volume", "ls", "--quiet")}
    assert not FOLDER.exists()
