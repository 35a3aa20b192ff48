"""Hosts that are asked: the program really runs here, and whatever goes wrong on the way is said of the host it goes wrong at."""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from infra.inventory import probe
from infra.inventory.connect import reaches
from infra.inventory.probe import Facts, look, program, why_not
from runtime.run import Completed
from tests.unit.inventory_examples import ALONE, GOOD, fake_ssh, inventory

A, B, C = "10.20.0.11", "10.20.0.12", "10.20.0.13"


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a file for each host: the shell script of what it does when it is reached."""
    monkeypatch.setenv("PATH", fake_ssh(tmp_path / "client", {A: GOOD, B: GOOD, C: GOOD}))
    return tmp_path / "client" / "at"


def test_the_program_says_what_this_machine_is() -> None:
    asked = reaches(inventory(1))
    done = subprocess.run([sys.executable, "-I", "-"], input=program(asked[0], asked, ()), capture_output=True, text=True, check=True, timeout=60, cwd="/")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    found = Facts.model_validate_json(json.dumps(told[-1]["facts"]))
    assert done.stderr == ""
    assert 1 <= found.cores <= (psutil.cpu_count() or 1)
    assert 0 < found.memory_bytes <= psutil.virtual_memory().total
    assert 0 < found.disk_free_bytes < found.disk_bytes
    assert "127.0.0.1" in {one.address for one in found.addresses}
    assert sum("clock" in line for line in told) == 3


def test_the_program_sees_a_port_that_is_taken_and_a_peer_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            asked = {
                "peers": {"there": ["127.0.0.1", port], "gone": ["127.0.0.1", closed.getsockname()[1]]},
                "front": [],
                "folder": "/nowhere/at/all",
                "mark": "/nowhere",
            }
            text = f"{probe.PROGRAM.read_text(encoding='utf-8')}\nanswer(json.loads({json.dumps(asked)!r}))\n"
            done = subprocess.run([sys.executable, "-I", "-"], input=text, capture_output=True, text=True, check=True, timeout=60)
    told = json.loads(done.stdout.splitlines()[-1])["facts"]
    assert ("tcp", port) in {(one["protocol"], one["port"]) for one in told["listening"]}
    assert told["peers"] == {"there": "", "gone": "connection refused"}


def test_every_host_is_asked_and_the_clock_of_this_machine_is_right(hosts: Path) -> None:
    found = look(inventory(3))
    assert len(list(hosts.iterdir())) == 3
    assert [one.reach.name for one in found] == ["node-1", "node-2", "node-3"]
    assert all(one.facts and set(one.facts.peers) == {other.reach.name for other in found} - {one.reach.name} for one in found)
    assert all(one.clock and one.clock.low <= 0 <= one.clock.high for one in found)


def test_hosts_that_are_skipped_are_not_asked(hosts: Path) -> None:
    (hosts / B).write_text("exit 1")
    assert [one.reach.name for one in look(inventory(3), ["node-2"]) if one.facts] == ["node-1", "node-3"]


def test_a_host_that_hangs_is_said(hosts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "PROBE_S", 1)
    (hosts / A).write_text("exec sleep 3000")
    (found,) = look(inventory(1))
    assert found.problem
    assert found.problem.message == "does not answer within 1 s"


def test_no_host_waits_for_another(hosts: Path) -> None:
    """The first answers nothing until the two others have been asked, and ended."""
    for address in (B, C):
        (hosts / address).write_text(f"{ALONE}; touch {hosts}/{address}.done")
    (hosts / A).write_text(f"until test -e {hosts}/{B}.done && test -e {hosts}/{C}.done; do sleep 0.1; done; {GOOD}")
    assert all(one.facts for one in look(inventory(3)))


def test_a_login_that_greets_does_not_hide_the_answer(hosts: Path) -> None:
    (hosts / A).write_text(f"echo Welcome; echo 5; echo '[1]'; echo '{{'; {GOOD}")
    assert look(inventory(1))[0].facts


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo '{\"facts\": 5}'", "answers something else"),
        ('echo \'{"facts": {"cores": "many"}}\'', "answers something else"),
        ('echo \'{"facts": ' + "[" * 5000 + "'", "answers something else"),
        ("while :; do echo '{\"clock\": 1.0}'; done", "says too much"),
        ("echo 'This account is not available.' >&2; exit 1", "answers something else: This account is not available."),
        ("echo 'sh: 1: python3: not found' >&2; exit 127", "has no Python 3"),
        ("exit 255", "cannot be reached by SSH: it said nothing"),
    ],
)
def test_a_host_that_answers_something_else_is_said(hosts: Path, script: str, says: str) -> None:
    (hosts / A).write_text(f"cat >/dev/null; {script}")
    (found,) = look(inventory(1))
    assert found.facts is None
    assert found.problem
    assert says in found.problem.message
    assert found.problem.hint


@pytest.mark.parametrize(
    ("stderr", "says", "mend"),
    [
        (
            "@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
            "has another SSH key than",
            "ssh-keygen -f /keys/known_hosts -R '10.20.0.11'",
        ),
        (
            "No ED25519 host key is known for 10.20.0.11 and you have requested strict checking.\nHost key verification failed.",
            "is not in /keys/known_hosts",
            "ssh-keyscan -p 22 10.20.0.11",
        ),
        (
            "deploy@10.20.0.11: Permission denied (publickey).",
            "does not let deploy in with /keys/cluster",
            "ssh-copy-id -i /keys/cluster.pub -p 22 deploy@10.20.0.11",
        ),
        (
            'Load key "/keys/cluster": incorrect passphrase supplied to decrypt private key\ndeploy@h: Permission denied (publickey).',
            "has a passphrase",
            "ssh-add",
        ),
        ("ssh: connect to host 10.20.0.11 port 22: Connection timed out", "does not answer at port 22", "is it up"),
        ("ssh: connect to host 10.20.0.11 port 22: Connection refused", "nothing listens at port 22", "ssh.port"),
        ("ssh: connect to host 10.20.0.11 port 22: No route to host", "no way leads there", "is it up"),
        ("kex_exchange_identification: Connection closed by remote host", "Connection closed by remote host", "firewall"),
    ],
)
def test_what_ssh_says_is_said_plainly_with_the_mend(stderr: str, says: str, mend: str) -> None:
    problem = why_not(reaches(inventory(1))[0], Completed(255, "", stderr))
    assert problem.where == "node-1 (10.20.0.11)"
    assert says in problem.message
    assert mend in problem.hint
    assert problem.exit_code == 1


def test_a_clock_is_known_as_narrowly_as_the_quickest_line() -> None:
    now = time.time()
    heard = probe._Heard(now)
    for _ in range(3):
        heard.line(json.dumps({"clock": now + 30}))
    heard.line(json.dumps({"clock": "late"}))
    assert heard.clock
    assert 30 - 5 < heard.clock.low <= 30 == pytest.approx(heard.clock.high)
    assert probe._Heard(now).clock is None
