"""The database on three hosts: made, again, changed, killed, cut off and without power; what was acknowledged is there afterwards."""

import base64
import itertools
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.cluster import session
from infra.cluster.cluster import Cluster
from infra.cluster.make_ready import at_work
from infra.cluster.parts import database
from infra.cluster.playing import Change, Part, play
from infra.cluster.verify.database import checks
from infra.deployment import read_plan
from infra.inventory.check import check
from infra.inventory.reading import read
from runtime.printer import quiet
from tests.lab.cluster import ClusterLab, standing, wait_for

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
WRITER = Path(__file__).with_name("database_writer.py")
SECRETS = {"database-blogs": "of-the-blogs", "database-wiki": "of-the-wiki", "database-copy": "of-the-copy"}
BACK_S, ALL_BACK_S, ALONE_S = 10.0, 60.0, 30.0
ALL_HOSTS_S = 300


class Databases:
    """The database of a lab's cluster, and who writes into it."""

    def __init__(self, lab: ClusterLab) -> None:
        self.lab = lab

    @property
    def cluster(self) -> Cluster:
        plan, inventory = read_plan(self.lab.plan_file), read(self.lab.inventory)
        placement = check(inventory, plan).placement
        assert placement
        return Cluster(plan, inventory, placement)

    def play(self, secrets: Mapping[str, str] = SECRETS, *, dry_run: bool = False, **settings: str) -> list[Change]:
        """Bring the hosts to what the database shall be, with some settings of its own."""
        cluster = self.cluster
        told = database.variables(cluster, secrets)
        told["database_settings"] |= settings
        with at_work(cluster) as work:
            return play(cluster, work.folder, quiet, dry_run=dry_run, part=Part(database.PLAYBOOK, told))

    def shortfalls(self) -> list[str]:
        cluster, found = self.cluster, []
        with at_work(cluster) as work:
            for name, reach in cluster.reach.items():
                with session.testinfra(reach, work.folder) as host:
                    found += [f"{name}: {said}" for said in checks(cluster, name, host)]
        return found

    def serves(self, host: str) -> bool:
        return self.lab.root(host, f"curl --silent --max-time 2 http://{self.lab.address(host)}:9200/ || true") == "serves"

    def all_serve(self) -> bool:
        return all(self.serves(host) for host in self.lab.hosts)

    def ask(self, host: str, statement: str) -> str:
        return self.lab.root(host, f'mariadb --batch --skip-column-names --execute "{statement}"')

    def write_from(self, host: str) -> None:
        """Begin to write from a host, and go on when it is switched on again."""
        program = base64.b64encode(WRITER.read_bytes()).decode()
        self.lab.root(
            host, f"echo {program} | base64 -d >/root/writer.py; printf '[client]\\nuser=blogs\\npassword={SECRETS['database-blogs']}\\n' >/root/blogs.cnf"
        )
        addresses = " ".join(self.lab.address(one) for one in self.lab.hosts)
        self.lab.root(
            host, f"systemctl stop writer 2>/dev/null; systemd-run --quiet --collect --unit writer python3 /root/writer.py {host} /root/blogs.cnf {addresses}"
        )

    def noted(self, host: str) -> list[tuple[str, float]]:
        lines = self.lab.root(host, "cat /root/acknowledged").splitlines()
        return [(line.split()[0], float(line.split()[1])) for line in lines]

    def stall(self, host: str, before: int) -> float:
        """Return the longest time without an acknowledged write since ``before`` of them."""
        moments = [moment for _, moment in self.noted(host)[max(0, before - 1) :]]
        return max(after - now for now, after in itertools.pairwise(moments))

    def writes_on(self, host: str) -> Callable[[], bool]:
        before = len(self.noted(host))
        return lambda: len(self.noted(host)) > before + 1

    def lost(self, host: str) -> set[str]:
        """Return what was acknowledged and is not there."""
        noted = {number for number, _ in self.noted(host)}
        return noted - set(self.ask(host, f"SET wsrep_sync_wait = 1; SELECT id FROM blogs.written WHERE host = '{host}'").split())  # noqa: S608 - our own names


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    with standing(ClusterLab(f"d{SLOT}base", 3, tmp_path_factory.mktemp("cluster"))) as lab:
        yield Databases(lab)


def what(changes: list[Change]) -> set[tuple[str, Any]]:
    """Return what is told beforehand: files, packages' places, what is started and made; steps that only take them into use are not."""
    return {(change.host, line) for change in changes if change.what for line in change.lines}


def test_on_bare_hosts_what_was_said_is_made_and_made_once(made: Databases) -> None:
    proposed = made.play(dry_run=True)
    done = made.play()
    assert what(proposed) == what(done)
    assert made.play() == []
    assert made.play(dry_run=True) == []
    assert made.shortfalls() == []


def test_a_number_of_the_plan_is_changed_while_people_write_without_a_restart(made: Databases) -> None:
    one, two, _ = made.lab.hosts
    made.ask(one, "CREATE TABLE IF NOT EXISTS blogs.written (id BIGINT PRIMARY KEY, host VARCHAR(20))")
    made.write_from(two)
    wait_for(lambda: made.lab.root(two, "wc -l </root/acknowledged || true").isdigit(), 20, "nobody writes")
    began = made.ask(one, "SHOW STATUS LIKE 'Uptime'")
    proposed = made.play(dry_run=True, max_connections="61")
    assert what(made.play(max_connections="61")) == what(proposed)
    assert made.ask(one, "SELECT @@max_connections") == "61"
    assert int(made.ask(one, "SHOW STATUS LIKE 'Uptime'").split()[1]) >= int(began.split()[1]), "it was started again"
    assert made.play(max_connections="61") == []


def test_what_needs_a_restart_takes_one_member_after_the_other(made: Databases) -> None:
    two = made.lab.hosts[1]
    before = len(made.noted(two))
    proposed = made.play(dry_run=True, max_connections="61", performance_schema="ON")
    assert what(made.play(max_connections="61", performance_schema="ON")) == what(proposed)
    assert {made.ask(host, "SELECT @@performance_schema") for host in made.lab.hosts} == {"1"}
    assert made.stall(two, before) < BACK_S
    assert made.lost(two) == set()


def test_a_changed_password_counts_at_once_and_stands_in_no_list_of_processes(made: Databases) -> None:
    changed = SECRETS | {"database-wiki": "another"}
    assert {line for change in made.play(changed, max_connections="61", performance_schema="ON") for line in change.what} == {"user wiki: password"}
    host = made.lab.hosts[2]
    login = f"mariadb --host={made.lab.address(host)} --user=wiki --execute='SELECT 1' wiki"
    assert "1" in made.lab.root(host, f"MYSQL_PWD=another {login}")
    made.lab.root(host, f"MYSQL_PWD=of-the-wiki {login}", code=1)


def test_the_member_that_is_written_to_is_killed_and_writes_go_on(made: Databases) -> None:
    one, two, _ = made.lab.hosts
    before, again = len(made.noted(two)), made.writes_on(two)
    made.lab.root(one, "pkill -KILL -x mariadbd")
    wait_for(lambda: again() and made.all_serve(), ALL_BACK_S, "the member did not come back")
    assert made.stall(two, before) < BACK_S
    assert made.lost(two) == set()


def test_a_member_that_is_cut_off_takes_no_writes_and_comes_back_by_itself(made: Databases) -> None:
    one, two, three = made.lab.hosts
    before = len(made.noted(two))
    made.lab.lab("cut", three)
    try:
        wait_for(lambda: made.ask(two, "SHOW STATUS LIKE 'wsrep_cluster_size'").endswith("2"), BACK_S, "nobody misses it")
        inside = ["docker", "exec", f"underdesk-lab-{three}", "mariadb", "--execute", "INSERT INTO blogs.written VALUES (1, 'cut')"]
        assert subprocess.run(inside, capture_output=True, check=False).returncode, "it takes writes, and is cut off"
    finally:
        made.lab.lab("heal", three)
    wait_for(made.all_serve, ALL_BACK_S, "it does not serve again")
    assert made.stall(two, before) < BACK_S
    assert made.ask(one, "SELECT COUNT(*) FROM blogs.written WHERE host = 'cut'") == "0"


@pytest.mark.parametrize("left", [0, 1])
def test_when_too_few_are_left_they_agree_anew_and_nothing_is_lost(made: Databases, left: int) -> None:
    two = made.lab.hosts[1]
    before, again = len(made.noted(two)), made.writes_on(two)
    for host in made.lab.hosts[left:]:
        made.lab.root(host, "pkill -KILL -x mariadbd")
    wait_for(again, ALL_BACK_S, "nobody can write again")
    wait_for(made.all_serve, ALL_BACK_S, "not all serve again")
    assert made.lost(two) == set()
    print(f"{3 - left} of 3 killed: writes again after {made.stall(two, before):.1f} s")  # noqa: T201 - the figure


def test_who_was_stopped_last_begins_and_is_waited_for(made: Databases) -> None:
    one, two, three = made.lab.hosts
    for host in (one, three):
        made.lab.root(host, "systemctl stop mariadb")
    wait_for(made.writes_on(two), BACK_S, "the last member takes no writes")
    made.lab.root(two, "systemctl stop mariadb")
    for host in (one, three):
        made.lab.root(host, "systemctl start --no-block mariadb")
    wait_for(lambda: "must be seen first" in journal(made, one) or "must tell" in journal(made, one), ALONE_S, "it does not say for whom it waits")
    assert not made.serves(one)
    made.lab.root(two, "systemctl start --no-block mariadb")
    wait_for(made.all_serve, ALL_BACK_S, "not all serve again")
    assert f"begins: of {one}, {two}, {three}" in journal(made, two)
    assert made.lost(two) == set()


def test_without_power_all_at_once_they_come_back_by_themselves(made: Databases) -> None:
    one, two, _ = made.lab.hosts
    wait_for(made.writes_on(two), BACK_S, "nobody writes")
    made.lab.lab("kill", "--all")
    made.lab.lab("start")
    wait_for(made.all_serve, ALL_HOSTS_S, "not all serve again")
    assert made.lost(two) == set()
    assert made.ask(one, "SELECT COUNT(*) FROM blogs.written") == made.ask(two, "SELECT COUNT(*) FROM blogs.written")
    by_hand = {
        f"{host}: the database has {setting}" for host in made.lab.hosts for setting in ("performance_schema = ON, not OFF", "max_connections = 61, not 53")
    }
    assert set(made.shortfalls()) == by_hand


def journal(made: Databases, host: str) -> str:
    return made.lab.root(host, "journalctl --unit mariadb --boot --since -60s --no-pager | grep underdesk-database: || true")
