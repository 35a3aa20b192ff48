"""Under load that is never interrupted, every service is changed in turn, and no request fails.

The tests are one story and run in this order: the load of the session flows through all of them.
"""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra import standin
from infra.deployment import Deployment
from infra.images import references
from loadtests.flow import Flow
from tests.platform.conftest import Command
from tests.platform.rolling.conftest import Limits, Tasks, assert_all_is_there, assert_nothing_failed
from tests.platform.rolling.images import roll
from tests.platform.rolling.limits import CHANGES

RELOADS = 5


def more(role: str, limit: str, by: int) -> Callable[[Limits], None]:
    def change(limits: Limits) -> None:
        limits[role][limit] += by

    return change


@pytest.mark.parametrize(
    ("roles", "change"),
    [(roles, more(*change)) for roles, change in CHANGES.items()],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_new_limit_fails_no_request(
    roles: tuple[str, ...], change: Callable[[Limits], None], flow: Flow, deploy_limits: Callable[[Callable[[Limits], None]], str], tasks: Tasks
) -> None:
    before, since = {role: tasks(role) for role in roles}, time.time()
    said = deploy_limits(change)
    for role in roles:
        now = tasks(role)
        assert now, f"{role} does not run"
        assert not now & before[role], f"{role} was not replaced"
    assert ("the front door is replaced" in said) == ("frontdoor" in roles)
    assert_nothing_failed(flow, since)


@pytest.mark.parametrize("role", ["blogs", "wiki", "pagecache"])
def test_a_new_image_fails_no_request(role: str, flow: Flow, deployment: Deployment, variant: Callable[[str], str], tasks: Tasks) -> None:
    image, before, since = variant(references()[role]), tasks(role), time.time()
    roll(deployment.service(role), image)
    assert not tasks(role) & before
    assert_nothing_failed(flow, since)


def test_a_new_image_of_the_front_door_fails_no_request(flow: Flow, deployment: Deployment, variant: Callable[[str], str], tasks: Tasks) -> None:
    image, before, since = variant(references()["frontdoor"]), tasks("frontdoor"), time.time()
    with standin.standing_in(deployment, image, print):
        roll(deployment.service("frontdoor"), image)
    assert not tasks("frontdoor") & before
    assert_nothing_failed(flow, since)


def test_reloads_of_the_front_door_fail_no_request(flow: Flow, deployment: Deployment) -> None:
    since = time.time()
    for _ in range(RELOADS):
        deployment.exec("frontdoor", ["underdesk-frontdoor", "reload"])
        flow.wait_for_arrivals(1)
    assert_nothing_failed(flow, since)


def test_going_back_to_the_first_plan_at_once_fails_no_request(flow: Flow, plan: Command, folder: Path) -> None:
    since = time.time()
    back = plan("deploy", str(folder / "plan.json"), "--yes")
    assert back.returncode == 0, back.stderr
    assert_nothing_failed(flow, since)


def test_nothing_that_was_acknowledged_is_lost_doubled_or_hidden_and_nobody_was_signed_out(flow: Flow) -> None:
    assert_all_is_there(flow)
