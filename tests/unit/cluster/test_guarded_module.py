"""The Ansible module for files that decide who gets in: what is not confirmed is put back, whenever the deploy was killed."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cluster.of_ansible import program

MODULE = program("guarded")
STUB = '#!/bin/sh\necho "$(basename "$0") $*" >>"{log}"\n'


class Host:
    """A host in a folder: its service manager writes down what it is asked."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path, self.log = folder, folder / "rules", folder / "log"
        self.memory = folder / "memory"
        programs = folder / "bin"
        programs.mkdir()
        for name in ("systemctl", "systemd-run"):
            (programs / name).write_text(STUB.format(log=self.log))
            (programs / name).chmod(0o755)
        (programs / "use").write_text(f'#!/bin/sh\ncp "{self.path}" "{folder}/used" 2>/dev/null || rm -f "{folder}/used"\n')
        (programs / "use").chmod(0o755)
        self.programs = programs

    def call(self, content: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - the module's own arguments
        check, use = more.pop("check", False), more.pop("use", [str(self.programs / "use")])
        wanted = {"name": "test", "path": str(self.path), "content": content, "use": use, "memory": str(self.memory), **more}
        arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {**wanted, "_ansible_check_mode": check}})
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(MODULE, input=arguments, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path})
        return dict(json.loads(done.stdout))

    def used(self) -> str | None:
        found = self.folder / "used"
        return found.read_text() if found.exists() else None

    def asked(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def undo(self, *how: str) -> None:
        subprocess.run(["/bin/sh", self.memory / "test" / "undo", *how], check=True)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_a_timer_is_set_before_anything_is_taken_into_use_and_ends_with_the_confirmation(host: Host) -> None:
    assert host.call("new")["written"] == [str(host.path)]
    assert "systemd-run --collect --unit underdesk-undo-test --on-active 90" in host.asked()
    assert host.used() == "new"
    assert "failed" not in host.call(confirm=True)
    assert host.call("new")["changed"] is False


def test_what_nobody_confirmed_is_put_back_by_the_timer(host: Host) -> None:
    host.call("old")
    host.call(confirm=True)
    host.call("new")
    host.undo()
    assert (host.path.read_text(), host.used()) == ("old", "old")
    assert "was put back" in host.call(confirm=True)["msg"]


def test_where_nothing_was_before_nothing_is_left(host: Host) -> None:
    host.call("new")
    host.undo()
    assert not host.path.exists()
    assert host.used() is None


def test_a_reboot_puts_it_back_before_it_is_read(host: Host) -> None:
    host.call("new")
    host.undo("boot")
    assert not host.path.exists()
    assert host.used() == "new", "what is not up yet is not told to read it"


def test_a_deploy_that_was_killed_twice_still_knows_what_was_there_at_first(host: Host) -> None:
    host.call("old")
    host.call(confirm=True)
    host.call("first")
    assert host.call("second")["changed"]
    host.undo()
    assert host.path.read_text() == "old"


def test_called_again_after_a_kill_it_counts_as_changed_until_it_is_confirmed(host: Host) -> None:
    host.call("new")
    assert host.call("new")["changed"]
    host.call(confirm=True)
    assert host.call("new")["changed"] is False


def test_what_is_not_understood_is_put_back_at_once(host: Host) -> None:
    host.call("old")
    host.call(confirm=True)
    said = host.call("new", judge=["false"])
    assert said["failed"]
    assert "was put back" in said["msg"]
    assert (host.path.read_text(), host.used()) == ("old", "old")
    assert host.call("old")["changed"] is False


def test_check_mode_says_the_same_and_touches_nothing(host: Host) -> None:
    assert host.call("new", check=True)["written"] == [str(host.path)]
    assert not host.path.exists()
    assert not host.memory.exists()
    assert host.asked() == ""


def test_what_is_not_in_force_counts_as_changed_though_the_file_is_right(host: Host) -> None:
    host.call("new")
    host.call(confirm=True)
    assert host.call("new", in_force=["false"])["changed"]
    assert host.call("new", in_force=["no-such-program"], check=True)["changed"]


def test_nothing_is_changed_where_no_timer_can_be_set(host: Host) -> None:
    (host.programs / "systemd-run").write_text("#!/bin/sh\nexit 1\n")
    said = host.call("new")
    assert "nothing was changed" in said["msg"]
    assert not host.path.exists()
