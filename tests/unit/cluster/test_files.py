"""What hosts are told of the files that several of them keep, and of the folders of a deployment."""

import pytest

from infra.cluster.cluster import Cluster
from infra.cluster.parts import folders
from infra.cluster.parts.files import options, variables
from infra.inventory.assign import Question, place
from infra.inventory.model import Inventory
from infra.inventory.ports import BRICKS, ports
from runtime.errors import PlanError
from sizing.plan import Plan
from tests.unit.inventory_examples import by_role, equal, host
from tests.unit.inventory_examples import inventory as hosts_of


def cluster(found: Inventory, plan: Plan) -> Cluster:
    return Cluster(plan, found, place(Question(found, plan)))


def of_equal(count: int) -> Cluster:
    return cluster(hosts_of(count), equal(count))


def judged() -> Cluster:
    return cluster(hosts_of([host(1), host(2), host(3, "arbitrator")]), equal(3))


def test_three_hosts_keep_every_file_and_a_write_counts_when_two_have_it() -> None:
    told = variables(of_equal(3))
    assert [brick["host"] for brick in told["files_bricks"]] == ["node-1", "node-2", "node-3"]
    assert told["files_replica"] == 3
    assert told["files_options"]["cluster.quorum-type"] == "auto"
    assert told["files_options"]["cluster.ensure-durability"] == "on"


def test_a_host_that_only_votes_keeps_names_and_is_the_last() -> None:
    told = variables(judged())
    assert [(brick["host"], brick["arbiter"]) for brick in told["files_bricks"]] == [("node-1", False), ("node-2", False), ("node-3", True)]
    assert told["files_replica"] == 3
    assert told["files_options"]["cluster.quorum-type"] == "auto"
    assert "node-3" not in told["files_mounting"]


def test_of_two_hosts_the_one_that_is_left_goes_on_and_the_later_file_stays() -> None:
    told = variables(of_equal(2))
    assert told["files_replica"] == 2
    assert (told["files_options"]["cluster.quorum-type"], told["files_options"]["cluster.favorite-child-policy"]) == ("none", "mtime")


def test_one_host_has_a_plain_folder() -> None:
    told = variables(of_equal(1))
    assert (told["files_bricks"], told["files_mounting"]) == ([], [])
    paths = [one["path"] for one in told["folders_of_hosts"]["node-1"]]
    assert f"{folders.data(of_equal(1))}/uploads" in paths
    assert not [path for path in paths if path.endswith(("/database", "/store"))]


def test_only_hosts_that_keep_or_mount_files_are_let_in() -> None:
    found = [host(number) for number in range(1, 13)]
    whole = cluster(hosts_of(found), by_role())
    allowed = options(whole)["auth.allow"].split(",")
    wanted = {whole.reach[name].address for role in ("files", "web", "manager") for name in whole.placement.hosts(role)}
    assert set(allowed) == wanted
    assert len(allowed) == 3 + 2 + 3


def test_whoever_serves_pages_or_backs_up_mounts_and_asks_itself_first_where_it_keeps_files() -> None:
    told = variables(of_equal(3))
    assert told["files_servers"]["node-2"] == ["10.20.0.12", "10.20.0.11", "10.20.0.13"]
    apart = variables(cluster(hosts_of([host(number) for number in range(1, 13)]), by_role()))
    assert len(apart["files_mounting"]) == 2 + 3
    assert set(apart["files_mounting"]).isdisjoint(brick["host"] for brick in apart["files_bricks"])
    assert all(len(addresses) == 3 for addresses in apart["files_servers"].values())


def test_where_files_are_replicated_their_folders_are_made_in_them_and_never_under_them() -> None:
    whole = of_equal(3)
    under = f"{folders.data(whole)}"
    assert not [one for own in folders.variables(whole)["folders_of_hosts"].values() for one in own if one["path"].startswith(under)]
    assert {one["path"].removeprefix(under) for one in folders.inside(whole)} == {"", "/uploads", "/wiki-images", "/sink", "/mail-queue"}


def test_the_front_doors_folder_is_its_own_and_only_where_it_runs() -> None:
    own = folders.variables(of_equal(3))["folders_of_hosts"]
    assert [one["mode"] for one in own["node-1"] if one["path"].endswith("/frontdoor")] == ["0750"]
    assert not [one for one in own["node-3"] if "frontdoor" in one["path"]]


def test_the_ports_of_the_parts_are_those_that_the_firewall_opens() -> None:
    told = variables(of_equal(3))
    opened = {port.number for port in ports(equal(3)) if port.what == "files, one brick"}
    assert opened == set(range(told["files_ports"][0], told["files_ports"][1] + 1)) == set(BRICKS)


def test_hosts_with_ipv6_addresses_are_refused_and_not_half_served() -> None:
    found = hosts_of([host(number).model_copy(update={"address": f"fd00::{number}"}) for number in (1, 2, 3)])
    with pytest.raises(PlanError, match="IPv6"):
        variables(cluster(found, equal(3)))
