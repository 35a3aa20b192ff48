"""Who of the members begins a cluster of which none runs, and who joins; pure.

Each tells what it holds. The one that holds the most begins, when all that are expected are seen, and none of them runs already. As
long as one is missing, it may hold more than all others: only an operator's word goes on without it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

WAITING, RUNNING, DOWN = "waiting", "running", "down"
SETTLED_S = 6.0
"""Members that run and lost each other find each other again by themselves, if they can; after so many seconds they could not."""


@dataclass(frozen=True)
class Member:
    """What a member tells of itself.

    ``uuid`` names the history of its data ('' where it has none), ``seqno`` how far it goes. ``joining``: what it holds may be the half
    of a copy. ``data``: databases are there. ``yields``: they may be replaced by those of the others. ``alone_s``: since when it runs
    without most others. ``without`` are members that an operator gave up, ``begins`` an operator's word that it holds the truth.
    Of a primary and its copy: ``writable``, who is primary as it remembers, by which ``term`` and whether that one is ``ready``, and how far its
    changes go (``gtid``). Of a copy: how many seconds ago its primary was heard last, how many changes it ``lacked`` then, how many are made in a second.
    """

    name: str
    phase: str = DOWN
    uuid: str = ""
    seqno: int = -1
    joining: bool = False
    data: bool = False
    yields: bool = False
    primary: bool = False
    alone_s: float = 0.0
    without: tuple[str, ...] = ()
    begins: bool = False
    writable: bool = False
    primary_is: str = ""
    term: int = 0
    gtid: str = ""
    ready: bool = True
    heard_s: float = -1.0
    lacked: int = -1
    pace: float = 0.0

    @property
    def alone(self) -> bool:
        """Whether it runs and has found too few of the others for a while."""
        return self.phase == RUNNING and not self.primary and self.alone_s >= SETTLED_S

    @property
    def stranger(self) -> bool:
        """Whether it holds databases that no cluster has seen."""
        return self.data and not (self.uuid or self.joining or self.yields)

    @property
    def rank(self) -> tuple[bool, bool, int, bool]:
        """The highest begins."""
        return bool(self.uuid), not self.joining, self.seqno, self.data and not self.yields


@dataclass(frozen=True)
class Decision:
    """What a member does now, and why."""

    do: Literal["begin", "join", "wait"]
    why: str


def decide(own: Member, expected: Iterable[str], others: Mapping[str, Member]) -> Decision:
    """Return what ``own`` does, which runs in no cluster; ``others`` are the members that answer."""
    running = sorted(name for name, member in others.items() if member.primary)
    if running:
        return _beside(own, others[running[0]])
    if own.begins:
        return Decision("begin", "an operator said that this host holds the truth")
    present = {member.name: member for member in (own, *others.values())}
    wanted = _wanted(own, expected, others)
    if missing := [name for name in wanted if name not in present]:
        return Decision("wait", f"{', '.join(missing)} must be seen first: what was written last may be there alone")
    return _among(own, [present[name] for name in wanted])


def stuck(own: Member, expected: Iterable[str], others: Mapping[str, Member]) -> bool:
    """Tell whether all that are expected are seen, none runs with most of the others, and those that run alone have done so for long.

    Then they will not find each other by themselves: those that run stop, and all agree anew who begins.
    """
    present = {member.name: member for member in (own, *others.values())}
    return all(name in present and (present[name].alone or present[name].phase == WAITING) for name in _wanted(own, expected, others))


def _wanted(own: Member, expected: Iterable[str], others: Mapping[str, Member]) -> list[str]:
    given_up = {name for member in (own, *others.values()) for name in member.without}
    return sorted((set(expected) - given_up) | {own.name})


def _beside(own: Member, running: Member) -> Decision:
    if own.yields or own.joining or not (own.stranger or (own.uuid and own.uuid != running.uuid)):
        return Decision("join", f"{running.name} runs")
    return Decision("wait", f"the databases here are not those of {running.name}, which runs; 'underdesk-database give-up-data' lets them be replaced")


def _among(own: Member, members: list[Member]) -> Decision:
    if busy := [member.name for member in members if member is not own and member.phase != WAITING]:
        return Decision("wait", f"{', '.join(busy)} must tell what is there, or begin")
    histories = {member.uuid for member in members if member.uuid and not member.yields}
    strangers = [member for member in members if member.stranger]
    if len(histories) + len(strangers) > 1:
        names = sorted(member.name for member in members if (member.uuid and not member.yields) or member.stranger)
        return Decision("wait", f"{', '.join(names)} hold different databases; on the one that holds the truth say 'underdesk-database begin-here'")
    first = max(members, key=lambda member: member.rank)  # of equals the first by name
    if first.name != own.name:
        return Decision("wait", f"{first.name} holds the most and begins")
    return Decision("begin", f"of {', '.join(member.name for member in members)} none holds more (position {own.seqno})")
