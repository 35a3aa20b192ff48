"""What hosts are told of their database, and what the modules make of it."""

from typing import Any

import pytest

from infra.cluster.cluster import Cluster
from infra.cluster.parts import database
from infra.cluster.parts.openings import openings
from infra.inventory.assign import Question, place
from infra.inventory.model import ClusterHost
from infra.inventory.ports import DATABASE_HEALTH
from tests.unit.cluster.of_ansible import library
from tests.unit.inventory_examples import by_role, equal, host, inventory
from tests.unit.sample_plan import SAMPLE

SECRETS = {"database-blogs": "one", "database-wiki": "two", "database-copy": "three"}
SERVER = library("database_server")
USERS = library("database_users")


def cluster(hosts: int | list[ClusterHost], *, roles: bool = False) -> Cluster:
    found = inventory(hosts)
    plan = by_role() if roles else equal(len(found.hosts))
    return Cluster(plan, found, place(Question(found, plan)))


def two_and_a_vote() -> Cluster:
    return cluster([host(1, "frontdoor", "web", "database", "files", "manager"), host(2, "frontdoor", "web", "database", "files"), host(3, "arbitrator")])


@pytest.mark.parametrize(("hosts", "mode"), [(1, "alone"), (2, "copy"), (3, "galera")])
def test_the_number_of_hosts_decides_how_the_database_stands(hosts: int, mode: str) -> None:
    assert database.mode(cluster(hosts)) == mode


def test_two_members_and_a_vote_are_a_cluster_and_only_members_are_addresses_of_it() -> None:
    told = database.variables(two_and_a_vote(), SECRETS)
    assert told["database_mode"] == "galera"
    assert told["database_settings"]["wsrep_cluster_address"] == "gcomm://10.20.0.11,10.20.0.12"
    assert told["arbitrator_hosts"] == {"node-3": "10.20.0.13"}
    assert told["arbitrator_group"] == told["database_settings"]["wsrep_cluster_name"]


@pytest.mark.parametrize("hosts", [1, 2, 3])
def test_an_answered_commit_is_on_the_disk_however_the_database_stands(hosts: int) -> None:
    told = database.settings(cluster(hosts))
    assert (told["innodb_flush_log_at_trx_commit"], told["sync_binlog"], told["log_bin"]) == ("1", "1", "ON")


def test_numbers_come_from_the_plan() -> None:
    told, limits = database.settings(cluster(3)), SAMPLE.limits.database
    assert told["innodb_buffer_pool_size"] == str(limits.buffer_pool_mib * 2**20)
    assert told["innodb_log_file_size"] == str(limits.log_file_mib * 2**20)
    assert told["max_connections"] == str(2 * limits.max_connections), "what a front door has just closed is still there"
    assert told["tmp_table_size"] == told["max_heap_table_size"] == str(limits.tmp_table_mib * 2**20)
    assert (told["expire_logs_days"], told["max_binlog_size"]) == (str(limits.binlog_expire_days), str(limits.binlog_file_mib * 2**20))


def test_who_copies_changes_is_a_user_only_where_somebody_does() -> None:
    made = cluster(3)
    assert {user["name"]: user["password"] for user in database.users(made, SECRETS)} == {"blogs": "one", "wiki": "two", "copy": ""}
    backup = made.plan.platform.backup.model_copy(update={"changes_to": "/srv/changes"})
    copied = made.plan.model_copy(update={"platform": made.plan.platform.model_copy(update={"backup": backup})})
    assert database.users(Cluster(copied, made.inventory, made.placement), SECRETS)[2]["password"] == "three"  # noqa: S105 - of a test
    assert database.users(cluster(2), SECRETS)[2]["password"] == "three"  # noqa: S105 - of a test


def test_servers_that_copy_each_other_differ_and_members_write_the_same_identifiers() -> None:
    assert len({database.own_settings(cluster(2), name)["server_id"] for name in ("node-1", "node-2")}) == 2
    assert {database.own_settings(cluster(3), name)["server_id"] for name in ("node-1", "node-2", "node-3")} == {"1"}


def test_members_may_ask_each_other_what_they_hold_and_nobody_else_may_but_front_doors_and_metrics() -> None:
    made = cluster(12, roles=True)
    asking = {made.reach[name].address for role in ("frontdoor", "database", "metrics") for name in made.placement.hosts(role)}
    one = made.placement.hosts("database")[0]
    opening = next(found for found in openings(made, one) if DATABASE_HEALTH in found.ports)
    assert set(opening.sources) == asking - {made.reach[one].address}


LIVE = {
    "max_connections": "53",
    "expire_logs_days": "19.000000",
    "innodb_buffer_pool_size": str(258 * 2**20),
    "skip_name_resolve": "ON",
    "wsrep_provider_options": "base_dir = /var/lib/mysql/; evs.suspect_timeout = PT2S; gcache.recover = yes; ",
}


@pytest.mark.parametrize(
    ("settings", "differ"),
    [
        ({"max_connections": "53", "expire_logs_days": "19", "skip_name_resolve": "ON"}, []),
        ({"max_connections": "54"}, ["max_connections"]),
        ({"innodb_buffer_pool_size": str(257 * 2**20)}, []),
        ({"innodb_buffer_pool_size": str(300 * 2**20)}, ["innodb_buffer_pool_size"]),
        ({"wsrep_provider_options": "gcache.recover=yes;evs.suspect_timeout=PT2S"}, []),
        ({"wsrep_provider_options": "evs.suspect_timeout=PT3S"}, ["wsrep_provider_options"]),
        ({"wsrep_cluster_address": "gcomm://10.20.0.11"}, []),
        ({"unknown": "1"}, ["unknown"]),
    ],
)
def test_only_what_is_not_in_force_differs(settings: dict[str, str], differ: list[str]) -> None:
    assert SERVER.differing(settings, LIVE) == differ


class Asked:
    """What Ansible hands to the module of users, and a server that answers."""

    check_mode = False

    def __init__(self, has: dict[str, list[list[str]]]) -> None:
        user = {"name": "wiki", "password": "it's\\me", "rights": ["ALL PRIVILEGES ON `wiki`.*"]}
        self.params: dict[str, Any] = {"databases": ["wiki"], "users": [user]}
        self.has = has

    def run_command(self, _argv: list[str], data: str) -> tuple[int, str, str]:
        rows = next((rows for start, rows in self.has.items() if data.startswith(start)), [])
        return 0, "".join("\t".join(row) + "\n" for row in rows), ""


def steps(has: dict[str, list[list[str]]]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = USERS._steps(Asked(has), there=True)
    return found


RIGHT = USERS.hashed("it's\\me")
THERE = {
    "SHOW DATABASES": [["wiki"]],
    "SELECT User": [["wiki", "mysql_native_password", RIGHT]],
    "SHOW GRANTS": [["GRANT USAGE ON *.* TO `wiki`@`%`"], ["GRANT ALL PRIVILEGES ON `wiki`.* TO `wiki`@`%`"]],
}


def test_users_that_are_as_they_shall_be_are_left_alone() -> None:
    assert steps(THERE) == []


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"SHOW DATABASES": []}, ["database wiki"]),
        ({"SELECT User": []}, ["user wiki", "user wiki: ALL PRIVILEGES ON `wiki`.*"]),
        ({"SELECT User": [["wiki", "mysql_native_password", "*OLD"]]}, ["user wiki: password"]),
        ({"SHOW GRANTS": []}, ["user wiki: ALL PRIVILEGES ON `wiki`.*"]),
    ],
)
def test_what_is_not_so_is_made_and_no_password_goes_to_the_server(other: dict[str, list[list[str]]], said: list[str]) -> None:
    found = steps(THERE | other)
    assert [what for what, _ in found] == said
    assert not [statement for _, statement in found if "it's" in statement or "it''s" in statement]


def test_the_hash_is_the_servers_own() -> None:
    assert USERS.hashed("blogs-pass") == database.hashed("blogs-pass") == "*0A6A8B867A4235F907AC3956CA79395C0F852A9D"  # as MariaDB 11.8 writes it
