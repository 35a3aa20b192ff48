"""Hosts are asked each second for what the kernel counts; a lab's hosts are known by the kernel that they share."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from loadtests.accounts import PROCESSES, Process, Reading
from loadtests.steady import hosts_eyes
from loadtests.steady.eyes import Machine, Seen
from loadtests.steady.hosts_eyes import There, found
from loadtests.steady.meter import Meter

NAME = "ud-napper"


@dataclass(frozen=True)
class Beside:
    """A host that is this machine."""

    name: str
    programs: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def argv(self, words: Sequence[str]) -> list[str]:
        return list(words)


def test_a_process_is_counted_that_is_in_no_container() -> None:
    found = Process(PROCESSES / str(os.getpid())).read()
    assert found.cpu_s > 0
    assert found.memory_bytes > 1 << 20
    assert (found.received_bytes, found.sent_bytes) == (0, 0)


def test_what_a_host_lists_is_asked_for_by_service_and_host() -> None:
    lines = ["41 abc pilot-blogs", "42 def pilot-wiki", "43 ghi other-blogs", "44 - database", "odd"]
    assert found("pilot", "node-1", lines) == {"containers": {"blogs on node-1#abc": 41, "wiki on node-1#def": 42}, "processes": {"database on node-1#44": 44}}


@pytest.mark.skipif(not shutil.which("pgrep"), reason="no pgrep here")
def test_hosts_are_looked_at_and_one_kernel_is_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts_eyes, "ANSWER_S", 30.0)
    napper = tmp_path / NAME
    shutil.copy(shutil.which("sleep") or "/bin/sleep", napper)
    with subprocess.Popen([str(napper), "600"]) as process:
        there = There("nothing-of-that-name", [Beside("a", {"database": (NAME,)}), Beside("b")])
        try:
            meter = Meter(there)
            meter.sample()
            platform = meter.platform()
        finally:
            there.close()
            process.kill()
    assert [(host.name, host.machine) for host in platform.hosts] == [("a", 1), ("b", 1)]
    assert platform.shared
    assert platform.cores == os.cpu_count()
    assert [(service.name, service.host) for service in platform.services] == [("database on a", "a")]
    assert platform.services[0].memory_mib[0] > 0


def machine(worked: int, whole: int, kernel: str = "k") -> Machine:
    return Machine(kernel, 4, worked, whole)


def test_cores_of_hosts_add_up_and_of_a_shared_kernel_do_not() -> None:
    assert Seen({"a": machine(1, 2, "x"), "b": machine(1, 2, "y")}).cores == 8
    assert Seen({"a": machine(1, 2), "b": machine(1, 2)}).cores == 4


def test_who_says_nothing_for_a_second_is_missing_in_it_and_counted_on_afterwards() -> None:
    reading = Reading(1.0, 1, 0, 0, 0, 0)
    first = Seen({"a": machine(10, 100, "x"), "b": machine(10, 100, "y")}, {"blogs on b": reading}, made_of={"blogs on b": frozenset("c")})
    silent = Seen({"a": machine(60, 200, "x")}).after(first)
    again = Seen({"a": machine(60, 300, "x"), "b": machine(110, 300, "y")})
    assert again.since(silent).busy("b") == pytest.approx(0.5)
    assert again.since(silent).busy("a") == 0.0


def test_a_service_in_another_container_is_counted_anew() -> None:
    old, new = Reading(9.0, 1, 0, 0, 0, 0), Reading(1.0, 1, 0, 0, 0, 0)
    before = Seen({}, {"blogs on a": old}, made_of={"blogs on a": frozenset({"one"})})
    same, other = (Seen({}, {"blogs on a": new}, made_of={"blogs on a": frozenset({name})}) for name in ("one", "two"))
    assert before.of("blogs on a", new, same) == old
    assert before.of("blogs on a", new, other) == new
