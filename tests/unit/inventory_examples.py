"""Inventories and plans of clusters, made by hand."""

from collections.abc import Sequence

from infra.inventory.model import ClusterHost, FrontDoor, Inventory, Role, Ssh
from sizing.plan import Plan, Server
from tests.unit.sample_plan import SAMPLE

SHAPE = Server(role="box", count=1, cores=4, memory_gib=16.0, disk_gib=200.0)


def host(number: int, *roles: Role) -> ClusterHost:
    return ClusterHost(name=f"node-{number}", address=f"10.20.0.{10 + number}", roles=roles)


def inventory(hosts: int | Sequence[ClusterHost]) -> Inventory:
    made = tuple(host(number) for number in range(1, hosts + 1)) if isinstance(hosts, int) else tuple(hosts)
    front = FrontDoor(addresses=("10.20.0.10",)) if len(made) > 1 else FrontDoor()
    return Inventory(schema=1, name="hq", ssh=Ssh(user="deploy", key="/keys/cluster", known_hosts="/keys/known_hosts"), front_door=front, hosts=made)


def equal(count: int) -> Plan:
    return SAMPLE.model_copy(update={"servers": (SHAPE.model_copy(update={"count": count, "role": "desk" if count == 1 else "box"}),)})


def by_role(frontdoor: int = 2, pagecache: int = 2, web: int = 2, database: int = 3, files: int = 3) -> Plan:
    counts = {"frontdoor": (frontdoor, 2, 4.0, 40.0), "pagecache": (pagecache, 2, 8.0, 40.0), "web": (web, 16, 32.0, 80.0)}
    counts |= {"database": (database, 8, 64.0, 500.0), "files": (files, 2, 8.0, 2000.0)}
    made = (Server(role=role, count=count, cores=cores, memory_gib=memory, disk_gib=disk) for role, (count, cores, memory, disk) in counts.items())
    return SAMPLE.model_copy(update={"servers": tuple(made)})
