"""A spike and an announcement on the real platform: driven part by part as the plan says, judged, and nothing left."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.deployment import Deployment
from tests.platform.conftest import Command
from tests.platform.test_smoke import assert_no_trace, left_over, settled

PASSED, MEND = 0, 1
EXIT_CODES = {"passed": PASSED, "invalid": MEND, "failed": 3}
TRIES = 3
PEOPLE, MAILED = 4000, 16_000
Traces = set[tuple[str, object]]


@pytest.fixture(scope="module")
def before(deployment: Deployment, plan: Command) -> Traces:
    """Everything that is there before the first test."""
    assert plan("test", "clean", "--name", deployment.name).returncode == PASSED
    return settled(deployment)


def driven(deployment: Deployment, plan: Command, folder: Path, before: Traces, *argv: str) -> dict[str, Any]:
    """Drive a shape; return its answer, which is on disk, too, and leaves nothing behind on the platform.

    Others take the cores or the disk for a moment: then the honest answer is another, but not each time.
    """
    answer: dict[str, Any] = {}
    for _ in range(TRIES):
        tested = plan("test", *argv, "--name", deployment.name, "--json")
        answer = json.loads(tested.stdout)
        assert answer == json.loads((folder / "result.json").read_text())
        assert tested.returncode == EXIT_CODES[answer["verdict"]], answer["reasons"]
        assert answer["verdict"] != "passed" or (answer["shape"]["whole"] and not answer["measured"]["generator"]["faults"])
        assert_no_trace(deployment, before)
        assert left_over(deployment) == set()
        if quiet(answer):
            break
    assert sum(part["requests"] for part in answer["shape"]["parts"]) == answer["requests"]
    return answer


def quiet(answer: dict[str, Any]) -> bool:
    """Tell whether nobody disturbed it: driven to its end, and all that happened is that half a minute may be too short to be sure."""
    missed = [one for one in answer["measured"]["judgements"] if one["answer"] == "missed"]
    return bool(answer["shape"]["whole"] and not missed and not answer["failures"] and not any("generator" in reason for reason in answer["reasons"]))


def rate(parts: list[dict[str, Any]]) -> float:
    return float(sum(part["requests"] for part in parts)) / float(sum(part["seconds"] for part in parts))


def planned(parts: list[dict[str, Any]]) -> float:
    return float(sum(part["per_second_planned"] * part["seconds"] for part in parts)) / float(sum(part["seconds"] for part in parts))


def test_a_spike_jumps_and_the_platform_recovers(deployment: Deployment, plan: Command, folder: Path, before: Traces) -> None:
    share = PEOPLE / deployment.plan.people
    argv = ("spike", "--base", f"{share / 4:g}", "--to", f"{share * 1.5:g}", "--jump", "8", "--duration", "30")
    answer = driven(deployment, plan, folder, before, *argv)
    starved = any("generator" in reason for reason in answer["reasons"])
    assert quiet(answer) or starved, answer["reasons"]
    assert [part["name"] for part in answer["shape"]["parts"]] == ["base before", "jump", "base after"]
    calm, jump = [answer["shape"]["parts"][at] for at in (0, 2)], [answer["shape"]["parts"][1]]
    assert planned(jump) == pytest.approx(6 * planned(calm), rel=1e-2)
    assert rate(jump) > 1.5 * rate(calm)
    assert rate(jump) == pytest.approx(planned(jump), rel=0.6)
    assert answer["shape"]["front_door"].startswith("in the jump ")
    assert all(part["utilisation"] is not None and part["utilisation_predicted"] is not None for part in answer["shape"]["parts"])
    targets = {one["target"] for one in answer["measured"]["judgements"]}
    assert {"p95 of all pages", "errors", "recovery after the jump", "memory of database"} <= targets


@pytest.fixture
def mailed(deployment: Deployment, plan: Command, folder: Path) -> Iterator[None]:
    """The deployment's plan tells an announcement meanwhile: that of the same brief with a mail to everyone, which changes nothing that is deployed."""
    (folder / "mailed.yaml").write_text((folder / "brief.yaml").read_text() + "discovery: {channels: [{channel: portal-link}, {channel: announcement-mail}]}\n")
    sized = plan("size", "mailed.yaml", "--output", "mailed.json")
    assert sized.returncode == PASSED, sized.stderr
    applied = deployment.folder / "plan.json"
    kept = applied.read_text()
    applied.write_text(json.dumps(json.loads(kept) | {"announcement": json.loads((folder / "mailed.json").read_text())["announcement"]}))
    yield
    applied.write_text(kept)


def test_where_no_mail_goes_to_everyone_that_is_said(deployment: Deployment, plan: Command) -> None:
    assert deployment.plan.announcement is None
    refused = plan("test", "announcement", "--name", deployment.name, "--duration", "45")
    assert refused.returncode == MEND
    assert "no mail goes to everyone" in refused.stderr


@pytest.mark.usefixtures("mailed")
def test_the_crowd_of_the_announcement_comes_beside_everyone_else(deployment: Deployment, plan: Command, folder: Path, before: Traces) -> None:
    answer = driven(deployment, plan, folder, before, "announcement", "--people", str(MAILED), "--duration", "45")
    assert quiet(answer) or any("generator" in reason for reason in answer["reasons"]), answer["reasons"]
    parts = answer["shape"]["parts"]
    assert len(parts) == 12
    assert planned(parts[3:]) > 1.5 * planned(parts[:3])
    assert rate(parts) == pytest.approx(planned(parts), rel=0.6)
    assert answer["shape"]["crowd"]["per_second"]["sign_in"] > 0
    targets = {one["target"] for one in answer["measured"]["judgements"]}
    assert {"p95 of all pages", "p95 of all pages in the worst five minutes", "errors in the worst five minutes"} <= targets
