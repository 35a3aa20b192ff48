"""The services of a cluster: where each may run, how many, and where they find the database."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra import images, templates
from infra.cluster.cluster import HOME, Cluster
from infra.cluster.parts.doors import site
from infra.cluster.parts.services import door, on_cluster
from infra.deployment import Deployment
from infra.inventory.assign import Question, place
from infra.topology import Service, Topology, topology
from runtime.errors import PlanError
from tests.unit.inventory_examples import by_role, equal, inventory


def cluster(hosts: int, *, roles: bool = False) -> Cluster:
    found, plan = inventory(hosts), by_role() if roles else equal(hosts)
    return Cluster(plan, found, place(Question(found, plan)))


def services(of: Cluster) -> dict[str, Service]:
    deployment = Deployment(of.plan, Path("/private/sample"), on_hosts=HOME / "sample")
    return {service.role: service for service in placed(deployment, of).services}


def placed(deployment: Deployment, of: Cluster) -> Topology:
    return on_cluster(topology(deployment, images.references()), of)


def test_the_database_is_no_container_and_everybody_finds_it_behind_the_front_door() -> None:
    found = services(cluster(3))
    assert "database" not in found
    assert not any("database" in service.after for service in found.values())
    for role in ("blogs", "wiki", "blogs-jobs", "wiki-jobs"):
        assert (found[role].environment["DATABASE_HOST"], found[role].environment["DATABASE_PORT"]) == ("10.20.0.10", "3307")
        assert found[role].after[-1] == "frontdoor"
        assert found[role].kernel["net.ipv4.tcp_keepalive_time"] == "1"
    assert next(iter(found)) == "frontdoor"
    assert (3307, 3306) in found["frontdoor"].ports
    assert (10000, 10000) in found["frontdoor"].ports


def test_every_service_runs_only_where_its_role_is_held() -> None:
    found = services(cluster(12, roles=True))
    assert {role: service.hosts for role, service in found.items()} == {
        "frontdoor": "underdesk.frontdoor",
        "pagecache": "underdesk.pagecache",
        "objectcache": "underdesk.pagecache",
        "blogs": "underdesk.web",
        "wiki": "underdesk.web",
        "blogs-jobs": "underdesk.web",
        "wiki-jobs": "underdesk.web",
        "mail": "underdesk.web",
    }
    assert {role for role, service in found.items() if service.everywhere} == {"frontdoor", "pagecache", "blogs", "wiki"}


def test_mounts_are_of_the_hosts_and_not_of_this_machine() -> None:
    sources = [mount.source for service in services(cluster(3)).values() for mount in service.mounts]
    assert sources
    assert all(source.startswith("/var/lib/underdesk/sample/") for source in sources)


def test_one_host_is_found_at_its_own_address() -> None:
    assert door(cluster(1)) == "10.20.0.11"


def test_a_cluster_that_containers_cannot_reach_is_refused() -> None:
    three = cluster(3)
    six = replace(
        three, inventory=three.inventory.model_copy(update={"front_door": three.inventory.front_door.model_copy(update={"addresses": ("fd00::10",)})})
    )
    with pytest.raises(PlanError, match="no IPv4 address"):
        door(six)


def test_both_front_doors_know_each_other_and_the_same_members_in_one_order() -> None:
    of = cluster(3)
    first, second = (templates.render("frontdoor/haproxy.cfg", of.plan, site(of, name)) for name in ("node-1", "node-2"))
    assert "    server node-1\n    server node-2 10.20.0.12:10000\n" in first
    assert "    server node-1 10.20.0.11:10000\n    server node-2\n" in second
    assert first.partition("listen database")[2] == second.partition("listen database")[2]
    members = [line.split()[1] for line in first.partition("listen database")[2].splitlines() if line.startswith("    server ")]
    assert members == ["node-3", "node-2", "node-1"], "the writer is not where the address is, as long as another can be"
    assert first.partition("listen database")[2].count(" backup") == len(members) - 1


def test_a_copy_is_never_what_front_doors_write_to_first() -> None:
    of = cluster(2)
    members = [name.name for name in site(of, of.placement.hosts("frontdoor")[0]).databases]
    assert members == ["node-1", "node-2"]


def test_of_one_host_nothing_is_tried_elsewhere() -> None:
    of = cluster(1)
    text = templates.render("frontdoor/haproxy.cfg", of.plan, site(of, "node-1"))
    assert "disable-l7-retry" not in text
    assert "server node-1 10.20.0.11:3306" in text


def test_a_front_door_has_time_to_end_what_people_have_open_before_it_is_killed() -> None:
    of = cluster(3)
    door = services(of)["frontdoor"]
    assert int(door.environment["DRAIN_S"]) * 1000 > of.plan.limits.frontdoor.keep_alive_ms
    assert door.stop_grace_s >= int(door.environment["DRAIN_S"]) + 20


@pytest.mark.parametrize(("hosts", "asks"), [(1, False), (3, True)])
def test_a_front_door_that_starts_asks_the_others_who_is_written_to(hosts: int, *, asks: bool) -> None:
    of = cluster(hosts)
    text = templates.render("frontdoor/haproxy.cfg", of.plan, site(of, "node-1"))
    lua = templates.render("frontdoor/hold.lua", of.plan, site(of, "node-1"))
    assert ("lua.agreed database" in text.partition("listen database")[2]) == asks
    assert 'register_action("agreed"' in lua
    assert "agreed" not in templates.render("frontdoor/hold.lua", of.plan) + templates.render("frontdoor/haproxy.cfg", of.plan)
