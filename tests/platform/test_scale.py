"""Scaling on the real platform: what was asked for is in force during a step, and gone afterwards, also after a kill."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra import live
from infra.deployment import Deployment
from loadtests import spaces
from loadtests.generator import processes_of
from loadtests.scale import confine, cores, door, engine
from tests.platform.conftest import PLAN, Command
from tests.platform.test_smoke import BEGIN_S, left_over

MEND = 1
UNDER_WAY = "level 1, "


@contextmanager
def begun(deployment: Deployment, folder: Path, *argv: str) -> Iterator[subprocess.Popen[str]]:
    """A test of scaling in whose first step people have begun to come."""
    whole = [PLAN, "test", "scale", "--name", deployment.name, "--minutes", "5", "--yes", *argv]
    with subprocess.Popen(whole, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        assert running.stderr is not None
        seen = []
        for line in running.stderr:
            seen.append(line)
            if UNDER_WAY in line:
                break
        else:
            raise AssertionError("".join(seen))
        yield running


def kept_to(deployment: Deployment) -> set[tuple[int, ...]]:
    """The cores that the kernel lets its containers use."""
    return {one.cores for one in engine.containers(deployment)}


def test_a_step_is_kept_to_its_core_and_after_a_kill_clean_gives_all_back(deployment: Deployment, plan: Command, folder: Path) -> None:
    assert plan("test", "clean", "--name", deployment.name).returncode == 0
    before = kept_to(deployment)
    (mine,) = before
    with begun(deployment, folder, "--by", "cores", "--steps", "1") as running:
        assert kept_to(deployment) == {mine[:1]}
        target = next(spaces.folder(deployment).glob("target-*.json"))
        others = os.sched_getaffinity(0) - set(mine[:1])
        if others:  # on one core the generator shares it
            assert [set(cores.allowed(pid)) for pid in processes_of(target)] == [others]
        os.kill(running.pid, signal.SIGKILL)
        running.communicate(timeout=BEGIN_S)
    assert confine.left(deployment)
    assert kept_to(deployment) == {mine[:1]}
    cleaned = plan("test", "clean", "--name", deployment.name)
    assert cleaned.returncode == 0, cleaned.stdout + cleaned.stderr
    assert "cores and replicas are as they were before an interrupted test" in cleaned.stdout
    assert kept_to(deployment) == before
    assert not confine.left(deployment)
    assert processes_of(target) == []
    assert left_over(deployment) == set()


def test_replicas_serve_during_their_step_and_an_interrupt_takes_them_away(deployment: Deployment, folder: Path) -> None:
    before = live.snapshot(deployment)["services"]
    with begun(deployment, folder, "--by", "replicas", "--steps", "2") as running:
        up = door.servers(deployment.exec("frontdoor", list(door.COMMAND)))
        assert {role: one.up for role, one in up.items()} == {"blogs": 2, "wiki": 2}
        assert [one.service for one in engine.containers(deployment)].count(deployment.service("blogs")) == 2
        running.send_signal(signal.SIGINT)
        said, _ = running.communicate(timeout=BEGIN_S)
    assert running.returncode == MEND, said
    assert said.startswith("invalid")
    assert "interrupted" in said
    answer = json.loads((folder / "result.json").read_text())
    assert answer["schema"]["version"] == 8
    assert answer["scale"]["by"] == "replicas"
    after = live.snapshot(deployment)["services"]
    assert {role: spec["Mode"] for role, spec in after.items()} == {role: spec["Mode"] for role, spec in before.items()}
    assert live.drift(deployment) == []
    assert not confine.left(deployment)
    assert left_over(deployment) == set()
