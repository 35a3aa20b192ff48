"""The database on two hosts: the copy becomes the primary by a word, what that loses is said before, and the old primary comes back as nothing but a copy."""

import os
from collections.abc import Iterator

import pytest

from tests.lab.cluster import ClusterLab, Done, standing, wait_for
from tests.lab.test_cluster_database import Databases

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
FOLLOWS_S, BACK_S = 60.0, 240.0
TABLE = "CREATE TABLE IF NOT EXISTS blogs.kept (id INT PRIMARY KEY)"


class Two(Databases):
    """Two hosts with a primary and its copy."""

    def failover(self, *more: str) -> Done:
        return self.lab.ask("failover", "--json", *more)

    def refuses(self, host: str) -> bool:
        return "takes no writes" in self.lab.root(host, f"curl --silent --max-time 2 http://{self.lab.address(host)}:9200/ || true")

    def holds(self, host: str, number: int) -> bool:
        return self.ask(host, f"SELECT COUNT(*) FROM blogs.kept WHERE id = {number}") == "1"  # noqa: S608 - our own number

    def write(self, host: str, number: int) -> None:
        self.ask(host, f"INSERT INTO blogs.kept VALUES ({number})")  # noqa: S608 - as above


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    with standing(ClusterLab(f"f{SLOT}ail", 2, tmp_path_factory.mktemp("failover"))) as lab:
        made = Two(lab)
        made.play()
        yield made


def test_a_primary_that_is_well_is_left_alone(two: Two) -> None:
    one, other = two.lab.hosts
    two.ask(one, TABLE)
    two.write(one, 1)
    wait_for(lambda: two.holds(other, 1), FOLLOWS_S, "the copy does not follow")
    refused = two.failover("--yes")
    assert refused.code == 1
    assert "the primary is well" in refused.said
    assert (two.serves(one), two.refuses(other)) == (True, True)


def test_a_primary_that_is_lost_is_given_up_with_what_that_loses_said_before(two: Two) -> None:
    one, other = two.lab.hosts
    two.lab.lab("kill", one)
    looked = two.failover("--dry-run")
    assert looked.code == 0, looked.said
    assert (looked.answer["primary"], looked.answer["was"], looked.answer["done"], looked.answer["lacked"]) == (other, one, False, 0)
    assert "heard it last" in looked.said
    done = two.failover("--yes")
    assert done.code == 0, done.said
    assert (done.answer["done"], done.answer["all_taken_over"]) == (True, False)
    print(f"heard {looked.answer['heard_s']} s before, {done.answer['seconds']} s to fail over")  # noqa: T201 - the figures
    two.write(other, 2)
    assert two.holds(other, 1)


def test_the_old_primary_that_comes_back_takes_no_writes_and_cannot_take_over(two: Two) -> None:
    one, other = two.lab.hosts
    two.lab.lab("start", one)
    wait_for(lambda: two.refuses(one), BACK_S, "the old primary is not told")
    assert two.serves(other)
    refused = two.failover("--planned", "--yes")
    assert refused.code == 1
    assert "is no copy" in refused.said
    assert any("does not follow the primary" in said for said in two.shortfalls())


def test_a_deploy_makes_it_the_copy_and_nothing_is_amiss(two: Two) -> None:
    one, other = two.lab.hosts
    two.play()
    wait_for(lambda: two.holds(one, 2), FOLLOWS_S, "it has not got what was written meanwhile")
    assert (two.serves(other), two.refuses(one), two.shortfalls()) == (True, True, [])
    assert two.play() == []


def test_a_planned_change_loses_nothing(two: Two) -> None:
    one, other = two.lab.hosts
    for number in range(10, 40):
        two.write(other, number)
    done = two.failover("--planned", "--yes")
    assert done.code == 0, done.said
    assert done.answer["all_taken_over"] is True
    assert (two.serves(one), two.refuses(other)) == (True, True)
    assert all(two.holds(one, number) for number in range(10, 40))


def test_a_primary_whose_server_does_not_run_is_told_from_a_lost_host(two: Two) -> None:
    one, other = two.lab.hosts
    two.play()
    wait_for(lambda: two.holds(other, 39), FOLLOWS_S, "the copy does not follow")
    two.lab.root(one, "systemctl stop mariadb")
    looked = two.failover("--dry-run")
    assert looked.code == 0, looked.said
    assert "'sudo systemctl start mariadb' there loses nothing" in looked.said
    assert (looked.answer["was"], looked.answer["lacked"]) == (one, 0)
    two.lab.root(one, "systemctl start mariadb")
    wait_for(lambda: two.serves(one), BACK_S, "the primary does not come back")
