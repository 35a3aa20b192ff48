"""The box under the desk is given up: everything comes back on another machine that has nothing of it, by SSH from here."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.lab import host as lab
from infra.lab.carried import names
from runtime.run import Completed
from tests.lab.cluster import KEEP
from tests.lab.machine import NAME, Machine
from tests.lab.writing import Author, site_of

RESTORE_S = 1500
THERE = "/opt/underdesk/.venv/bin/plan"
SAID = "/root/restore.log"
KILL_WHEN = ("sending the program", "loading the database")
SSH_KEY = "test -f .ssh/id_ed25519 || ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519; cat .ssh/id_ed25519.pub"


@pytest.fixture(scope="module")
def box(machine: Machine) -> Iterator[Machine]:
    """A second lab host on the same network. It has an SSH service, and of ours only what the registries would give it slowly."""
    first = machine.host
    host = replace(first, name=f"{first.name}-new", address=first.address.removesuffix(".10") + ".20", handover=Path(f"{first.handover}-new"))
    made = Machine(host, here="/root")
    lab.down(host)
    host.handover.mkdir(mode=0o700, parents=True, exist_ok=True)
    lab.up(host)
    try:
        made.lend()
        made.shell("mkdir -p -m 700 .ssh")
        lab.execute(host, ["sh", "-c", f"env | grep -E '^({'|'.join(names()) or '-'})=' >>/etc/environment || true"])  # for those who come by SSH
        yield made
    finally:
        if not os.environ.get(KEEP):
            lab.down(host)


def at(machine: Machine) -> str:
    return f"root@{machine.host.address}"


def let_in(guest: Machine, host: Machine) -> None:
    """Let root of ``guest`` into ``host``, and let it know the host: ssh-copy-id."""
    key = guest.shell(f"cd; mkdir -p -m 700 .ssh; {SSH_KEY}")
    host.shell(f"cd; mkdir -p -m 700 .ssh; echo '{key}' >>.ssh/authorized_keys; chmod 600 .ssh/authorized_keys")
    guest.shell(f"cd; ssh-keyscan -t ed25519 {host.host.address} >>.ssh/known_hosts 2>/dev/null")


def restore(machine: Machine, *arguments: str) -> Completed:
    return machine.plan("restore", *arguments, check=False, timeout_s=RESTORE_S)


def killed(machine: Machine, box: Machine, when: str) -> None:
    """Begin a restore on ``box`` and kill it when it says ``when``; what it began there ends by itself."""
    began = machine.shell(f"setsid nohup .venv/bin/plan restore --to {at(box)} >{SAID} 2>&1 & echo $!")
    lab.wait_for(lambda: when in machine.shell(f"cat {SAID}") or not running(machine, began), RESTORE_S, f"'{when}' was not said")
    assert running(machine, began), machine.shell(f"cat {SAID}")
    machine.shell(f"kill -KILL {began}")
    lab.wait_for(lambda: not box.shell("pgrep -f '[p]lan restore'", check=False), RESTORE_S, "what was begun there goes on")


def running(machine: Machine, process: str) -> bool:
    return machine.run("kill", "-0", process, check=False).returncode == 0


def test_before_ssh_works_it_is_said_how_to_mend_it_and_nothing_is_there(machine: Machine, box: Machine) -> None:
    machine.plan("backup")
    refused = restore(machine, "--to", at(box))
    assert refused.returncode == 1
    assert "hint:" in refused.stderr
    assert at(box) in refused.stderr
    let_in(machine, box)
    nowhere = restore(machine, "--to", at(box), "--from", "sftp:keep@127.0.0.1:/srv")
    assert nowhere.returncode == 1
    assert "from there" in nowhere.stderr
    assert box.run("test", "-e", "/opt/underdesk", check=False).returncode == 1


def test_killed_and_called_again_everything_comes_back_on_a_bare_machine(machine: Machine, box: Machine, tmp_path: Path) -> None:
    let_in(machine, box)
    author = Author(site_of(machine), tmp_path)
    assert author.refused("Before the move") == ""
    author.close()
    machine.plan("backup")
    for when in KILL_WHEN:
        killed(machine, box, when)
    began = time.monotonic()
    done = restore(machine, "--to", at(box))
    assert done.returncode == 0, done.stderr
    print(f"restored on a bare machine, from where it was killed: {time.monotonic() - began:.0f} s")  # noqa: T201 - the figure
    assert box.serves()
    assert there(box, tmp_path, "Before the move")
    assert box.run(THERE, "status", "--check", "--name", NAME, check=False).returncode == 0
    assert box.run("ls", "/root/underdesk-restore", check=False).returncode != 0, "the key lies about"
    assert machine.serves()


def test_by_sftp_from_the_old_machine_the_newer_posts_come_too(machine: Machine, box: Machine, tmp_path: Path) -> None:
    let_in(machine, machine)
    let_in(box, machine)
    author = Author(site_of(machine), tmp_path)
    assert author.refused("After the move") == ""
    author.close()
    place = f"sftp:{at(machine)}:/srv/backups"
    machine.plan("backup", "--to", place)
    assert "1 backup in" in machine.plan("backup", "--list", "--to", place).stdout
    again = box.run(THERE, "restore", "--from", place, "--name", NAME, "--key", f"/var/lib/underdesk/{NAME}/secrets/backup", "--yes", timeout_s=RESTORE_S)
    assert "restored in" in again.stdout
    assert box.serves()
    assert there(box, tmp_path, "After the move")


def there(machine: Machine, folder: Path, title: str) -> bool:
    reader = Author(site_of(machine), folder)
    found = title in reader.titles(title)
    reader.close()
    return found
