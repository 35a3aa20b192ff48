"""What ``plan test announcement``, ``week``, ``soak`` and ``spike`` say, and what they pass on."""

from pathlib import Path
from typing import Any

import pytest

from cli import shapes as words
from cli.main import run
from infra import deployment as deployments
from infra import live
from loadtests.compare.comparable import check
from loadtests.perform import Outcome
from loadtests.reading import parse
from loadtests.report import page
from loadtests.shapes import curves
from loadtests.shapes import run as running
from loadtests.shapes.curves import Curve
from loadtests.shapes.findings import outcome
from loadtests.shapes.run import Asked, Jump
from loadtests.verdict import Result
from runtime.errors import PlanError
from tests.unit.cli.test_steady import Desk
from tests.unit.loadtests.shapes.shaped import come, failed, plan, shape
from tests.unit.loadtests.steady.peaks import BEGIN, steady_ms

SPIKE = curves.spike(plan(), 0.5, 2.0, 300.0, 60.0)


def result(found: Outcome, name: str = "spike") -> Result:
    return Result(scenario=name, platform="pilot", started="2026-11-28T12:00:00+00:00", **{**vars(found), "driven": None})


def said(curve: Curve) -> str:
    return "\n".join(words.report(result(outcome(shape(curve, come(curve, steady_ms))), curve.name)))


def test_the_answer_comes_first_then_targets_parts_and_what_is_asked_of_this_shape() -> None:
    taken = [failed(one) if 100 <= one.at - BEGIN < 140 else one for one in come(SPIKE, steady_ms)]
    text = "\n".join(words.report(result(outcome(shape(SPIKE, taken)))))
    assert text.startswith("passed: spike, ")
    for part in ("recovery after the jump", "base before", "base after", "503", "the front door turned ", "recovered ", "all others were answered", "planned"):
        assert part in text
    assert text.index("p95 of all pages") < text.index("base before") < text.index("recovered ") < text.index("\n  page_signed_in")


def test_each_shape_says_its_parts_and_a_week_its_busiest_hours() -> None:
    announced = said(curves.announcement(plan(), 1.0, 1200.0))
    assert "worst 5 min" in announced
    assert "p95 of all pages in the worst five minutes" in announced
    week = said(curves.week(plan(), 1.0, 1680.0))
    assert "the 12 busiest of 168 parts" in week
    assert "Mon 08:00" in week
    assert "Sat 03:00" not in week
    soak = said(curves.soak(plan(), 0.8, 1800.0))
    assert "12 of 12" in soak
    assert "things that might grow" in soak


def test_a_run_without_figures_says_why_and_no_more() -> None:
    assert list(words.report(result(Outcome("invalid", ("nobody came",))))) == ["invalid: spike, 0 requests, 0 failed, 0 s", "  nobody came"]


@pytest.mark.parametrize("curve", [SPIKE, curves.announcement(plan(), 1.0, 1200.0), curves.week(plan(), 1.0, 1680.0), curves.soak(plan(), 0.8, 1800.0)])
def test_what_is_written_is_read_again_as_a_page_and_is_not_compared_where_the_load_changes(curve: Curve) -> None:
    told = result(outcome(shape(curve, come(curve, steady_ms))), curve.name)
    again = parse(told.model_dump_json(), "result.json")
    assert again == told
    written = page(again)
    assert "Part by part" in written
    assert curve.profile[-1].name in written or curve.name == "week"
    assert ("What may grow" in written) is (curve.name == "soak")
    if curve.name == "soak":
        check(("a", again), ("b", again))
        return
    with pytest.raises(PlanError, match="the load changes"):
        check(("a", again), ("b", again))


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    seen: list[tuple[Any, ...]] = []

    def driving(name: str) -> Any:  # noqa: ANN401 - one of four functions
        def drive(_: object, *wanted: Any) -> Result:  # noqa: ANN401 - what is passed on
            seen.append((name, *wanted[:-1]))
            return result(outcome(shape(SPIKE, come(SPIKE, steady_ms))), name)

        return drive

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deployments, "load", lambda _name: Desk(tmp_path / "pilot"))
    monkeypatch.setattr(live, "engine_client", lambda: None)
    for name in ("announcement", "week", "soak", "spike"):
        monkeypatch.setattr(running, name, driving(name))
    return seen


SMALL_SOAK = ["soak", "--people", "800", "--duration", "600", "--requests", "50", "--processes", "2"]


def test_what_is_asked_is_passed_on(asked: list[tuple[Any, ...]]) -> None:
    for argv in (["announcement"], ["week", "--share", "0.5"], ["soak"], SMALL_SOAK, ["spike"]):
        assert run(["test", *argv]) == 0
    assert run(["test", "spike", "--base", "0.2", "--to", "3", "--jump", "10", "--duration", "100"]) == 0
    assert asked == [
        ("announcement", Asked(1.0, 900.0, 1_000_000)),
        ("week", Asked(0.5, 1680.0, 1_000_000)),
        ("soak", Asked(0.8, 7200.0, 1_000_000)),
        ("soak", Asked(2.0, 600.0, 50, 2)),
        ("spike", Asked(1.0, 300.0, 1_000_000), Jump(0.5, 2.0, None)),
        ("spike", Asked(1.0, 100.0, 1_000_000), Jump(0.2, 3.0, 10.0)),
    ]
    written = Result.model_validate_json(Path("result.json").read_text())
    assert (written.schema_.version, written.verdict) == (8, "passed")
    assert written.shape is not None


@pytest.mark.parametrize("name", ["announcement", "week", "soak"])
def test_both_at_once_are_refused(asked: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert run(["test", name, "--people", "800", "--share", "2"]) == 1
    assert "give one of them" in capsys.readouterr().err
    assert asked == []


@pytest.mark.parametrize(
    "nonsense",
    [
        ["announcement", "--duration", "5"],
        ["week", "--duration", "100"],
        ["soak", "--share", "0"],
        ["soak", "--duration", "50000"],
        ["spike", "--jump", "1"],
        ["spike", "--share", "2"],
        ["spike", "--to", "nan"],
    ],
)
def test_nonsense_is_refused_before_anything_is_driven(asked: list[tuple[Any, ...]], nonsense: list[str]) -> None:
    assert run(["test", *nonsense]) in {1, 2}
    assert asked == []


def test_where_the_plan_tells_no_mail_that_is_said_with_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deployments, "load", lambda _name: Desk(tmp_path / "pilot"))
    monkeypatch.setattr(live, "engine_client", lambda: None)
    assert run(["test", "announcement"]) == 1
    error = capsys.readouterr().err
    assert "no mail goes to everyone" in error
    assert "announcement-mail" in error
    assert not Path("result.json").exists()
