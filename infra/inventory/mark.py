"""What stands on a host that belongs to a cluster: its name, and the roles that the host was given. So the next deploy, from any checkout, moves nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from infra.inventory.model import Role
from infra.inventory.placement import ROLES, Placement

PATH: Final = "/etc/underdesk/cluster"
"""A deploy writes it before it changes anything else on a host, mode 0644."""


@dataclass(frozen=True)
class Mark:
    """The cluster that a host belongs to, and what it holds there."""

    cluster: str
    roles: tuple[Role, ...] = ()


def written(cluster: str, placement: Placement, host: str) -> str:
    """Return what ``PATH`` on ``host`` shall hold."""
    return json.dumps({"cluster": cluster, "roles": list(placement.roles[host])}) + "\n"


def parsed(text: str) -> Mark | None:
    """Return what ``PATH`` says; None where a host belongs to no cluster. A damaged file is still somebody's."""
    if not text.strip():
        return None
    try:
        told = json.loads(text)
        return Mark(str(told["cluster"]), tuple(role for role in ROLES if role in told["roles"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return Mark(text.strip().splitlines()[0])


def remembered(marks: Mapping[str, Mark | None], cluster: str) -> dict[str, tuple[Role, ...]]:
    """Return the roles that hosts of ``cluster`` hold already."""
    return {name: mark.roles for name, mark in marks.items() if mark and mark.cluster == cluster}
