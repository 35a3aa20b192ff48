"""The steady test on the real platform: it measures what the plan says, judges it, leaves nothing, and never passes by mistake."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.deployment import Deployment
from loadtests import spaces
from loadtests.generator import processes_of
from loadtests.measure.histogram import decode
from tests.platform.conftest import PLAN, Command
from tests.platform.test_smoke import BEGIN_S, assert_no_trace, left_over, query, settled

PASSED, MEND = 0, 1
EXIT_CODES = {"passed": PASSED, "invalid": MEND, "failed": 3}
TRIES = 3
PEOPLE, SECONDS = 4000, 70
AT_ONCE, SHORT_S = 100, 20
Found = tuple[set[tuple[str, object]], dict[str, str]]
# What people wrote, word for word; views, sessions and jobs are not in these.
CONTENT = """SELECT CONCAT("CHECKSUM TABLE `", table_name, "`;") FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_name REGEXP '(posts|comments|^revision|^text|^content|^slots)$'"""


def content(deployment: Deployment) -> dict[str, str]:
    """A checksum of every table that holds what people wrote, on every blog and the wiki."""
    told = (query(deployment, application, query(deployment, application, CONTENT)) for application in ("blogs", "wiki"))
    return dict(line.split("\t", 1) for text in told for line in text.splitlines())


@pytest.fixture(scope="module")
def before(deployment: Deployment, plan: Command) -> Found:
    """Everything that is there before the first test."""
    assert plan("test", "clean", "--name", deployment.name).returncode == PASSED
    return settled(deployment), content(deployment)


def nothing_left(deployment: Deployment, before: Found) -> None:
    assert_no_trace(deployment, before[0])
    assert content(deployment) == before[1]
    assert left_over(deployment) == set()


def driven(deployment: Deployment, plan: Command, folder: Path) -> dict[str, Any]:
    """Drive the peak; return the answer, whose verdict follows from what it says of the targets and of the generator."""
    tested = plan("test", "steady", "--name", deployment.name, "--people", str(PEOPLE), "--duration", str(SECONDS), "--json")
    answer: dict[str, Any] = json.loads(tested.stdout)
    assert answer == json.loads((folder / "result.json").read_text())
    answers = {one["answer"] for one in answer["measured"]["judgements"]}
    starved = answer["measured"]["generator"]["faults"]
    right = "invalid" if starved else "failed" if "missed" in answers else "passed" if answers == {"met"} else "invalid"
    assert (answer["verdict"], tested.returncode) == (right, EXIT_CODES[right]), answer["reasons"]
    return answer


def test_the_plans_peak_is_driven_measured_judged_and_gone(deployment: Deployment, plan: Command, folder: Path, before: Found) -> None:
    for _ in range(TRIES):  # others take the cores or the disk for a moment: then the honest answer is another, but not each time
        answer = driven(deployment, plan, folder)
        nothing_left(deployment, before)
        if answer["verdict"] == "passed":
            break
    found = answer["measured"]
    assert answer["verdict"] == "passed" or found["generator"]["faults"], answer["reasons"]
    expected = deployment.plan.peak.requests_per_second * PEOPLE / deployment.plan.people
    assert answer["requests"] / answer["duration_s"] == pytest.approx(expected, rel=0.5)
    assert {"page_anonymous", "page_signed_in", "wiki_view", "media_view"} <= {part["name"] for part in answer["classes"]}
    assert {one["target"] for one in found["judgements"]} >= {"p95 of all pages", "p95 of real first pages", "errors", "processors", "memory of database"}
    for part in answer["classes"]:
        assert sum(decode(text).count for text in part["histograms"].values()) == part["requests"]
    services = {service["name"]: service for service in found["platform"]["services"]}
    assert sum(services["blogs"]["cpu_cores"]) > sum(services["mail"]["cpu_cores"])
    assert services["database"]["memory_mib"][-1] > 50
    assert answer["failures"] == 0 or answer["verdict"] != "passed"


def test_people_at_once_are_driven_and_judged_and_gone(deployment: Deployment, plan: Command, before: Found) -> None:
    tested = plan("test", "steady", "--name", deployment.name, "--closed", str(AT_ONCE), "--duration", str(SHORT_S), "--json")
    answer = json.loads(tested.stdout)
    assert tested.returncode == EXIT_CODES[answer["verdict"]], answer["reasons"]
    assert answer["verdict"] != "passed" or not answer["measured"]["generator"]["faults"]
    nothing_left(deployment, before)
    told, came = answer["measured"]["closed"], answer["requests"] / answer["duration_s"]
    assert (answer["scenario"], told["people"]) == ("closed", AT_ONCE)
    assert told["predicted_per_second"] <= told["most_per_second"]
    assert 0.3 * told["predicted_per_second"] < came < 2 * told["most_per_second"]
    assert any("slow platform is asked for less" in note for note in answer["measured"]["notes"])


def test_an_interrupted_test_tells_what_it_measured_and_does_not_pass(deployment: Deployment, folder: Path, before: Found) -> None:
    argv = [PLAN, "test", "steady", "--name", deployment.name, "--people", str(PEOPLE)]
    with subprocess.Popen(argv, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        assert running.stderr is not None
        assert any("requests, " in line for line in running.stderr)
        target = next(spaces.folder(deployment).glob("target-*.json"))
        running.send_signal(signal.SIGINT)
        said, _ = running.communicate(timeout=BEGIN_S)
    assert running.returncode == MEND, said
    assert said.startswith("invalid")
    assert "stopped: interrupted" in said
    assert json.loads((folder / "result.json").read_text())["requests"] > 0
    assert processes_of(target) == []
    nothing_left(deployment, before)
