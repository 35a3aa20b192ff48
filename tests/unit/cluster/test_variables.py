"""What Ansible is told of hosts: how they are reached, and what they shall be."""

import json
import shlex
from pathlib import Path

import pytest

from infra.cluster.cluster import Cluster
from infra.cluster.parts import folders, schedule, variables
from infra.cluster.parts.variables import POOLS, inventory, pool
from infra.inventory.assign import Question, place
from tests.unit.inventory_examples import equal
from tests.unit.inventory_examples import inventory as hosts_of


def cluster(hosts: int) -> Cluster:
    found, plan = hosts_of(hosts), equal(hosts)
    return Cluster(plan, found, place(Question(found, plan)))


def test_hosts_are_reached_by_their_key_alone_and_share_one_connection() -> None:
    told = inventory(cluster(3))["members"]["hosts"]["node-1"]
    options = shlex.split(told["ansible_ssh_common_args"])
    assert "StrictHostKeyChecking=yes" in options
    assert "BatchMode=yes" in options
    assert not [one for one in options if one.startswith("ControlPath")]
    assert told["ansible_user"]
    assert told["ansible_user"] != "root"


def test_the_proof_that_somebody_still_comes_in_uses_a_connection_of_its_own() -> None:
    told = inventory(cluster(3))["members"]["hosts"]["node-1"]
    assert "ControlPath=none" in told["firewall_proof"]
    assert told["firewall_proof"] == told["ssh_proof"]


@pytest.mark.parametrize(("hosts", "managers"), [(1, 1), (2, 1), (3, 3)])
def test_a_swarm_has_one_manager_or_three(hosts: int, managers: int) -> None:
    told = inventory(cluster(hosts))["members"]["vars"]
    assert sum(one["manager"] for one in told["swarm_wanted"].values()) == managers
    assert [one["role"] for one in told["swarm_nodes"]].count("manager") == managers
    assert all(one["labels"]["underdesk.web"] == "true" for one in told["swarm_nodes"])


def test_the_mark_of_a_host_says_what_it_holds() -> None:
    told = inventory(cluster(3))["members"]["hosts"]["node-3"]
    assert json.loads(told["base_mark"])["roles"] == list(cluster(3).placement.roles["node-3"])


def test_overlay_networks_are_cut_from_a_network_that_no_host_is_in() -> None:
    assert pool(["192.0.2.1"]) == POOLS[0]
    assert pool(["10.201.4.1", "172.30.0.9"]) == POOLS[2]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_comes_beforehand_is_what_later_roles_ask_each_host_for(count: int) -> None:
    of = cluster(count)
    told = inventory(of)["members"]["hosts"]
    files, backups = folders.mounting(of), schedule.variables(of)["schedule_copying"]
    assert {name: set(told[name]["base_beforehand"]) for name in of.reach} == {
        name: {*(["glusterfs-client"] if name in files else []), *(["restic"] if name in backups else [])} for name in of.reach
    }
    roles = Path(variables.__file__).parents[3] / "playbooks/roles"
    assert all(f"'{package}'" in (roles / role / "tasks/main.yml").read_text() for role, package in (("files", "glusterfs-client"), ("schedule", "restic")))
