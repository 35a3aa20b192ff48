"""Nobody notices an upgrade of a cluster: every service is replaced under load, front doors included, and no request fails."""

import os
import time
from collections.abc import Callable, Iterator

import pytest

from loadtests.flow import Flow
from tests.lab.cluster import standing
from tests.lab.flow import load
from tests.lab.rolling import left, more_of_everything, renew, tasks
from tests.lab.serving import ServingLab

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
PER_SECOND, AFTER, LIMIT_S = 5.0, 25, 2400
"""Three hosts share two cores with the generator: some 12 requests a second are what they bear."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingLab]:
    with standing(ServingLab(f"r{SLOT}oll", 3, tmp_path_factory.mktemp("rolling"))) as made:
        yield made


@pytest.fixture(scope="module")
def flow(cluster: ServingLab) -> Iterator[Flow]:
    """Open arrivals, half of them uncacheable, nine in a hundred writes; nothing is sent twice."""
    with load(cluster.cluster, cluster.folder, print, rate_per_second=PER_SECOND, limit_s=LIMIT_S) as running:
        running.wait_for_arrivals(AFTER)
        yield running


def replaced(flow: Flow, cluster: ServingLab, change: Callable[[], None], *roles: str) -> None:
    """Make a change: tasks of ``roles`` (none: all services) are others afterwards, no request has failed, nothing is left of stand-ins."""
    before, since = tasks(cluster), time.time()
    change()
    now = tasks(cluster)
    for service in [f"{cluster.cluster.plan.platform.name}-{role}" for role in roles] or before:
        assert now[service], f"{service} does not run"
        assert not now[service] & before[service], f"{service} was not replaced"
    flow.wait_for_arrivals(AFTER)
    failed = flow.failed_since(since)
    assert not failed, "\n".join(f"{event.at - since:+.1f} s {event}" for event in failed[:20])
    assert left(cluster) == []


def test_new_limits_of_every_service_fail_no_request(flow: Flow, cluster: ServingLab) -> None:
    def change() -> None:
        more_of_everything(cluster)
        done = cluster.deploy()
        assert done.code == 0, done.said
        assert "stand-ins take new connections" in done.said

    replaced(flow, cluster, change)


def test_a_new_image_of_the_front_doors_fails_no_request(flow: Flow, cluster: ServingLab) -> None:
    replaced(flow, cluster, lambda: renew(cluster, ["frontdoor"]), "frontdoor")


def test_nothing_that_was_acknowledged_is_lost_doubled_or_hidden_and_nobody_was_signed_out(flow: Flow) -> None:
    result = flow.stop()
    assert result.driven is not None
    print(f"{result.requests} requests at {result.driven.rate_per_second}/s, {result.failures} failed, {result.driven.writes.acknowledged} writes")  # noqa: T201
    assert result.verdict == "passed", result.reasons
    assert result.driven.writes.acknowledged > 0
