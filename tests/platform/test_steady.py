"""The steady test on the real platform: it measures what the plan says, judges it, leaves nothing, and never passes by mistake."""

import json
import signal
import subprocess
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from infra.deployment import Deployment
from loadtests import spaces
from loadtests.generator import processes_of
from loadtests.measure.histogram import decode
from loadtests.programs.measured import Column, Programs, columns
from loadtests.programs.observer import Observer
from tests.platform.conftest import PLAN, Command
from tests.platform.fastcgi import busy
from tests.platform.test_smoke import BEGIN_S, assert_no_trace, left_over, query, settled

PASSED, MEND = 0, 1
EXIT_CODES = {"passed": PASSED, "invalid": MEND, "failed": 3}
TRIES = 3
PEOPLE, SECONDS = 4000, 70
OBSERVERS = ("mapfile", "socat", "valkey-cli", "--unbuffered")
"""Of each program that is asked while a test runs, a word of the command line that asks it."""
LOOK_S = 60
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


def driven(deployment: Deployment, plan: Command, folder: Path, seconds: int = SECONDS, processes: int = 1) -> dict[str, Any]:
    """Drive the peak; return the answer, whose verdict follows from what it says of the targets and of the generator."""
    wanted = ("--people", str(PEOPLE), "--duration", str(seconds), "--processes", str(processes))
    tested = plan("test", "steady", "--name", deployment.name, *wanted, "--json")
    answer: dict[str, Any] = json.loads(tested.stdout)
    assert answer == json.loads((folder / "result.json").read_text())
    answers = {one["answer"] for one in answer["measured"]["judgements"]}
    starved = answer["measured"]["generator"]["faults"] or [one for one in answer["reasons"] if one.startswith("the test itself failed: process ")]
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
    assert_programs_told(answer)
    assert observers(deployment) == []


def assert_programs_told(answer: dict[str, Any]) -> None:
    """The programs told what was driven: the front door as many requests as came, the database statements for each page that PHP made."""
    run, found = answer["measured"], Programs.model_validate(answer["measured"]["platform"]["programs"])
    open_s = answer["duration_s"]
    looks = found.inside([(run["open_at"], run["open_at"] + open_s)])
    assert len([rate for rate in looks.front_door.requests_per_second if rate is not None]) > 0.5 * open_s / 2, found.notes
    rates = looks.front_door.requests_per_second
    told_s = sum(until - since for (since, until), rate in zip(pairwise(looks.at), rates[1:], strict=True) if rate is not None)
    sent = (answer["requests"] + run["probe"]["requests"]) * told_s / open_s
    assert came(looks.at, looks.front_door.requests_per_second) == pytest.approx(sent, rel=0.2, abs=20)
    statements = came(found.at, found.database.queries_per_second)
    made = sum(part["requests"] for part in answer["classes"] if part["name"] in {"page_signed_in", "search", "comment", "post"})
    assert statements > 3 * made > 0
    assert all(sum(value or 0.0 for value in pool.busy) <= len(found.at) * pool.children for pool in found.pools)
    assert all(any(value is not None for value in column) for column in columns(found))
    assert any(found.object_cache.hits_per_second[1:])
    assert any(value for value in run["series"]["page_cache_hits"])


def came(at: tuple[float, ...], per_second: Column) -> float:
    """How many came of what is told as a rate."""
    return sum((until - since) * (rate or 0.0) for (since, until), rate in zip(pairwise(at), per_second[1:], strict=True))


def observers(deployment: Deployment) -> list[str]:
    """What still asks programs inside the containers."""
    shown = [
        subprocess.run(["docker", "top", deployment.container(role), "-o", "pid,args"], capture_output=True, text=True, check=True).stdout
        for role in ("blogs", "wiki", "frontdoor", "database", "objectcache")
    ]
    return [line for text in shown for line in text.splitlines() if any(word in line for word in OBSERVERS)]


def test_a_pool_that_is_full_shows_with_who_waits(deployment: Deployment) -> None:
    children = deployment.plan.limits.blogs.fpm_children
    observer = Observer(deployment.name, {"blogs": children})
    with busy(deployment, "blogs", children + 3):
        observer.start()
        deadline = time.monotonic() + LOOK_S
        while not (seen := full(observer, children)) and time.monotonic() < deadline:
            time.sleep(0.2)
        observer.stop()
    assert seen, observer.programs()
    while observers(deployment) and time.monotonic() < deadline + LOOK_S:  # they end when they hear that nobody asks any more
        time.sleep(0.2)
    assert observers(deployment) == []


def full(observer: Observer, children: int) -> bool:
    """Whether every child was at work at a look, and those who were held beside them waited."""
    found = observer.programs()
    pairs = zip(found.pools[0].busy, found.pools[0].waiting, strict=True) if found else ()
    return any(busy == children and waiting is not None and waiting >= 3 for busy, waiting in pairs)


def test_several_processes_drive_it_together_with_the_sessions_of_one(deployment: Deployment, plan: Command, folder: Path, before: Found) -> None:
    answer = driven(deployment, plan, folder, seconds=20, processes=2)
    nothing_left(deployment, before)
    assert answer["measured"]["generator"]["processes"] == 2
    assert {"page_anonymous", "page_signed_in", "wiki_view"} <= {part["name"] for part in answer["classes"]}
    assert answer["failures"] == 0 or answer["verdict"] == "invalid", answer["reasons"]


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
    assert observers(deployment) == []
    nothing_left(deployment, before)
