"""The whole platform on three real hosts: built, built again without a change, by a second engineer, and what people see while hosts fail."""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.cluster import wait_for
from tests.lab.serving import Crowd, ServingLab

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
KEEP = "UNDERDESK_KEEP"  # set it to keep the lab between runs while developing
UNCHANGED_S, WELL_S, ALL_BACK_S = 60, 300, 300
AFTER = 10
"""Posts and pages that come before a fault is over and before the next one."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingLab]:
    made = ServingLab(f"p{SLOT}lat", 3, tmp_path_factory.mktemp("platform"))
    if not os.environ.get(KEEP):
        made.down()
    made.up()
    try:
        done = made.deploy()
        assert done.code == 0, done.said
        print(f"bare hosts to serving: {done.seconds:.0f} s")  # noqa: T201 - the figure
        yield made
    finally:
        if not os.environ.get(KEEP):
            made.down()


def test_the_same_again_changes_nothing(cluster: ServingLab) -> None:
    done = cluster.deploy()
    answer = done.answer
    assert (done.code, answer["proposed"], answer["services"], answer["drift"], answer["images"]) == (0, {}, [], [], []), done.said
    assert done.seconds <= UNCHANGED_S
    print(f"nothing to change: {done.seconds:.0f} s")  # noqa: T201 - the figure


def test_the_database_has_one_writer_and_the_search_index_on_every_member(cluster: ServingLab) -> None:
    counted = {cluster.root(host, "mariadb -N -e 'SELECT COUNT(*) FROM wiki.searchindex'") for host in cluster.hosts}
    assert len(counted) == 1
    assert counted != {"0"}
    states = {cluster.root(host, "mariadb -N -e \"SHOW STATUS LIKE 'wsrep_local_state_comment'\"").split()[-1] for host in cluster.hosts}
    assert states == {"Synced"}


def well(cluster: ServingLab) -> bool:
    """Tell whether every member has everything, every task runs and every host is a node that is up."""
    for host in cluster.hosts:
        if "Synced" not in cluster.role(host, "mariadb -N -e \"SHOW STATUS LIKE 'wsrep_local_state_comment'\""):
            return False
    manager = cluster.hosts[0]
    tasks = cluster.role(manager, "docker service ls --format '{{.Replicas}}'").split()
    nodes = cluster.role(manager, "docker node ls --format '{{.Status}}'").split()
    return nodes == ["Ready"] * len(cluster.hosts) and all(one.partition("/")[0] == one.partition("/")[2].split("(")[0] for one in tasks)


def killed(cluster: ServingLab, host: str) -> Callable[[], None]:
    cluster.lab("kill", host)
    return lambda: (cluster.lab("start", host), None)[1]


def cut(cluster: ServingLab, host: str, *how: str) -> Callable[[], None]:
    cluster.lab("cut", host, *how)
    return lambda: (cluster.lab("heal", host), None)[1]


FAULTS: dict[str, tuple[str, Callable[[ServingLab, str], Callable[[], None]]]] = {
    "the front door's host is killed": ("holder", killed),
    "the front door's host is cut off": ("holder", cut),
    "the writer's host is killed": ("writer", killed),
    "the writer's host is cut off": ("writer", cut),
    "the writer's host hears nothing": ("writer", lambda cluster, host: cut(cluster, host, "--one-way", "in")),
    "the writer's host is not heard": ("writer", lambda cluster, host: cut(cluster, host, "--one-way", "out")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_acknowledged_is_lost_and_people_go_on_in_seconds(cluster: ServingLab, tmp_path: Path, fault: str) -> None:
    where, does = FAULTS[fault]
    wait_for(lambda: well(cluster), WELL_S, "the cluster is not well")
    with Crowd(cluster.site, tmp_path, f"fault {uuid.uuid4().hex[:8]}") as crowd:
        host = cluster.holder() if where == "holder" else cluster.writer()
        began = time.monotonic()
        mend = does(cluster, host)
        try:
            crowd.wait_for(AFTER)
        finally:
            mended = time.monotonic()
            mend()
        wait_for(lambda: well(cluster), WELL_S, f"the cluster is not well after: {fault}")
        crowd.wait_for(AFTER)
    reads, writes = crowd.reads.longest_s(began), crowd.writes.longest_s(began)
    again = time.monotonic() - mended
    print(f"{fault} ({host}): no page for {reads:.1f} s, no post for {writes:.1f} s at most, whole again {again:.0f} s after it was mended; ")  # noqa: T201 - the figure
    assert crowd.lost() == set()


def test_all_hosts_gone_at_once_come_back_by_themselves_and_nothing_acknowledged_is_lost(cluster: ServingLab, tmp_path: Path) -> None:
    wait_for(lambda: well(cluster), WELL_S, "the cluster is not well")
    with Crowd(cluster.site, tmp_path, f"all {uuid.uuid4().hex[:8]}") as crowd:
        cluster.lab("kill", "--all")
        began = time.monotonic()
        cluster.lab("start")
        crowd.wait_for(AFTER, ALL_BACK_S)
        seconds = time.monotonic() - began
    print(f"all hosts killed: people read and write again {seconds:.0f} s after they were switched on")  # noqa: T201 - the figure
    assert crowd.lost() == set()
