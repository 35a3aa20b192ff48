"""Load that flows through all tests of a file, and what they change under it."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.deployment import Deployment
from infra.live import engine_client
from infra.logs import past, sources
from loadtests.flow import Flow, flowing
from tests.platform.conftest import KEEP, Command
from tests.platform.rolling import images

MEASURE_S = 8
MIDDLE = 0.55
AFTER = 25
Tasks = Callable[[str], set[str]]
Limits = dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def flow(deployment: Deployment, request: pytest.FixtureRequest) -> Iterator[Flow]:
    """Open arrivals at 55 % (or the file's SHARE) of the capacity that is measured first, half of them uncacheable; stopped after the last test."""
    with flowing(deployment, print, measure_s=MEASURE_S, share=getattr(request.module, "SHARE", MIDDLE)) as running:
        driven = running.wait_for_arrivals()
        print(f"capacity {driven.capacity_per_second}/s, load {driven.rate_per_second}/s")  # noqa: T201 - shown where it fails
        yield running


def assert_nothing_failed(flow: Flow, since: float) -> None:
    """Load still flows, and none of the requests since then has failed."""
    flow.wait_for_arrivals(AFTER)
    failed = flow.failed_since(since)
    assert not failed, "\n".join([*(f"{event.at - since:+.1f} s {event}" for event in failed[:20]), *_told_of_it(flow.deployment.plan.platform.name, since)])


def _told_of_it(name: str, since: float) -> list[str]:
    """What the front door wrote of answers that nobody could give, and of servers that came and went."""
    client = engine_client()
    lines = past(client, sources(client, name, ["frontdoor"]), since)
    return [f"{line.time} {line.container} {line.text}" for line in lines if '"status": 5' in line.text or not line.text.startswith("{")]


def assert_all_is_there(flow: Flow) -> None:
    """Stop the load: nothing that was acknowledged is lost, doubled or hidden, and nobody was signed out."""
    result = flow.stop()
    assert result.driven is not None
    print(f"{result.requests} requests at {result.driven.rate_per_second}/s, {result.failures} failed, {result.driven.writes.acknowledged} writes")  # noqa: T201
    assert result.verdict == "passed", result.reasons
    assert result.driven.writes.acknowledged > 0


@pytest.fixture
def tasks(deployment: Deployment) -> Tasks:
    """The ids of the tasks of a role that shall run."""

    def ask(role: str) -> set[str]:
        wanted = {"service": deployment.service(role), "desired-state": "running"}
        found: list[dict[str, str]] = engine_client().api.tasks(wanted)  # type: ignore[no-untyped-call] # docker's stubs leave it open
        return {task["ID"] for task in found}

    return ask


@pytest.fixture(scope="module")
def deploy_limits(plan: Command, folder: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[Callable[[Limits], None]], str]]:
    """Deploy the plan with changed limits, those of earlier tests included; return what was said.

    At the end the first plan is in force again, where anybody needs it.
    """
    plan_now = json.loads((folder / "plan.json").read_text())

    def deploy(change: Callable[[Limits], None]) -> str:
        change(plan_now["limits"])
        (folder / "changed.json").write_text(json.dumps(plan_now))
        done = plan("deploy", "changed.json", "--yes")
        assert done.returncode == 0, done.stderr
        return done.stderr

    yield deploy
    if os.environ.get(KEEP) or _needed_after(request):
        back = plan("deploy", "--yes")
        assert back.returncode == 0, back.stderr


def _needed_after(request: pytest.FixtureRequest) -> bool:
    """Tell whether a test of another file comes that asks for the deployment."""
    asking = [item for item in request.session.items if isinstance(item, pytest.Function) and "deployment" in item.fixturenames]
    return asking[-1].path != request.path


@pytest.fixture
def variant() -> Iterator[Callable[[str], str]]:
    """Build another image that differs from a given one by a label; removed afterwards where nothing uses it."""
    made: list[str] = []

    def build(reference: str) -> str:
        made.append(images.variant(reference))
        return made[-1]

    yield build
    for name in made:
        subprocess.run(["docker", "image", "rm", "--no-prune", name], check=False, capture_output=True)
