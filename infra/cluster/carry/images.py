"""Which images each host of a cluster lacks, and where what it lacks comes from; pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra import images
from infra.cluster.cluster import Cluster
from infra.images import Image
from infra.inventory.ports import REGISTRY

ENGINEER: Final = "this machine"
There = Mapping[str, Mapping[str, str]]
"""The images of each host: ID by reference."""
LINE: Final = re.compile(r"(\S+:\S+) (sha256:[0-9a-f]{64})")
PASSING: Final = re.compile(rf"\S+:{REGISTRY}/underdesk/\S+")
"""References that images bear on their way between hosts."""


@dataclass(frozen=True)
class Lack:
    """What hosts lack: the ID that each wanted reference shall have ("": nobody has it), and the references that each host lacks."""

    ids: Mapping[str, str]
    by_host: Mapping[str, tuple[str, ...]]

    def __bool__(self) -> bool:
        return bool(self.by_host)


@dataclass(frozen=True)
class Ways:
    """How images come to ``source``, a manager, before they go from there to the others: by who has them, and what must be built there."""

    source: str
    from_host: Mapping[str, tuple[str, ...]]
    built: tuple[str, ...]


def listed(said: str) -> dict[str, str]:
    """Return ID by reference, of what an engine lists."""
    return dict(found.groups() for line in said.splitlines() if (found := LINE.fullmatch(line.strip())))  # type: ignore[misc]


def lack(references: Sequence[str], there: There, recorded: Mapping[str, str], here: Mapping[str, str]) -> Lack:
    """Return what hosts lack of ``references``.

    An image is what was ``recorded`` of it, as long as anybody has that; else what most hosts have, else what this machine has.
    """
    ids = {reference: _identity(reference, there, recorded.get(reference, ""), here.get(reference, "")) for reference in references}
    lacking = {
        host: tuple(reference for reference in references if not ids[reference] or held.get(reference) != ids[reference]) for host, held in there.items()
    }
    return Lack(ids, {host: missing for host, missing in lacking.items() if missing})


def ways(managers: Sequence[str], there: There, here: Mapping[str, str], lacking: Lack) -> Ways:
    """Return how the images come to the manager that lacks the fewest."""
    source = min(managers, key=lambda name: len(lacking.by_host.get(name, ())))
    held: dict[str, list[str]] = {}
    built = []
    for reference in lacking.by_host.get(source, ()):
        wanted = lacking.ids[reference]
        owners = [name for name, has in {**there, ENGINEER: here}.items() if wanted and has.get(reference) == wanted]
        if owners:
            held.setdefault(owners[0], []).append(reference)
        else:
            built.append(reference)
    return Ways(source, {owner: tuple(found) for owner, found in held.items()}, tuple(built))


def unneeded(there: There, wanted: Iterable[str], needed: Iterable[str]) -> dict[str, list[str]]:
    """Return the references that each host may forget: those of the ``wanted`` images' repositories that are not ``needed``, and names from their way."""
    stay = {*wanted, *needed}
    ours = {_repository(reference) for reference in stay}

    def gone(reference: str) -> bool:
        return reference not in stay and bool(PASSING.fullmatch(reference) or _repository(reference) in ours)

    found = {host: sorted(filter(gone, held)) for host, held in there.items()}
    return {host: references for host, references in found.items() if references}


def variables(cluster: Cluster, source: str, authority: str, built: Sequence[Image] = (), contexts: Path | None = None) -> dict[str, Any]:
    """Return what Ansible is told: where the registry may run, whom its clients trust ("": no registry is needed), and what is built there."""
    return {
        "registry_on": source,
        "registry_address": address(cluster, source) if authority else "",
        "registry_authority": authority,
        "images_built": [vars(image) for image in built],
        "images_contexts": str(contexts or ""),
        "images_suite": images.SUITE,
        "images_base_packages": list(images.BASE_PACKAGES),
        "images_base_without": list(images.BASE_WITHOUT),
        "images_base_with": list(images.BASE_WITH),
    }


def address(cluster: Cluster, source: str) -> str:
    """Return the address of the registry on ``source``."""
    host = cluster.reach[source].address
    return f"[{host}]:{REGISTRY}" if ":" in host else f"{host}:{REGISTRY}"


def _identity(reference: str, there: There, recorded: str, here: str) -> str:
    found = [held[reference] for held in there.values() if reference in held]
    if recorded and recorded in {*found, here}:
        return recorded
    return Counter(found).most_common(1)[0][0] if found else here


def _repository(reference: str) -> str:
    return reference.rpartition(":")[0]
