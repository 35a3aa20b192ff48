"""The front door's own account of the servers behind it: how many it knows, and how many it sends to. Pure."""

import csv
from dataclasses import dataclass

ROLES = ("blogs", "wiki")
COMMAND = ("underdesk-frontdoor", "status")


@dataclass(frozen=True)
class Servers:
    """Of one service: places that the front door keeps for its tasks, and those that are up."""

    places: int
    up: int


def servers(text: str) -> dict[str, Servers]:
    """Return the servers of blogs and wiki in HAProxy's statistics (CSV of ``show stat``)."""
    rows = list(csv.DictReader(text.removeprefix("# ").splitlines()))
    found = {}
    for role in ROLES:
        mine = [row for row in rows if row.get("# pxname", row.get("pxname")) == role and str(row.get("svname")).startswith(f"{role}-")]
        found[role] = Servers(len(mine), sum(str(row.get("status")).startswith("UP") for row in mine))
    return found
