"""What is open on each host of a cluster, and for whom: by the one table of ports."""

import json
from pathlib import Path
from typing import Any

import jinja2
import pytest

from infra.cluster.cluster import Cluster
from infra.cluster.parts.openings import Opening, moving, openings, through, variables
from infra.inventory.assign import Question, place
from infra.inventory.model import Inventory
from tests.unit.inventory_examples import by_role, equal, inventory

TEMPLATE = Path(__file__).resolve().parents[3] / "playbooks" / "roles" / "firewall" / "templates" / "firewall.nft.j2"


def cluster(hosts: int, *, roles: bool = False, networks: tuple[str, ...] = ()) -> Cluster:
    found: Inventory = inventory(hosts)
    found = found.model_copy(update={"ssh": found.ssh.model_copy(update={"networks": networks})})
    plan = by_role() if roles else equal(hosts)
    return Cluster(plan, found, place(Question(found, plan)))


def at(found: tuple[Opening, ...], port: int, protocol: str = "tcp") -> Opening | None:
    return next((one for one in found if port in one.ports and one.protocol == protocol), None)


def rules(found: tuple[Opening, ...], moved: dict[str, Any] | None = None) -> str:
    environment = jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - no page
    environment.filters["to_json"] = json.dumps
    environment.tests["search"] = lambda value, word: word in value
    return environment.from_string(TEMPLATE.read_text()).render(
        firewall_openings=variables(found),
        firewall_through=[],
        firewall_inside=["docker0", "docker_gwbridge"],
        firewall_moving=moved or {"addresses": [], "ports": []},
    )


def test_one_host_is_open_for_people_and_ssh_and_nothing_else() -> None:
    found = openings(cluster(1), "node-1")
    assert {port for one in found if one.anywhere for port in one.ports} == {22, 18080, 18443}
    assert [one for one in found if one.sources] == []


def test_the_swarm_is_open_for_the_other_hosts_and_for_nobody_else() -> None:
    made = cluster(3)
    others = tuple(reach.address for name, reach in made.reach.items() if name != "node-1")
    for port, protocol in ((2377, "tcp"), (7946, "tcp"), (7946, "udp"), (4789, "udp")):
        opening = at(openings(made, "node-1"), port, protocol)
        assert opening
        assert (opening.sources, opening.anywhere) == (others, False)


def test_the_database_is_open_for_its_members_and_the_front_doors_and_never_for_everybody() -> None:
    made = cluster(12, roles=True)
    members, doors = made.placement.hosts("database"), made.placement.hosts("frontdoor")
    found = openings(made, members[0])
    cluster_port, client_port = at(found, 4567), at(found, 3306)
    assert cluster_port
    assert client_port
    assert set(cluster_port.sources) == {made.reach[name].address for name in members[1:]}
    assert set(client_port.sources) == {made.reach[name].address for name in (*members[1:], *doors)}
    web = made.placement.hosts("web")[0]
    assert at(openings(made, web), 3306) is None
    assert at(openings(made, web), 18443) is None or web in doors


def test_only_front_doors_take_pages_and_speak_about_their_address() -> None:
    made = cluster(12, roles=True)
    doors = set(made.placement.hosts("frontdoor"))
    for name in made.reach:
        found = openings(made, name)
        assert (at(found, 18443) is not None) == (name in doors)
        assert any(one.protocol == "vrrp" for one in found) == (name in doors)


def test_who_comes_midway_to_an_address_that_moves_is_not_refused_at_once_on_front_doors_alone() -> None:
    made = cluster(12, roles=True)
    doors = made.placement.hosts("frontdoor")
    served = {"addresses": list(made.inventory.front_door.addresses), "ports": [18080, 18443, 3307]}
    assert {name: moving(made, name) for name in made.reach} == {name: served if name in doors else {"addresses": [], "ports": []} for name in made.reach}
    text = rules(openings(made, doors[0]), {**served, "addresses": ["192.0.2.1", "2001:db8::1"]})
    before, midway, after = text.partition("ct state new jump")
    assert 'iifname "lo" accept' in before
    assert "ct state established,related accept" in after
    assert midway
    for kind, address in (("ip", "192.0.2.1"), ("ip6", "2001:db8::1")):
        assert f"{kind} daddr {{ {address} }} tcp dport {{ 18080, 18443, 3307 }} tcp flags & (fin | syn | rst | ack) != syn fib" in text
        assert f"local ct state new jump {kind}_moved" in text
        assert f"set {kind}_young" in text
    assert "moved" not in rules(openings(made, doors[0]))


def test_ssh_from_given_networks_stays_open_for_the_other_hosts() -> None:
    opening = at(openings(cluster(3, networks=("192.0.2.0/24",)), "node-1"), 22)
    assert opening
    assert not opening.anywhere
    assert opening.sources == ("192.0.2.0/24", "10.20.0.12", "10.20.0.13")


@pytest.mark.parametrize("host", ["node-1", "node-3"])
def test_the_rules_name_every_opening_once_and_drop_the_rest(host: str) -> None:
    found = openings(cluster(3), host)
    text = rules(found)
    assert "policy drop" in text
    assert "flush ruleset" not in text
    assert text.count("accept") == 6 + sum(bool(one.anywhere) + bool(one.sources) + bool(one.inside and not one.anywhere) for one in found)
    assert "tcp dport { 22 } accept" in text


def test_rules_take_addresses_of_both_kinds() -> None:
    text = rules((Opening("test", "tcp", (5000,), ("10.0.0.2", "fd00::2")),))
    assert "ip saddr { 10.0.0.2 } tcp dport { 5000 } accept" in text
    assert "ip6 saddr { fd00::2 } tcp dport { 5000 } accept" in text


def test_containers_of_a_front_door_that_serves_pages_too_come_to_the_database_by_its_own_port() -> None:
    assert through(cluster(3), "node-1") == (3307,)
    assert through(cluster(3), "node-3") == ()
    assert all(through(cluster(12, roles=True), name) == () for name in cluster(12, roles=True).reach)
