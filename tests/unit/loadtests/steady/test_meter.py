"""What the platform did, second by second: cut to some of them, made coarser, with open files where they are asked for."""

from pathlib import Path

import pytest

from loadtests import accounts
from loadtests.accounts import OpenFiles, Reading
from loadtests.steady import eyes
from loadtests.steady.eyes import Here
from loadtests.steady.meter import Meter
from tests.unit.loadtests.programs.said import run as said
from tests.unit.loadtests.steady.peaks import BEGIN, platform


class Fake:
    """An account that counts how often it was looked at."""

    def __init__(self) -> None:
        self.counted = 0

    def read(self) -> Reading:
        return Reading(0.0, 1 << 20, 0, 0, 0, 0)

    def open_files(self) -> OpenFiles:
        self.counted += 1
        return OpenFiles(100 + self.counted, 1024)

    limit_bytes = 0


def found(monkeypatch: pytest.MonkeyPatch, *, count_files: bool) -> tuple[Meter, Fake]:
    fake = Fake()
    monkeypatch.setattr(eyes, "containers", lambda _name: {"blogs": ["a"]})
    monkeypatch.setattr(eyes, "whole_account", lambda _container: fake)
    here = Here("pilot")
    here.find()
    made = Meter(here, count_files=count_files)
    for _ in range(5):
        made.sample()
    return made, fake


def test_open_files_are_counted_now_and_then_where_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made, fake = found(monkeypatch, count_files=True)
    service = made.platform().services[0]
    assert len(service.open_files) == len(service.memory_mib) == 5
    assert (service.open_files[-1], service.open_files_limit) == (100 + fake.counted, 1024)
    assert fake.counted <= 2, "each second would be a load of its own"


def test_nobody_counts_them_where_they_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    made, fake = found(monkeypatch, count_files=False)
    assert made.platform().services[0].open_files == ()
    assert fake.counted == 0


def test_some_seconds_alone() -> None:
    whole = platform(100)
    part = whole.inside([(BEGIN + 10, BEGIN + 12), (BEGIN + 50, BEGIN + 50)])
    assert part.at == (BEGIN + 10, BEGIN + 11, BEGIN + 12, BEGIN + 50)
    assert part.services[0].cpu_cores == tuple(whole.services[0].cpu_cores[at - 1] for at in (10, 11, 12, 50))
    assert part.services[0].open_files == ()


def test_a_long_run_is_told_in_means_and_a_short_one_as_it_is() -> None:
    whole = platform(100)
    assert whole.coarser(100) == whole
    part = whole.coarser(30)
    assert len(part.at) == len(part.host_cpu) == len(part.services[0].cpu_cores) == 25
    assert part.at[-1] == whole.at[-1]
    assert sum(part.services[0].cpu_cores) * 4 == pytest.approx(sum(whole.services[0].cpu_cores), rel=1e-3)


def test_what_programs_said_is_cut_and_made_coarser_with_the_seconds() -> None:
    whole = platform(100).model_copy(update={"programs": said(100)})
    part = whole.between(BEGIN + 10, BEGIN + 19).programs
    assert part is not None
    assert part.at == tuple(BEGIN + second for second in (10, 12, 14, 16, 18))
    coarse = whole.coarser(25)
    assert coarse.programs is not None
    assert (len(coarse.at), len(coarse.programs.at)) == (25, 25)
    assert platform(100).coarser(25).programs is None


def test_the_meter_tells_what_the_programs_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eyes, "containers", lambda _name: {})
    assert Meter(Here("pilot"), programs=lambda: said(20)).platform().programs == said(20)
    assert Meter(Here("pilot")).platform().programs is None


def test_of_a_platform_that_is_kept_to_some_cores_only_these_are_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    monkeypatch.setattr(accounts, "PROCESSES", tmp_path)
    monkeypatch.setattr(eyes, "containers", lambda _name: {})
    busy = {"cpu": 100, "cpu0": 80, "cpu1": 20, "cpu10": 0}
    stat.write_text("".join(f"{name} 0 0 0 0 0 0 0 0 0 0\n" for name in busy))
    whole, first, two = Meter(Here("pilot")), Meter(Here("pilot", (0,))), Meter(Here("pilot", (0, 1)))
    stat.write_text("".join(f"{name} {used} 0 0 {(300 if name == 'cpu' else 100) - used} 0 0 0 0 0 0\n" for name, used in busy.items()) + "ctxt 5\n")
    for one in (whole, first, two):
        one.sample()
    assert first.platform().host_cpu == (0.8,)
    assert first.platform().cores == 1
    assert two.platform().host_cpu == (0.5,)
    assert two.platform().cores == 2
    assert whole.platform().host_cpu == pytest.approx((1 / 3,), abs=1e-3)
