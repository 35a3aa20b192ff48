"""One run of a scenario: test spaces, Locust, verdict, and everything away again."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from loadtests import spaces, target
from loadtests.deployment import Deployment
from loadtests.generator import drive
from loadtests.load import Manner
from loadtests.recorder import Summary
from loadtests.resolve import check_own
from loadtests.scenarios.registry import Scenario
from loadtests.verdict import Result, Verdict, judge
from runtime import files
from runtime.errors import PlanError
from runtime.locks import lock
from runtime.run import Completed
from runtime.signals import orderly_end

Say = Callable[[str], None]
PLAIN = Manner()
Judged = tuple[Verdict, tuple[str, ...]]


def perform(deployment: Deployment, scenario: Scenario, say: Say, manner: Manner = PLAIN) -> Result:
    """Run ``scenario`` against ``deployment`` and return the result, which is also kept in its folder.

    Raises PlanError where the target is foreign or another test runs.
    """
    check_own(deployment.address)
    with orderly_end(), lock(spaces.guard(deployment)):
        for line in spaces.clean(deployment):
            say(line)
        result = _measured(deployment, scenario, say, manner)
    files.write(last_file(deployment, scenario.name), result.model_dump_json(indent=2) + "\n")
    return result


def last_file(deployment: Deployment, name: str) -> Path:
    """Return where the last result of scenario ``name`` is kept."""
    return spaces.folder(deployment) / f"last-{name}.json"


def _measured(deployment: Deployment, scenario: Scenario, say: Say, manner: Manner) -> Result:
    started = datetime.now(UTC)
    journal = spaces.begin(deployment, scenario.limit_s)
    summary: Summary | None = None
    left: tuple[str, ...] = ()
    try:
        made = spaces.create(deployment, journal, _size(scenario))
        say(f"test blog {made.blog.site_url}, test pages {made.wiki.namespace}:{made.token}")
        summary, judged = _driven(deployment, scenario, (made, manner), say)
    except spaces.UnusableError as problem:
        judged = "failed", (str(problem),)
    finally:
        left = spaces.remove(deployment, journal)
    verdict: Verdict = "failed" if left else judged[0]
    return _result(deployment, scenario, started, summary, (verdict, (*judged[1], *left)))


def _size(scenario: Scenario) -> spaces.Size:
    return spaces.Size(readers=scenario.readers, authors=scenario.authors, editors=scenario.editors, posts=scenario.posts, pages=scenario.pages)


def _driven(deployment: Deployment, scenario: Scenario, asked: tuple[spaces.Spaces, Manner], say: Say) -> tuple[Summary | None, Judged]:
    made, manner = asked
    told = spaces.target_file(deployment, made.token)
    seen = spaces.summary_file(deployment, made.token)
    files.write(told, target.build(deployment, made, seen, scenario.users, manner).model_dump_json(), files.PRIVATE)
    say(f"{scenario.users} people, at most {scenario.limit_s} s")
    done = drive(scenario, told)
    try:
        summary = Summary.model_validate_json(files.read(seen))
    except (PlanError, ValidationError):
        return None, ("invalid", (f"the load generator left no record: {_said(done)}",))
    return summary, judge(scenario, summary)


def _said(done: Completed) -> str:
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def _result(deployment: Deployment, scenario: Scenario, started: datetime, summary: Summary | None, judged: Judged) -> Result:
    return Result(
        scenario=scenario.name,
        platform=deployment.plan.platform.name,
        plan_digest=deployment.plan.inputs.digest,
        started=started.isoformat(timespec="seconds"),
        duration_s=summary.duration_s if summary else 0.0,
        requests=summary.requests if summary else 0,
        failures=summary.failed if summary else 0,
        classes=summary.classes if summary else (),
        verdict=judged[0],
        reasons=judged[1],
        driven=summary.driven if summary else None,
    )
