"""A whole closed run: real Locust, real TLS, a pretended platform on this machine's loopback."""

import time
from dataclasses import dataclass

import pytest

from loadtests.accuracy.rows import check
from loadtests.closed.run import Asked, closed
from loadtests.compare.comparable import check as comparable
from loadtests.verdict import Result
from runtime.errors import PlanError
from sizing.plan import Plan
from tests.unit.loadtests.steady.again import again
from tests.unit.loadtests.steady.pretend import Mood, PretendDeployment, when_open

PEOPLE, SECONDS, STALL_S = 6, 8.0, 2.5
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

    result = again(
        drive, lambda result: result.verdict != "invalid" and any(slow.waited_ms > 500 for slow in (result.measured.slow if result.measured else ()))
    )
    found = result.measured
    assert found is not None
    assert found.closed is not None
    assert (result.scenario, found.closed.people) == ("closed", PEOPLE)
    stuck = [slow for slow in found.slow if slow.waited_ms > 500 and slow.request_class not in FILES]
    assert len(stuck) <= 2 * PEOPLE, "each person can wait once in a stall (twice where a slow machine makes one of its own)"
    assert max(slow.waited_ms for slow in found.slow) <= 1000 * STALL_S + 2000
    assert any("slow platform is asked for less" in note for note in found.notes)
    assert result.failures == 0
    assert 0 < found.offered_per_second <= 2 * found.closed.most_per_second
    with pytest.raises(PlanError, match="come again after the answer"):
        check(hasty.plan, result, "result.json")


def test_a_limit_of_requests_ends_the_lives(hasty: Hasty) -> None:
    result = driven(hasty, requests=30)
    assert result.measured is not None
    assert result.measured.stopped == "the limit of 30 requests"
    assert result.requests <= 30 + 8 * PEOPLE


def test_results_of_other_people_are_not_compared(hasty: Hasty) -> None:
    one = again(lambda: driven(hasty), lambda result: result.verdict != "invalid")
    if one.measured is None or one.measured.closed is None or one.verdict == "invalid":
        return  # a busy machine: the honest answer, and nothing to compare
    comparable(("one", one), ("same", one))
    more = one.measured.closed.model_copy(update={"people": 2 * PEOPLE, "most_per_second": 2 * one.measured.closed.most_per_second})
    other = one.model_copy(update={"measured": one.measured.model_copy(update={"closed": more})})
    with pytest.raises(PlanError, match="another workload"):
        comparable(("one", one), ("other", other))
