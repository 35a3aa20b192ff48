"""The verdict on a run: does the platform do what people come for."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from loadtests.calibrate.measured import Calibrated
from loadtests.capacity.measured import Capacity
from loadtests.load import Driven
from loadtests.part import Part
from loadtests.recorder import RequestClass, Schema, Summary
from loadtests.scale.measured import Scale
from loadtests.scenarios.registry import Scenario
from loadtests.shapes.measured import Shape
from loadtests.steady.measured import Measured

VERSION = 8
Verdict = Literal["passed", "failed", "invalid"]
EXIT_CODES: dict[Verdict, int] = {"passed": 0, "invalid": 1, "failed": 3}


class Result(Part):
    """``result.json``."""

    schema_: Schema = Field(default=Schema(version=VERSION), alias="schema")
    scenario: str
    platform: str = Field(description="name of the deployment")
    plan_digest: str = Field(default="", description="of the plan that was deployed")
    started: str = Field(description="UTC, ISO 8601")
    duration_s: float
    requests: int
    failures: int
    classes: tuple[RequestClass, ...]
    verdict: Verdict
    reasons: tuple[str, ...] = Field(description="why it did not pass")
    driven: Driven | None = Field(default=None, description="of the mixed scenario, which runs while something else is done")
    measured: Measured | None = Field(default=None, description="of a steady test, and of a shape")
    capacity: Capacity | None = Field(default=None, description="of a search for the capacity")
    calibrated: Calibrated | None = Field(default=None, description="of a calibration")
    shape: Shape | None = Field(default=None, description="of a test of an announcement, a week, a soak or a spike")
    scale: Scale | None = Field(default=None, description="of a test of scaling")

    around: tuple[str, ...] = Field(default=(), description="of a cluster: where it runs, where load came from, and what that means")
    shared: bool = Field(default=False, description="hosts shared a kernel and its cores, as in a lab: its times calibrate nothing")

    @property
    def exit_code(self) -> int:
        """0 passed; 1 invalid: the test proved nothing; 3 failed: the answer is no."""
        return EXIT_CODES[self.verdict]


def judge(scenario: Scenario, summary: Summary) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict and its reasons.

    A test that could not do its own work is invalid; any failed check, anybody who did not come
    to their end, and any request class that nobody saw makes it failed.
    """
    faults = tuple(_faults(summary))
    failures = tuple(_failures(scenario, summary))
    if failures:
        return "failed", (*failures, *faults)
    return ("invalid", faults) if faults else ("passed", ())


def _faults(summary: Summary) -> Iterable[str]:
    if not summary.ended:
        yield "the load generator did not come to its end"
    for error in dict.fromkeys(summary.errors):
        yield f"the test itself failed: {error}"


def _failures(scenario: Scenario, summary: Summary) -> Iterable[str]:
    for part in summary.classes:
        for failure in part.failures:
            yield f"{part.name}: {failure.count} of {part.requests} failed ({failure.kind}): {failure.first}"
    if summary.ended and not summary.errors and summary.finished < summary.users:
        yield f"only {summary.finished} of {summary.users} people were through after {summary.duration_s:.0f} s"
    yield from _writes(summary)
    seen = {part.name for part in summary.classes}
    missing = [name for name in scenario.classes if name not in seen]
    if summary.ended and not summary.errors and missing:
        yield f"nobody came as far as: {', '.join(missing)}"


def _writes(summary: Summary) -> Iterable[str]:
    if summary.driven is None:
        return
    writes = summary.driven.writes
    for what, words in (("lost", writes.lost), ("doubled", writes.doubled), ("not shown to readers", writes.stale)):
        if words:
            yield f"{len(words)} of {writes.acknowledged} acknowledged writes {what}: {', '.join(words[:5])}"
