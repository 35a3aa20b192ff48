"""The ladder's steps other than three hosts, with the whole platform on them: one host, two, and hosts by role.

Each is deployed, deployed again without a change, is in force and in use; then what is lost with a host is lost, and what is said of it is so.
"""

import os
import ssl
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.inventory.placement import OF_SERVERS
from tests.lab.cluster import standing, wait_for
from tests.lab.faults import WELL_S, suffer, well
from tests.lab.serving import Crowd, ServingLab, no_page
from tests.lab.writing import Site
from tests.unit.inventory_examples import by_role

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
BACK_S, MORE = 300, 10
AWAY_S = 120
"""Longer than it takes until a container that is not healthy is ended."""


class Step(ServingLab):
    """A step of the ladder."""

    def smoke(self) -> None:
        done = self.ask("test", "smoke")
        assert done.code == 0, done.said

    def is_whole(self) -> None:
        """The same again changes nothing, and status finds nothing to mend."""
        wait_for(lambda: well(self), WELL_S, "it is not well")
        done = self.deploy()
        told = done.answer
        assert (done.code, told["proposed"], told["services"], told["drift"], told["images"]) == (0, {}, [], [], []), done.said
        looked = self.ask("status", "--check", "--json")
        assert looked.code == 0, looked.said
        assert (looked.answer["problems"], looked.answer["drift"], looked.answer["hosts_drift"]) == ([], [], []), looked.said
        print(f"{self.name}: nothing to change in {done.seconds:.0f} s")  # noqa: T201 - the figure


def crowd_of(site: Site, folder: Path) -> Crowd:
    return Crowd(site, folder, f"ladder {uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Step]:
    with standing(Step(f"o{SLOT}ne", 1, tmp_path_factory.mktemp("one"))) as made:
        yield made


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Step]:
    with standing(Step(f"t{SLOT}wo", 2, tmp_path_factory.mktemp("two"))) as made:
        yield made


@pytest.fixture(scope="module")
def roles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Step]:
    with standing(Step(f"b{SLOT}role", by_role(), tmp_path_factory.mktemp("roles"))) as made:
        yield made


def test_one_host_serves_and_the_same_again_changes_nothing(one: Step) -> None:
    one.is_whole()
    one.smoke()


def test_one_host_that_is_killed_comes_back_by_itself_and_nothing_acknowledged_is_lost(one: Step, tmp_path: Path) -> None:
    with crowd_of(one.site, tmp_path) as crowd:
        one.lab("kill", *one.hosts)
        one.lab("start")
        crowd.wait_for(MORE, BACK_S)
    assert crowd.lost() == set()
    one.is_whole()


def test_two_hosts_serve_and_the_same_again_changes_nothing(two: Step) -> None:
    two.is_whole()
    two.smoke()


def test_with_the_second_of_two_hosts_nobody_misses_anything_for_long(two: Step, tmp_path: Path) -> None:
    _, other = two.hosts
    with crowd_of(two.site, tmp_path) as crowd:
        began = time.monotonic()
        two.lab("kill", other)
        crowd.wait_for(MORE)
        two.lab("start", other)
        wait_for(lambda: well(two), WELL_S, "it is not well with the second host back")
        crowd.wait_for(MORE)
    print(f"second of two killed: no page for {crowd.reads.longest_s(began):.1f} s, no post for {crowd.writes.longest_s(began):.1f} s")  # noqa: T201 - the figures
    assert crowd.lost() == set()


def test_with_the_first_of_two_hosts_a_word_lets_people_read_and_write_again(two: Step, tmp_path: Path) -> None:
    first, other = two.hosts
    assert two.writer() == first
    site = two.site  # what opens it is kept by the only manager
    two.lab("kill", first)
    time.sleep(AWAY_S)
    looked = two.ask("status")
    assert (looked.code, "plan failover --inventory" in looked.said) == (1, True), looked.said
    done, began = two.ask("failover", "--yes"), time.monotonic()
    assert done.code == 0, done.said
    wait_for(lambda: not no_page(site, ssl.create_default_context(cadata=site.trusted)), BACK_S, "nobody can read")
    print(f"pages again {time.monotonic() - began:.0f} s after the fail-over")  # noqa: T201 - the figure
    with crowd_of(site, tmp_path) as crowd:
        crowd.wait_for(MORE)
    assert crowd.lost() == set()
    two.lab("start", first)
    wait_for(lambda: two.role(first, "docker node ls").count("Ready") == len(two.hosts), BACK_S, "the first host is not back")
    again = two.deploy()
    assert again.code == 0, again.said
    assert two.writer() == other
    assert crowd.lost() == set()
    two.is_whole()


def test_hosts_by_role_hold_one_each_serve_and_the_same_again_changes_nothing(roles: Step) -> None:
    placed = roles.cluster.placement
    assert all(len(set(held) & set(OF_SERVERS)) == 1 for held in placed.roles.values()), placed.roles
    roles.is_whole()
    roles.smoke()


@pytest.mark.parametrize("role", OF_SERVERS)
def test_one_host_of_each_role_may_die_and_nothing_acknowledged_is_lost(roles: Step, tmp_path: Path, role: str) -> None:
    struck = {"frontdoor": roles.holder, "database": roles.writer}
    host = struck[role]() if role in struck else roles.cluster.placement.hosts(role)[0]  # type: ignore[arg-type] # a role of servers
    outcome = suffer(roles, "another host is killed", tmp_path, host)
    print(f"{role}: {outcome}")  # noqa: T201 - the figures
    assert outcome.lost == ()
    assert outcome.at_once_s <= 0
