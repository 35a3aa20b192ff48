"""A cluster as a load test sees a deployment, and everybody made ready who drives."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loadtests.deployment import Deployment, Served
from loadtests.elsewhere import bundle, clock
from loadtests.elsewhere.hand import Hand
from loadtests.elsewhere.look_there import Ground, asked
from loadtests.elsewhere.reaching import reach
from loadtests.surroundings import Surroundings
from runtime.errors import PlanError
from runtime.place import Place
from runtime.together import together
from sizing.plan import Plan

Say = Callable[[str], None]
OUTSIDE: Final = "load comes from this machine: what lies between it and the hosts is measured, too"


@dataclass(frozen=True)
class OnHosts:
    """A deployment on the hosts of a cluster: ``served`` it is, ``folder`` holds what tests keep, ``tools`` runs what is asked of a service."""

    served: Served
    folder: Path
    tools: Callable[[str, list[str], str], str]
    surroundings: Surroundings

    @property
    def plan(self) -> Plan:
        """The plan in force."""
        return self.served.plan

    @property
    def urls(self) -> Mapping[str, str]:
        """Base URLs by use."""
        return self.served.urls

    @property
    def address(self) -> str:
        """Where its front door is found."""
        return self.served.address

    @property
    def ports(self) -> tuple[int, int]:
        """HTTP, HTTPS."""
        return self.served.ports

    @property
    def ca_file(self) -> Path:
        """What its certificate is verified against."""
        return self.served.ca_file

    def exec(self, service: str, argv: list[str], /, stdin: str = "") -> str:
        """Run ``argv`` in a container of ``service`` and return its stdout; raises PlanError."""
        return self.tools(service, argv, stdin)


def crew(deployment: Deployment, places: Sequence[Place], processes: int, say: Say) -> tuple[Hand, ...]:
    """Return everybody who drives, each with what Locust needs and a clock that is known; ``processes`` on each.

    Raises PlanError for one that does not reach the platform, has fewer cores than that, or no clock to rely on.
    """
    grounds = together([functools.partial(_ground, deployment, place, processes) for place in places])
    for ground in dict.fromkeys((one.python, one.machine) for one, _ in grounds):
        say(f"packages for Python {ground[0]} on {ground[1]}")
        bundle.packages(next(one for one, _ in grounds if (one.python, one.machine) == ground))
    folders = together([functools.partial(bundle.brought, place, ground) for place, (ground, _) in zip(places, grounds, strict=True)])
    for place, (_, offset) in zip(places, grounds, strict=True):
        say(f"{place.name} drives; its clock is {offset.ahead_s * 1000:+.1f} ms off (± {offset.within_s * 1000:.1f}), which is taken into account")
    return tuple(Hand(place, processes, there, offset) for place, there, (_, offset) in zip(places, folders, grounds, strict=True))


def _ground(deployment: Deployment, place: Place, processes: int) -> tuple[Ground, clock.Offset]:
    with asked(place) as there:
        ground = there.ground()
        if not 1 <= processes <= ground.cores:
            said = f"is {processes}: {place.name} has {ground.cores} cores; more processes than that wait for each other"
            raise PlanError(said, where="--processes", hint=f"give 1 to {ground.cores}")
        reach(there, deployment)
        return ground, clock.checked(place.name, clock.measured(there.say))


def notes(cluster: str, driving: Sequence[str], serving: Sequence[str]) -> tuple[str, ...]:
    """Return what to know of a test on a cluster: where load comes from, and what that means."""
    if not driving:
        return (f"on the hosts of {cluster}", OUTSIDE)
    both = [name for name in driving if name in serving]
    from_there = f"load comes from {', '.join(driving)}"
    means = (
        f"; {', '.join(both)} serve{'s' if len(both) == 1 else ''} people as well, so what driving takes is missing there"
        if both
        else ", on which nothing else runs"
    )
    return (f"on the hosts of {cluster}", from_there + means)
