"""The front door's own account of the servers behind it: how many it knows, and how many it sends to. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from loadtests.programs.answers import statistics

ROLES = ("blogs", "wiki")
COMMAND = ("underdesk-frontdoor", "status")


@dataclass(frozen=True)
class Servers:
    """Of one service: places that the front door keeps for its tasks, and those that are up."""

    places: int
    up: int


def servers(text: str) -> dict[str, Servers]:
    """Return the servers of blogs and wiki in HAProxy's statistics (CSV of ``show stat``)."""
    rows, found = statistics(text), {}
    for role in ROLES:
        mine = [row for (proxy, server), row in rows.items() if proxy == role and server.startswith(f"{role}-")]
        found[role] = Servers(len(mine), sum(row["status"].startswith("UP") for row in mine))
    return found


def least(said: Iterable[dict[str, Servers]]) -> dict[str, Servers]:
    """Return of each service what every one of several front doors knows, and sends to."""
    every = list(said)
    return {role: Servers(min(one[role].places for one in every), min(one[role].up for one in every)) for role in ROLES}
