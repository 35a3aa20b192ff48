"""The whole platform on three real hosts: built, built again without a change, by a second engineer, and what people see while hosts fail."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.cluster import standing
from tests.lab.faults import FAULTS, all_gone, suffer
from tests.lab.serving import ServingLab

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingLab]:
    with standing(ServingLab(f"p{SLOT}lat", 3, tmp_path_factory.mktemp("platform"))) as made:
        yield made


def test_the_same_again_changes_nothing(cluster: ServingLab) -> None:
    done = cluster.deploy()
    answer = done.answer
    assert (done.code, answer["proposed"], answer["services"], answer["drift"], answer["images"]) == (0, {}, [], [], []), done.said
    print(f"nothing to change: {done.seconds:.0f} s")  # noqa: T201 - the figure


def test_the_database_has_one_writer_and_the_search_index_on_every_member(cluster: ServingLab) -> None:
    counted = {cluster.root(host, "mariadb -N -e 'SELECT COUNT(*) FROM wiki.searchindex'") for host in cluster.hosts}
    assert len(counted) == 1
    assert counted != {"0"}
    states = {cluster.root(host, "mariadb -N -e \"SHOW STATUS LIKE 'wsrep_local_state_comment'\"").split()[-1] for host in cluster.hosts}
    assert states == {"Synced"}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_acknowledged_is_lost_and_people_go_on(cluster: ServingLab, tmp_path: Path, fault: str) -> None:
    outcome = suffer(cluster, fault, tmp_path)
    print(outcome)  # noqa: T201 - the figures
    assert outcome.lost == ()
    assert outcome.at_once_s <= 0


def test_all_hosts_gone_at_once_come_back_by_themselves_and_nothing_acknowledged_is_lost(cluster: ServingLab, tmp_path: Path) -> None:
    seconds, outcome = all_gone(cluster, tmp_path)
    print(f"people read and write again {seconds:.0f} s after all were switched on; {outcome}")  # noqa: T201 - the figures
    assert outcome.lost == ()
