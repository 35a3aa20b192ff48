"""What each host of a cluster tells of itself, asked of all at once over the connection that is then shared; who does not answer is not waited for long."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from infra.cluster import claim, record
from infra.cluster.carry import kept
from infra.cluster.session import ssh
from infra.inventory.connect import Reach
from infra.inventory.mark import PATH
from infra.inventory.ports import DATABASE_HEALTH
from infra.inventory.probe import Part, why_not
from runtime.errors import PlanError
from runtime.run import run
from runtime.together import together

PROGRAM: Final = Path(__file__).with_name("on_host.py")
CONNECT_S: Final = 5
"""A host that is up answers within this; one that is not must not make everybody wait."""
LOOK_S: Final = 14


class Swarm(Part):
    """What an engine says of the swarm: whether it ``manages``, and whether the swarm ``answers`` there (it has a leader)."""

    state: str
    manages: bool
    answers: bool


class Told(Part):
    """What a host tells; None is what it did not say in time, or has not got."""

    mark: str
    record: str
    kept: tuple[str, ...]
    deploying: str
    memory_bytes: int
    memory_free_bytes: int
    disk_bytes: int
    disk_free_bytes: int
    addresses: tuple[str, ...] | None = None
    swarm: Swarm | None = None
    tasks: dict[str, int] | None = None
    database: dict[str, str] | None = None
    door: str | None = None
    records: dict[str, dict[str, str]] | None = None


@dataclass(frozen=True)
class Tells:
    """What those told that answered, and why others did not."""

    told: Mapping[str, Told]
    lost: Mapping[str, PlanError]


def ask(reaches: Mapping[str, Reach], folder: Path) -> Tells:
    """Return what hosts tell; nothing on them is changed."""
    found = dict(zip(reaches, together([functools.partial(_ask, reach, folder) for reach in reaches.values()]), strict=True))
    return Tells({name: one for name, one in found.items() if isinstance(one, Told)}, {name: one for name, one in found.items() if isinstance(one, PlanError)})


def program(reach: Reach) -> str:
    """Return what a host's Python is given to run."""
    asked = {
        "mark": PATH,
        "record": record.FILE,
        "root": kept.ROOT,
        "claim": claim.FILE,
        "address": reach.address,
        "health_port": DATABASE_HEALTH,
    }
    return f"{PROGRAM.read_text(encoding='utf-8')}\n\nanswer(json.loads({json.dumps(asked)!r}))\n"


def _ask(reach: Reach, folder: Path) -> Told | PlanError:
    client, *words = ssh(reach, folder, ["sudo", "-n", "python3", "-I", "-"])
    where = f"{reach.name} ({reach.address})"
    try:
        done = run([client, "-o", f"ConnectTimeout={CONNECT_S}", *words], stdin=program(reach), env={"LC_ALL": "C"}, timeout_s=LOOK_S, check=False)
    except PlanError as problem:
        return PlanError(f"does not answer: {problem.message}", where=where, hint="is it overloaded? see 'plan doctor --inventory'")
    try:
        return Told.model_validate_json(([*done.stdout.splitlines(), ""] if done.returncode else done.stdout.splitlines() or [""])[-1])
    except ValidationError:
        return why_not(reach, done)
