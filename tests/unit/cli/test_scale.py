"""What ``plan test scale`` says and asks: the answer first, then where it stops, every step, the curve."""

from pathlib import Path

import pytest

from cli import doctor, status
from cli import scale as words
from cli.main import run
from infra import deployment as deployments
from infra import live
from loadtests.perform import Outcome
from loadtests.report import page
from loadtests.scale import confine
from loadtests.scale import run as running
from loadtests.scale.run import Asked
from loadtests.spaces import guard
from loadtests.verdict import Result
from runtime.errors import PlanError
from runtime.locks import lock
from tests.unit.loadtests.scale.made import searched, told
from tests.unit.loadtests.scale.test_confine import Desk, desk

__all__ = ["desk"]


def result(found: Outcome) -> Result:
    return Result(scenario="scale", platform="pilot", started="2026-11-28T12:00:00+00:00", **vars(found))


def test_the_answer_comes_first_then_where_it_stops_then_steps_and_curve() -> None:
    said = list(words.report(result(told(searched(1, 250), searched(2, 480), searched(3, 485, apart=False), searched(4, 900, faults=("no engine",))))))
    assert said[0].startswith("passed: yes, the plan's peak of 400 people is reached with 2 cores")
    assert said[1].startswith("  stops gaining at 2 cores, because processors gives first")
    text = "\n".join(said)
    for part in (
        "gain by the next",
        "+92% (",
        "0-2",
        "(generator on the same cores)",
        "does not count: no engine",
        "curve (USL): one core carries",
        "sigma",
        "extrapolated",
    ):
        assert part in text
    assert "note: three steps for three numbers" in text


def test_where_the_peak_is_not_reached_that_is_the_answer() -> None:
    said = list(words.report(result(told(searched(1, 100), searched(2, 190)))))
    assert said[0].startswith("failed: no, the plan's peak of 400 people is not surely reached with up to 2 cores; by the curve ")
    assert said[0].endswith(" cores would reach it (extrapolated)")
    assert said[1] == "  gains up to 2 cores, the most that were tried"
    assert said[2].startswith("  the plan's peak is not surely reached: with 2 cores the platform carries 48% of it")
    assert "kappa is not told by two steps" in "\n".join(said)


def test_where_nothing_is_known_that_is_said() -> None:
    assert list(words.report(result(Outcome("invalid", ("no container runs",))))) == ["invalid: the capacity is not known", "  no container runs"]


def test_the_page_for_a_manager_says_the_same() -> None:
    found = page(result(told(searched(1, 250), searched(2, 480), searched(3, 485, faults=("no <engine>",)))))
    for part in ("what more cores or replicas bring", "is reached with 2 cores", "Step by step", "Gain by the next", "contention (sigma)", "no &lt;engine&gt;"):
        assert part in found


@pytest.fixture
def asked(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    seen: list[Asked] = []

    def scale(_: object, wanted: Asked, __: object) -> Result:
        seen.append(wanted)
        return result(told(searched(1, 250), searched(2, 480)))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Desk, "lock_file", property(lambda self: self.folder / "pilot.lock"), raising=False)
    monkeypatch.setattr(Desk, "name", "pilot", raising=False)
    monkeypatch.setattr(deployments, "load", lambda _name: desk)
    monkeypatch.setattr(live, "engine_client", lambda: None)
    monkeypatch.setattr(running, "scale", scale)
    return seen


def test_what_is_asked_is_passed_on_and_the_result_is_written(asked: list[Asked], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "scale", "--yes"]) == 0
    assert run(["test", "scale", "--by", "replicas", "--steps", "1,3", "--minutes", "20", "--requests", "500", "--json", "--yes"]) == 0
    assert asked == [Asked("cores", (1, 2), 900.0, 100_000), Asked("replicas", (1, 3), 1200.0, 500)]
    written = Result.model_validate_json(Path("result.json").read_text())
    assert written.schema_.version == 8
    assert written.scale is not None
    assert "Step by step" in Path("report.html").read_text()
    said = capsys.readouterr()
    assert Result.model_validate_json(said.out[said.out.index("{") :]) == written
    assert "the platform gets 1 core, 2 cores, one after the other, for 15 minutes in all" in said.err


def test_nothing_is_changed_where_nobody_says_yes(asked: list[Asked], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "scale"]) == 1
    assert "add --yes" in capsys.readouterr().err
    assert asked == []


@pytest.mark.parametrize(
    ("nonsense", "code"),
    [(["--by", "servers"], 1), (["--steps", "2,1"], 1), (["--steps", "1,9"], 1), (["--minutes", "1"], 1), (["--minutes", "0"], 2), (["--requests", "0"], 2)],
)
def test_nonsense_is_refused_before_anything_is_driven(asked: list[Asked], nonsense: list[str], code: int) -> None:
    assert run(["test", "scale", "--yes", *nonsense]) == code
    assert asked == []
    assert not Path("result.json").exists()


def test_an_engine_that_is_away_is_said(asked: list[Asked], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def away() -> None:
        raise PlanError("the container engine does not answer", where="docker", hint="start it")

    monkeypatch.setattr(live, "engine_client", away)
    assert run(["test", "scale", "--yes"]) == 1
    assert "does not answer" in capsys.readouterr().err
    assert asked == []


def test_what_a_killed_test_left_is_named_by_doctor_and_status_until_clean(desk: Desk, asked: list[Asked], capsys: pytest.CaptureFixture[str]) -> None:
    assert asked == []
    assert doctor._tests(desk).ok  # type: ignore[arg-type]
    assert status._scaled(desk) == []  # type: ignore[arg-type]
    confine.to_cores(desk, confine.begin(desk), 1)
    assert "plan test clean" in doctor._tests(desk).mend  # type: ignore[arg-type]
    assert [problem.exit_code for problem in status._scaled(desk)] == [3]  # type: ignore[arg-type]
    with lock(guard(desk)):
        assert doctor._tests(desk).ok  # type: ignore[arg-type] # a test runs: it wants that
    assert run(["test", "clean"]) == 0
    assert "cores and replicas are as they were" in capsys.readouterr().out
    assert doctor._tests(desk).ok  # type: ignore[arg-type]
    confine.to_cores(desk, confine.begin(desk), 1)
    desk.engine.stuck = "pilot-wiki"
    assert run(["test", "clean"]) == 1


def test_a_test_that_was_killed_before_is_cleaned_up_first(desk: Desk, asked: list[Asked], capsys: pytest.CaptureFixture[str]) -> None:
    confine.to_cores(desk, confine.begin(desk), 1)
    assert run(["test", "scale", "--yes"]) == 0
    assert asked[0].steps == (1, 2)
    assert "as they were before an interrupted test" in capsys.readouterr().err
