"""Who may come in on the desk while its content moves: nobody writes, its own jobs included; reading goes on."""

from typing import Final

from infra import live
from infra.cluster.platform import Say
from infra.deployment import Deployment
from infra.keep import swap
from infra.upgrade import writes
from infra.upgrade.writes import Desk, longest_s

JOBS: Final = ("blogs-jobs", "wiki-jobs")


def close_desk(desk: Deployment, key: str, say: Say) -> None:
    """Let nobody write on the desk any more, its own jobs included; reading goes on."""
    writes.refuse((Desk(desk),), key, longest_s(desk), say)
    swap.close(desk, keep=tuple(role for role in live.tasks(desk) if role not in JOBS))


def open_desk(desk: Deployment) -> None:
    """Let everybody write on the desk again."""
    writes.allow((Desk(desk),))
    swap.open_again(desk)
    swap.wait_until_open(desk)
