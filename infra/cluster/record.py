"""What was deployed on hosts, written down on the managers: a second engineer's fresh checkout sees the same."""

import functools
import json
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from infra.cluster.cluster import HOME, Cluster
from infra.cluster.session import administer
from infra.inventory.connect import Reach
from runtime.errors import PlanError
from runtime.together import together

FILE: Final = str(HOME / "cluster.json")
SCHEMA_VERSION: Final = 1


def content(cluster: Cluster, *, services: bool) -> dict[str, Any]:
    """Return what is written down; the moment is added when it differs from what stands there."""
    return {
        "schema": {"version": SCHEMA_VERSION},
        "name": cluster.name,
        "plan_digest": cluster.plan.inputs.digest,
        "hosts": {host.name: host.address for host in cluster.inventory.hosts},
        "roles": {name: list(roles) for name, roles in cluster.placement.roles.items()},
        "made_ready": True,
        "services": services,
    }


def read(reaches: Mapping[str, Reach], folder: Path) -> dict[str, Any]:
    """Return what any of the hosts has written down, the newest; {} where none has."""
    found = [_parsed(said) for said in together([functools.partial(_read, reach, folder) for reach in reaches.values()])]
    return max(found, key=lambda one: str(one.get("applied_at", "")), default={})


def write(cluster: Cluster, folder: Path, before: Mapping[str, Any], *, services: bool = False) -> bool:
    """Write down what stands on every manager, where it is not there yet; return whether anything was written."""
    wanted = content(cluster, services=services)
    stands = {key: value for key, value in before.items() if key != "applied_at"} == wanted
    moment = before["applied_at"] if stands and "applied_at" in before else datetime.now(UTC).isoformat(timespec="seconds")
    text = json.dumps({**wanted, "applied_at": moment}, indent=1) + "\n"
    return any(together([functools.partial(_write, cluster.reach[name], folder, text) for name in cluster.managers]))


def _read(reach: Reach, folder: Path) -> str:
    return administer(reach, folder, f"cat {FILE} 2>/dev/null || true").stdout


def _parsed(said: str) -> dict[str, Any]:
    try:
        value = json.loads(said or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _write(reach: Reach, folder: Path, text: str) -> bool:
    script = (
        f'new=$(cat; echo .); new=${{new%.}}; if [ -f {FILE} ] && [ "$(cat {FILE}; echo .)" = "$new." ]; then echo same; exit; fi; '
        f'mkdir -p {shlex.quote(str(Path(FILE).parent))} && umask 077 && printf %s "$new" >{FILE}.new && sync {FILE}.new && mv {FILE}.new {FILE}'
    )
    done = administer(reach, folder, script, stdin=text)
    if done.returncode:
        raise PlanError(f"what was done cannot be written down: {done.stderr.strip()[-300:]}", where=f"{reach.name}: {FILE}", hint="run the same command again")
    return "same" not in done.stdout
