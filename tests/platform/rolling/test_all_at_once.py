"""The short story: under load every service is replaced by one deploy, then the database is restarted, and no request fails."""

import subprocess
import time
from collections.abc import Callable

from infra.deployment import Deployment
from loadtests.flow import Flow
from tests.platform.rolling.conftest import Limits, Tasks, assert_all_is_there, assert_nothing_failed
from tests.platform.rolling.limits import CHANGES

# Less than in 'make prove': this must hold on a machine that others use, too.
SHARE = 0.3


def test_new_limits_of_every_service_fail_no_request(flow: Flow, deploy_limits: Callable[[Callable[[Limits], None]], str], tasks: Tasks) -> None:
    def change(limits: Limits) -> None:
        for role, limit, by in CHANGES.values():
            limits[role][limit] += by

    before, since = {role: tasks(role) for roles in CHANGES for role in roles}, time.time()
    assert "the front door is replaced" in deploy_limits(change)
    for role, old in before.items():
        now = tasks(role)
        assert now, f"{role} does not run"
        assert not now & old, f"{role} was not replaced"
    assert_nothing_failed(flow, since)


def test_a_restart_of_the_database_fails_no_request(flow: Flow, deployment: Deployment, tasks: Tasks) -> None:
    before, since = tasks("database"), time.time()
    subprocess.run(["docker", "service", "update", "--quiet", "--force", deployment.service("database")], check=True, capture_output=True)
    assert not tasks("database") & before
    assert_nothing_failed(flow, since)


def test_nothing_that_was_acknowledged_is_lost_doubled_or_hidden(flow: Flow) -> None:
    assert_all_is_there(flow)
