"""How a lab stands: each host's power, network and engine, and what is cut."""

import functools
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from infra.lab import seen, switch
from infra.lab.cuts import Cut, network_of, told
from infra.lab.model import INVENTORY, SETTINGS, Host, Lab
from infra.lab.seen import Container, State
from runtime.errors import PlanError
from runtime.together import together

SCHEMA_VERSION: Final = 1
NO: Final = 3
AT_ONCE: Final = 8
WHOLE: Final = "whole"


@dataclass(frozen=True)
class Standing:
    """One host. ``power`` is on, boots, off or missing; ``engine`` the version of its own engine, "" where that does not answer; 0: as the machine has."""

    name: str
    address: str
    power: str
    network: str
    engine: str
    cpus: float
    memory_gib: float
    debian: int


@dataclass(frozen=True)
class LabStanding:
    """All hosts of a lab, and the cuts in its network."""

    lab: Lab
    hosts: tuple[Standing, ...]
    cuts: frozenset[Cut]

    def document(self) -> dict[str, Any]:
        """Return it for --json."""
        return {
            "schema": {"version": SCHEMA_VERSION},
            "name": self.lab.name,
            "subnet": str(self.lab.subnet),
            "folder": str(self.lab.folder),
            "inventory": str(self.lab.folder / INVENTORY),
            "ssh_config": str(self.lab.folder / SETTINGS),
            "hosts": [asdict(host) for host in self.hosts],
            "cuts": [{"from": cut.source, "to": cut.target} for cut in sorted(self.cuts)],
        }

    def wrong(self) -> Iterator[PlanError]:
        """Yield what is not as it is after 'plan lab up', with the mend."""
        name = "" if self.lab.name == "lab" else f" --name {self.lab.name}"
        for host in self.hosts:
            if host.power in {"off", "missing"}:
                mend = f"plan lab start {host.name}{name}" if host.power == "off" else f"plan lab up{name}"
                yield PlanError(f"is {host.power}", where=host.name, hint=mend, exit_code=NO)
            elif host.power == "boots" or not host.engine:
                said = "still boots" if host.power == "boots" else "its engine does not answer"
                yield PlanError(said, where=host.name, hint=f"wait, or look: plan lab run {host.name}{name} -- systemctl list-jobs", exit_code=NO)
        for line in told(self.cuts):
            yield PlanError(f"is cut: {line}", where=self.lab.name, hint=f"plan lab heal{name}", exit_code=NO)


def standing(lab: Lab) -> LabStanding:
    """Ask the engine and every host that is on."""
    there, containers = seen.containers(lab.name), lab.containers()
    cuts = switch.cuts(lab.name, there)
    on = [name for name in containers if name in there and there[name].is_on]
    states = dict(zip(on, together([functools.partial(seen.state, containers[name]) for name in on], AT_ONCE), strict=True))
    return LabStanding(lab, tuple(_one(lab, host, there, states, cuts) for host in lab.hosts), cuts)


def _one(lab: Lab, host: Host, there: dict[str, Container], states: dict[str, State], cuts: frozenset[Cut]) -> Standing:
    name = lab.host_name(host)
    state = states.get(name, State("off" if name in there else "missing", ""))
    return Standing(name, lab.address(host), state.power, network_of(name, cuts), state.engine, host.cpus, host.memory_gib, host.debian)
