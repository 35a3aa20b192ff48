"""One run of a scenario: test spaces, Locust, verdict, and everything away again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from loadtests import spaces, surroundings, target
from loadtests.calibrate.measured import Calibrated
from loadtests.capacity.measured import Capacity
from loadtests.deployment import Deployment
from loadtests.elsewhere.crew import alone
from loadtests.generator import bounds, drive
from loadtests.load import Driven, Manner
from loadtests.recorder import RequestClass, Summary
from loadtests.resolve import check_own
from loadtests.scale import confine
from loadtests.scale.measured import Scale
from loadtests.scenarios.registry import Scenario
from loadtests.shapes.measured import Shape
from loadtests.steady.measured import Measured
from loadtests.verdict import Result, Verdict, judge
from runtime import files
from runtime.errors import PlanError
from runtime.locks import lock
from runtime.run import Completed
from runtime.signals import orderly_end

Say = Callable[[str], None]
PLAIN = Manner()


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    verdict: Verdict
    reasons: tuple[str, ...]
    duration_s: float = 0.0
    requests: int = 0
    failures: int = 0
    classes: tuple[RequestClass, ...] = ()
    driven: Driven | None = None
    measured: Measured | None = None
    capacity: Capacity | None = None
    calibrated: Calibrated | None = None
    shape: Shape | None = None
    scale: Scale | None = None


def perform(deployment: Deployment, scenario: Scenario, say: Say, manner: Manner = PLAIN) -> Result:
    """Run ``scenario`` against ``deployment`` and return the result, which is also kept in its folder.

    Raises PlanError where the target is foreign or another test runs.
    """
    result = in_spaces(deployment, scenario, say, lambda made: _driven(deployment, scenario, (made, manner), say))
    keep(deployment, result)
    return result


def in_spaces(deployment: Deployment, scenario: Scenario, say: Say, driven: Callable[[spaces.Spaces], Outcome]) -> Result:
    """Make test spaces, let ``driven`` do its work in them, take everything away again, and return the result.

    Raises PlanError where the target is foreign or another test runs.
    """
    check_own(deployment.address, surroundings.of(deployment).own)
    with orderly_end(), lock(spaces.guard(deployment)):
        for line in spaces.clean(deployment):
            say(line)
        confine.refuse_left(deployment)
        return _measured(deployment, scenario, say, driven)


def keep(deployment: Deployment, result: Result) -> Path:
    """Keep ``result`` as the last one of its scenario; return where."""
    path = last_file(deployment, result.scenario)
    files.write(path, result.model_dump_json(indent=2) + "\n")
    return path


def last_file(deployment: Deployment, name: str) -> Path:
    """Return where the last result of scenario ``name`` is kept."""
    return spaces.folder(deployment) / f"last-{name}.json"


def _measured(deployment: Deployment, scenario: Scenario, say: Say, driven: Callable[[spaces.Spaces], Outcome]) -> Result:
    started = datetime.now(UTC)
    journal = spaces.begin(deployment, scenario.limit_s)
    left: tuple[str, ...] = ()
    try:
        made = spaces.create(deployment, journal, _size(scenario))
        say(f"test blog {made.blog.site_url}, test pages {made.wiki.namespace}:{made.token}")
        outcome = driven(made)
    except spaces.UnusableError as problem:
        outcome = Outcome("failed", (str(problem),))
    finally:
        left = spaces.remove(deployment, journal)
    return Result(
        scenario=scenario.name,
        platform=deployment.plan.platform.name,
        plan_digest=deployment.plan.inputs.digest,
        started=started.isoformat(timespec="seconds"),
        duration_s=outcome.duration_s,
        requests=outcome.requests,
        failures=outcome.failures,
        classes=outcome.classes,
        verdict="failed" if left else outcome.verdict,
        reasons=(*outcome.reasons, *left),
        driven=outcome.driven,
        measured=outcome.measured,
        capacity=outcome.capacity,
        calibrated=outcome.calibrated,
        shape=outcome.shape,
        scale=outcome.scale,
        around=surroundings.of(deployment).notes,
        shared=any(one.platform.shared for one in (outcome.measured, outcome.capacity) if one),
    )


def _size(scenario: Scenario) -> spaces.Size:
    return spaces.Size(readers=scenario.readers, authors=scenario.authors, editors=scenario.editors, posts=scenario.posts, pages=scenario.pages)


def _driven(deployment: Deployment, scenario: Scenario, asked: tuple[spaces.Spaces, Manner], say: Say) -> Outcome:
    made, manner = asked
    seen = spaces.summary_file(deployment, made.token)
    told = told_target(deployment, scenario, made, manner)
    say(f"{scenario.users} people, at most {scenario.limit_s} s")
    left = _left(deployment, scenario, told)
    try:
        summary = Summary.model_validate_json(files.read(seen))
    except (PlanError, ValidationError):
        return Outcome("invalid", (f"the load generator left no record: {left}",))
    verdict, reasons = judge(scenario, summary)
    return Outcome(verdict, reasons, summary.duration_s, summary.requests, summary.failed, summary.classes, summary.driven)


def _left(deployment: Deployment, scenario: Scenario, told: Path) -> str:
    """Let people act, on this machine or the first that drives for it; return the last that was said. What was recorded stands where ``told`` says."""
    crew = surroundings.of(deployment).crew
    if not crew:
        return said(drive(scenario, told))
    recorded, words = alone(crew[0], scenario.file, bounds(scenario, scenario.users), told, scenario.limit_s)
    if recorded:
        files.write(target.load(told).summary, recorded, files.PRIVATE)
    return words or "it said nothing"


def told_target(deployment: Deployment, scenario: Scenario, made: spaces.Spaces, manner: Manner) -> Path:
    """Write what the Locust process is told, and return where."""
    path = spaces.target_file(deployment, made.token)
    whole = target.build(deployment, made, spaces.summary_file(deployment, made.token), scenario.users, manner)
    files.write(path, whole.model_dump_json(), files.PRIVATE)
    return path


def said(done: Completed) -> str:
    """Return the last that a process said."""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
