"""What keepalived is told of the addresses that move."""

import pytest

from infra.cluster.cluster import Cluster
from infra.cluster.parts.addresses import router_ids, variables
from infra.inventory.assign import Question, place
from infra.inventory.model import FrontDoor
from runtime.errors import PlanError
from tests.unit.inventory_examples import equal, host
from tests.unit.inventory_examples import inventory as hosts_of


def cluster(*addresses: str, six: bool = False) -> Cluster:
    found = [host(number).model_copy(update={"address": f"fd00::{number}"}) if six else host(number) for number in (1, 2, 3)]
    whole = hosts_of(found).model_copy(update={"front_door": FrontDoor(addresses=addresses)})
    return Cluster(equal(3), whole, place(Question(whole, equal(3))))


def test_without_an_address_there_is_nothing_to_move() -> None:
    assert variables(cluster())["addresses_moving"] == []


def test_an_id_is_the_addresss_last_byte_so_that_two_clusters_in_one_network_never_share_one() -> None:
    assert router_ids(["10.20.0.10"]) == [10]
    assert router_ids(["10.20.0.10", "10.20.1.10"]) == [10, 11]
    assert router_ids(["10.20.1.0"]) == [255]
    assert router_ids(["10.20.0.255", "10.20.1.255"]) == [255, 1]
    assert router_ids(["fd00::10"]) == [16]


def test_two_addresses_are_with_two_front_doors() -> None:
    one, two = variables(cluster("10.20.0.10", "10.20.0.9"))["addresses_moving"]
    assert max(one["priorities"], key=one["priorities"].get) == "node-1"
    assert max(two["priorities"], key=two["priorities"].get) == "node-2"
    assert len(set(one["priorities"].values())) == 2


def test_an_address_of_the_other_family_goes_with_the_first() -> None:
    (one,) = variables(cluster("fd00::10", "10.20.0.10"))["addresses_moving"]
    assert (one["address"], one["also"]) == ("10.20.0.10", ["fd00::10"])
    (six,) = variables(cluster("10.20.0.10", "fd00::10", six=True))["addresses_moving"]
    assert (six["address"], six["also"]) == ("fd00::10", ["10.20.0.10"])


def test_front_doors_that_could_not_speak_of_the_address_are_refused() -> None:
    with pytest.raises(PlanError, match="IPv4"):
        variables(cluster("fd00::10"))


def test_the_front_door_is_asked_at_the_port_that_is_published() -> None:
    whole = cluster("10.20.0.10")
    assert variables(whole)["addresses_port"] == whole.plan.platform.ports.http
    assert variables(whole)["addresses_doors"] == {"node-1": "10.20.0.11", "node-2": "10.20.0.12"}
