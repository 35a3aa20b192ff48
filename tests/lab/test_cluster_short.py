"""The short set, in minutes: three real hosts become the whole platform; one of each kind fails; a change rolls over them; it is as planned at the end.

'make test' runs it ('make cluster'). Nothing is asserted of seconds, which others take; they are printed. One story on one lab, in this order.
"""

import json
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.cluster import standing, wait_for
from tests.lab.faults import WELL_S, suffer, well
from tests.lab.rolling import left, more, tasks
from tests.lab.serving import Crowd, ServingLab

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
AFTER, STATUS_S = 10, 300
PATIENCE_S = (60.0, 60.0)
"""Of those who must not notice a change: what is slow here is others' work, what fails is ours."""
ROLLED = ("blogs", "pagecache")
ONE_OF_EACH = {"web": "another host is killed", "front door": "the front door's host is cut off", "writer": "the writer's host is killed"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingLab]:
    began = time.monotonic()
    with standing(ServingLab(f"s{SLOT}hort", 3, tmp_path_factory.mktemp("short"))) as made:
        print(f"from nothing to a cluster that serves: {time.monotonic() - began:.0f} s")  # noqa: T201 - the figure
        yield made


def test_the_same_again_changes_nothing(cluster: ServingLab) -> None:
    done = cluster.deploy()
    told = done.answer
    assert (done.code, told["proposed"], told["services"], told["drift"], told["images"]) == (0, {}, [], [], []), done.said
    print(f"nothing to change: {done.seconds:.0f} s")  # noqa: T201 - the figure


@pytest.mark.parametrize("role", ONE_OF_EACH)
def test_one_host_fails_and_people_go_on_and_nothing_acknowledged_is_lost(cluster: ServingLab, tmp_path: Path, role: str) -> None:
    outcome = suffer(cluster, ONE_OF_EACH[role], tmp_path)
    print(outcome)  # noqa: T201 - the figures
    assert outcome.acknowledged > 0
    assert outcome.lost == ()
    assert outcome.at_once_s <= 0, outcome.writers


def test_a_change_rolls_over_the_hosts_and_nobody_notices(cluster: ServingLab, tmp_path: Path) -> None:
    wait_for(lambda: well(cluster), WELL_S, "the cluster is not well before the change")
    before, name = tasks(cluster), cluster.cluster.plan.platform.name
    more(cluster, ROLLED)
    with Crowd(cluster.site, tmp_path, f"change {uuid.uuid4().hex[:8]}", writers=1, patience_s=PATIENCE_S) as crowd:
        done = cluster.deploy()
        crowd.wait_for(AFTER)
    assert done.code == 0, done.said
    now = tasks(cluster)
    for role in ROLLED:
        assert now[f"{name}-{role}"], f"{role} does not run"
        assert not now[f"{name}-{role}"] & before[f"{name}-{role}"], f"{role} was not replaced"
    print(f"changed in {done.seconds:.0f} s; {len(crowd.reads.tries)} pages and {len(crowd.acknowledged)} posts meanwhile")  # noqa: T201 - the figures
    assert (crowd.reads.failures, crowd.writes.failures) == (0, 0)
    assert crowd.lost() == set()
    assert left(cluster) == []


def test_at_the_end_it_is_as_planned_and_status_says_so(cluster: ServingLab) -> None:
    wait_for(lambda: well(cluster), WELL_S, "the cluster is not well at the end")
    done = subprocess.run([*cluster.looking(), "--check", "--json"], capture_output=True, text=True, check=False, timeout=STATUS_S)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["problems"], told["drift"], told["hosts_drift"]) == ([], [], [])
    assert told["services"]["blogs"]["hosts"] == cluster.hosts
    assert told["database"]["writers"] == [cluster.writer()]
    assert told["addresses"] == {address: [cluster.holder()] for address in told["addresses"]}
