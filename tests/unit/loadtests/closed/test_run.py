"""A whole closed run: real Locust, real TLS, a pretended platform on this machine's loopback."""

import time
from dataclasses import dataclass

import pytest

from loadtests.accuracy.rows import check
from loadtests.closed.run import Asked, closed, told_of
from loadtests.compare.comparable import check as comparable
from loadtests.measure.histogram import decode
from loadtests.steady.findings import outcome
from loadtests.verdict import Result
from runtime.errors import PlanError
from sizing.plan import Plan
from tests.unit.loadtests.steady.again import again
from tests.unit.loadtests.steady.peaks import facts, order, plan, workload
from tests.unit.loadtests.steady.pretend import Mood, PretendDeployment, when_open

PEOPLE, SECONDS, STALL_S = 12, 8.0, 4.0
FILES = {"asset", "media_view"}


@dataclass
class Hasty(PretendDeployment):
    """A deployment whose people think a second; nobody signs in, so that as many as want to may come."""

    @property
    def plan(self) -> Plan:
        found = super().plan
        rates = {**found.peak.by_class, "sign_in": 0.0}
        return found.model_copy(update={"peak": found.peak.model_copy(update={"think_time_s": 1.0, "by_class": rates})})


@pytest.fixture
def hasty(pretended: PretendDeployment) -> Hasty:
    return Hasty(pretended.folder, urls=pretended.urls, ports=pretended.ports, ca_file=pretended.ca_file)


def driven(deployment: Hasty, people: int = PEOPLE, requests: int = 10_000) -> Result:
    result = closed(deployment, Asked(people, SECONDS, requests), lambda _: None)
    assert {path.name for path in (deployment.folder / "tests").iterdir()} == {"lock"}
    assert deployment.there == set()
    return result


def test_people_who_wait_ask_for_nothing_and_the_result_says_so(hasty: Hasty, mood: Mood) -> None:
    def stall() -> None:
        mood.awake = time.monotonic() + STALL_S

    def drive() -> Result:
        mood.asked = 0
        when_open(mood, stall, after=60)
        return driven(hasty)

    result = again(drive, waited)
    found = result.measured
    assert found is not None
    assert found.closed is not None
    assert (result.scenario, found.closed.people) == ("closed", PEOPLE)
    stuck = sum(decode(text).above(500.0) for part in result.classes if part.name not in FILES for text in part.histograms.values())
    assert 0 < stuck <= 2 * PEOPLE, "each waits once (twice where a slow machine makes a stall of its own); of open arrivals it would be some fifty"
    assert max(slow.waited_ms for slow in found.slow) <= 1000 * STALL_S + 2000
    assert any("slow platform is asked for less" in note for note in found.notes)
    assert result.failures == 0
    assert 0 < found.offered_per_second <= 2 * found.closed.most_per_second
    with pytest.raises(PlanError, match="come again after the answer"):
        check(hasty.plan, result, "result.json")


def waited(result: Result) -> bool:
    """Tell whether the stall was met, and the generator was not late itself."""
    found = result.measured
    return found is not None and not found.generator.faults and found.slow[0].waited_ms > 1000


def test_a_limit_of_requests_ends_the_lives(hasty: Hasty) -> None:
    result = driven(hasty, requests=30)
    assert result.measured is not None
    assert result.measured.stopped == "the limit of 30 requests"
    assert result.requests <= 30 + 8 * PEOPLE


def test_results_of_other_people_are_not_compared_and_of_as_many_are_whatever_was_predicted() -> None:
    def tested(people: int, predicted: float) -> Result:
        asked = order().model_copy(update={"people": people, "workload": workload(predicted)})
        found = outcome(facts(order=asked))
        assert found.measured is not None
        measured = found.measured.model_copy(update={"closed": told_of(plan(), asked)})
        return Result(scenario="closed", platform="pilot", started="2026-11-29T12:00:00+00:00", **{**vars(found), "measured": measured})

    comparable(("one", tested(40, 0.4)), ("after a calibration", tested(40, 0.3)))
    with pytest.raises(PlanError, match="another workload"):
        comparable(("one", tested(40, 0.4)), ("other", tested(80, 0.8)))
