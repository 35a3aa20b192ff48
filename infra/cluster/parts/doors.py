"""What Ansible is told of the front doors: their files, the certificate, who they send to; pure but for where files lie."""

from dataclasses import asdict, replace
from typing import Any

from infra import acme, templates
from infra.cluster.cluster import Cluster
from infra.cluster.upgrade import renewal
from infra.deployment import Deployment
from infra.hosts import front_door
from infra.inventory.placement import Placement
from infra.inventory.ports import DATABASE_DOOR, DATABASE_HEALTH
from infra.templates import Named, Site
from infra.topology import DATABASE_PORT


def variables(cluster: Cluster, deployment: Deployment, pseudonyms: str, *, again: bool) -> dict[str, Any]:
    """Return the variables of ``doors.yml``; ``again``: the last deploy was interrupted, so what it wrote may not be in use yet."""
    answer = acme.thumbprint(deployment)
    return {
        **{key: value for key, value in templates.variables(deployment.plan).items() if key != "site"},
        **front_door(deployment),
        "front_door_refusing": renewal.refusing(deployment.folder),
        "front_door_again": again,
        "front_door_pseudonyms": pseudonyms,
        "front_door_sites": {name: asdict(replace(site(cluster, name), acme=answer)) for name in cluster.placement.hosts("frontdoor")},
    }


def site(cluster: Cluster, here: str) -> Site:
    """Return what the front door on the host ``here`` must know of the hosts."""
    placement = cluster.placement

    def named(names: tuple[str, ...]) -> tuple[Named, ...]:
        return tuple(Named(name, cluster.reach[name].address) for name in names)

    return Site(
        here=here,
        doors=named(placement.hosts("frontdoor")),
        databases=named(_chosen(placement)),
        webs=len(placement.hosts("web")),
        pagecaches=len(placement.hosts("pagecache")),
        several=len(placement.roles) > 1,
        door_port=DATABASE_DOOR,
        database_port=DATABASE_PORT,
        health_port=DATABASE_HEALTH,
    )


def _chosen(placement: Placement) -> tuple[str, ...]:
    """Return the members of the database, first the one that is written to where nobody is yet.

    A front door comes after every other host, the first of them last: who loses the host that has the address does not lose the writer with it.
    A copy cannot be chosen, so the original is first; until it is checked a front door takes the first for good.
    """
    members, doors = placement.hosts("database"), placement.hosts("frontdoor")
    return tuple(sorted(members, key=lambda name: -doors.index(name) if name in doors else -len(doors))) if placement.galera else members
