"""Whole runs by processes of other machines (pretended ones, on this machine): one schedule, counted once, and never a false pass."""

import os
import signal
import sysconfig
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from loadtests.elsewhere.clock import Offset
from loadtests.elsewhere.crew import words
from loadtests.elsewhere.hand import Hand
from loadtests.generator import CHECKOUT
from loadtests.measure.histogram import decode
from loadtests.steady.run import Asked, steady
from loadtests.steady.watch import Watch
from loadtests.surroundings import Surroundings
from loadtests.verdict import Result
from tests.unit.loadtests.steady.again import again
from tests.unit.loadtests.steady.pretend import Mood, PretendDeployment, when_open
from tests.unit.loadtests.steady.test_processes import SECONDS, SHARE, intended, planned

PROGRAM = "on_host.py"


@dataclass(frozen=True)
class Beside:
    """A host that is this machine; what systemd does there nobody does."""

    name: str
    programs: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def argv(self, words: Sequence[str]) -> list[str]:
        return list(words[words.index("python3") :]) if words[0] == "systemd-run" else list(words)


def hands(*names: str, processes: int = 1) -> tuple[Hand, ...]:
    folders = (sysconfig.get_paths()["purelib"], str(CHECKOUT))
    return tuple(Hand(Beside(name), processes, folders, Offset(0.0, 0.0)) for name in names)


@pytest.fixture
def elsewhere(pretended: PretendDeployment, monkeypatch: pytest.MonkeyPatch) -> PretendDeployment:
    """The pretended platform, driven by two other machines."""
    monkeypatch.setattr(pretended, "surroundings", Surroundings(crew=hands("load-1", "load-2"), notes=("from elsewhere",)), raising=False)
    return pretended


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Watch]:
    found: list[Watch] = []
    drive = Watch.drive

    def kept(self: Watch, target: Path) -> None:
        found.append(self)
        drive(self, target)

    monkeypatch.setattr(Watch, "drive", kept)
    return found


def drivers() -> list[psutil.Process]:
    """Everybody who drives for us."""
    found = []
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            found += [one] if PROGRAM in " ".join(one.cmdline()) else []
    return found


def driven(deployment: PretendDeployment, seconds: float = SECONDS) -> Result:
    return steady(deployment, Asked(SHARE, seconds, 10_000), lambda _: None)


def test_two_machines_do_one_schedule_and_their_histograms_are_those_of_all_requests(elsewhere: PretendDeployment, runs: list[Watch]) -> None:
    result = again(lambda: driven(elsewhere), lambda _: not runs[-1].record.faults)
    record, found = runs[-1].record, result.measured
    assert found is not None, result.reasons
    begin = record.began("open")
    assert begin is not None
    assert intended(record.samples, begin) == planned(runs[-1].order, begin)
    assert sorted(found.generator.machines) == ["load-1", "load-2"]
    assert {beat.process for beat in record.beats} == {0, 1, 2}
    for part in result.classes:
        assert sum(decode(text).count for text in part.histograms.values()) == part.requests
    assert result.around == ("from elsewhere",)
    assert not drivers()


def test_a_machine_that_is_lost_midway_proves_nothing_and_takes_all_with_it(elsewhere: PretendDeployment, mood: Mood) -> None:
    mood.asked = 0
    when_open(mood, lambda: os.kill(drivers()[0].pid, signal.SIGKILL), after=60)
    result = driven(elsewhere, 120.0)
    assert result.verdict == "invalid"
    assert any("ended midway" in reason or "drives no more" in reason for reason in result.reasons), result.reasons
    assert not drivers()


def test_whoever_drives_is_nobody_in_particular_and_ended_by_its_own_machine_when_the_time_is_over() -> None:
    (hand,) = hands("load-1")
    said = " ".join(words(hand, "underdesk-load-abc-0", 300.0))
    assert said.startswith("systemd-run --pipe --wait --quiet --collect --unit=underdesk-load-abc-0 ")
    assert "--property=DynamicUser=yes" in said
    assert "--property=RuntimeMaxSec=360" in said
