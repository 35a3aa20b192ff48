"""What ``plan lab`` says of a lab."""

from collections.abc import Iterator, Sequence

from infra.lab.cuts import told
from infra.lab.model import INVENTORY, SETTINGS, Host, Lab
from infra.lab.standing import LabStanding, Standing

HEAD = ("host", "address", "power", "network", "engine", "cpus", "memory", "Debian")


def table(found: LabStanding) -> Iterator[str]:
    """Yield the answer first, then a line for each host, what is cut, and how to come in."""
    on = sum(host.power == "on" for host in found.hosts)
    yield f"{found.lab.name}: {on} of {count(found.lab.hosts)} on, in {found.lab.subnet}, {len(found.cuts) or 'nothing'} cut"
    rows = [HEAD, *(_row(host) for host in found.hosts)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for line in told(found.cuts):
        yield f"  cut: {line}"
    yield f"  inventory: {found.lab.folder / INVENTORY}"
    if found.hosts:
        yield f"  sign in: ssh -F {found.lab.folder / SETTINGS} {found.hosts[0].name}"


def _row(host: Standing) -> tuple[str, ...]:
    memory = f"{host.memory_gib:g} GiB" if host.memory_gib else "all"
    return (host.name, host.address, host.power, host.network, host.engine or "-", f"{host.cpus:g}" if host.cpus else "all", memory, str(host.debian))


def count(hosts: Sequence[Host]) -> str:
    """Return how many hosts, as a person says it."""
    return f"{len(hosts)} host{'s' if len(hosts) != 1 else ''}"


def sizes(lab: Lab) -> str:
    """Return the sizes of the hosts."""
    different = dict.fromkeys((host.cpus, host.memory_gib) for host in lab.hosts)
    return " or ".join(f"{_processors(cpus)} and {f'{memory:g} GiB' if memory else 'all memory'} each" for cpus, memory in different)


def _processors(cpus: float) -> str:
    return f"{cpus:g} processor{'' if cpus == 1 else 's'}" if cpus else "all processors"


def named(name: str) -> str:
    """Return the option that names the lab, where it is not the usual one."""
    return "" if name == "lab" else f" --name {name}"


def listed(names: Sequence[str]) -> str:
    """Return names as arguments."""
    return "".join(f" {name}" for name in names)
