"""A lab: its hosts, what is kept of it in its folder, and what of it lies where."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from infra.deployment import ROOT
from infra.lab.commands import LabHost
from runtime import files
from runtime.errors import PlanError

LABS: Final = ROOT.with_name(f"{ROOT.name}-labs")
NAME: Final = re.compile(r"[a-z]([a-z0-9-]{0,17}[a-z])?")
USER: Final = "ops"
FIRST, MOST_HOSTS, FREE_FROM = 11, 80, 100
"""Hosts begin at this address of the network; from FREE_FROM on addresses are free for what moves between hosts."""
RECORD, KEY, KNOWN, SETTINGS, INVENTORY, HANDOVER = "lab.json", "key", "known_hosts", "ssh_config", "cluster.yaml", "handover"


def _named(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError("is no name of a lab")
    return value


class Part(BaseModel):
    """What all parts have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Schema(Part):
    """Which shape of record this is."""

    version: Literal[1] = 1


class Host(Part):
    """A host of a lab: the ``number`` gives its name and its address. 0 cpus or GiB: as the machine has."""

    number: int = Field(ge=1, le=MOST_HOSTS)
    cpus: float = Field(default=0, ge=0)
    memory_gib: float = Field(default=0, ge=0)
    debian: Literal[12, 13] = 13


class Lab(Part):
    """A lab, as it shall be; what of it is there the engine knows."""

    schema_: Schema = Field(default=Schema(), alias="schema")
    name: Annotated[str, AfterValidator(_named)]
    subnet: IPv4Network
    hosts: tuple[Host, ...] = ()

    @property
    def folder(self) -> Path:
        """Where keys, inventory and record of the lab lie."""
        return LABS / self.name

    @property
    def network(self) -> str:
        """What the engine calls its network."""
        return f"underdesk-lab-{self.name}"

    @property
    def front_door(self) -> str:
        """A free address for front doors to share."""
        return str(self.subnet[FREE_FROM])

    def host_name(self, host: Host) -> str:
        """Return what a host calls itself."""
        return f"{self.name}{host.number}"

    def address(self, host: Host) -> str:
        """Return where a host is reached."""
        return str(self.subnet[FIRST + host.number - 1])

    def container(self, host: Host) -> LabHost:
        """Return what the engine is asked for a host."""
        address, called = self.address(host), self.host_name(host)
        return LabHost(
            name=f"underdesk-lab-{called}",
            network=self.network,
            subnet=str(self.subnet),
            address=address,
            handover=self.folder / HANDOVER,
            cpus=host.cpus,
            memory_gib=host.memory_gib,
            hostname=called,
            mac=mac(address),
            lab=self.name,
        )

    def containers(self) -> dict[str, LabHost]:
        """Return what the engine is asked for each host, by name."""
        return {self.host_name(host): self.container(host) for host in self.hosts}

    def named(self, wanted: Iterable[str], where: str) -> list[str]:
        """Return ``wanted`` names of hosts, each once; raises PlanError naming those that there are, where one of them is none."""
        known = [self.host_name(host) for host in self.hosts]
        names = list(dict.fromkeys(name for word in wanted for name in word.split(",") if name))
        for name in names:
            if name not in known:
                raise PlanError(f"the lab {self.name} has no host {name}", where=where, hint=f"there are: {', '.join(known) or 'none'}")
        return names

    def written(self) -> str:
        """Return the record as it is kept."""
        return self.model_dump_json(by_alias=True, indent=1) + "\n"


@dataclass(frozen=True)
class Asked:
    """What a lab shall be; None is as it is, or the default of a new one."""

    name: str = "lab"
    hosts: int | None = None
    cpus: float | None = None
    memory_gib: float | None = None
    subnet: str = ""
    debian: int | None = None


def mac(address: str) -> str:
    """Return the hardware address that belongs to an IPv4 address, as the engine has made them since ever: locally administered, 02:42."""
    return ":".join(["02:42", *(f"{int(part):02x}" for part in address.split("."))])


def lock_file(name: str) -> Path:
    """Return what the command that works on a lab holds."""
    checked(name)
    return LABS / f"{name}.lock"


def checked(name: str) -> str:
    """Return ``name``; raises PlanError where no lab can have it."""
    if not NAME.fullmatch(name):
        hint = "up to 19 of a-z, 0-9 and '-', a letter first and last (its hosts are numbered after it), for example: lab"
        raise PlanError(f"'{name}' is no name of a lab", where="--name", hint=hint)
    return name


def known() -> list[str]:
    """Return the names of the labs that have a folder here."""
    return sorted(path.parent.name for path in LABS.glob(f"*/{RECORD}"))


def find(name: str) -> Lab | None:
    """Return the lab called ``name`` as it was recorded; None where there is none. Raises PlanError where its record is damaged."""
    path = LABS / checked(name) / RECORD
    try:
        if not path.exists():
            return None
    except PermissionError as problem:
        raise PlanError("may not be read by this user", where=str(path), hint="run it with sudo, or as root") from problem
    try:
        found = Lab.model_validate_json(files.read(path, hint="run it with sudo, or as root"))
    except ValidationError as problem:
        hint = f"'plan lab down --name {name}' removes the lab, 'plan lab up --name {name}' makes a new one"
        raise PlanError("is no record of a lab", where=str(path), hint=hint) from problem
    if found.name != name:
        raise PlanError(f"is the record of the lab {found.name}", where=str(path), hint="take the folder away")
    return found


def load(name: str) -> Lab:
    """Return the lab called ``name``; raises PlanError where there is none."""
    found = find(name)
    if found is None:
        there = f"there is: {', '.join(known())} (--name)" if known() else "make one: plan lab up --hosts 3"
        raise PlanError(f"no lab is called {name}", where="--name", hint=there)
    return found


def owner() -> tuple[int, int] | None:
    """Return user and group of who called sudo; None where nobody did."""
    user, group = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    return (int(user), int(group)) if os.geteuid() == 0 and user.isdigit() and group.isdigit() else None
