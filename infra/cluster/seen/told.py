"""What on hosts is not as the last deploy told them: each host compares itself, all at once, and nothing is changed."""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra.cluster.cluster import Cluster
from infra.cluster.parts import folders
from infra.cluster.playing import Change
from infra.cluster.session import LIMIT_S, ssh
from infra.hosts import PLAYBOOKS
from infra.inventory.connect import Reach
from infra.inventory.model import Role
from runtime.errors import PlanError
from runtime.run import last_line, run
from runtime.together import together

UNTOLD: Final = "no deploy has told it"
EVERYTHING: Final = "everything that a deploy writes"
FOLDER: Final = "/var/lib/underdesk/told"
COMPARE: Final = PLAYBOOKS / "module_utils" / "settled.py"
EVERYBODY: Final = {
    "base": "what every host has",
    "firewall": "the firewall's command",
    "firewall-rules": "the firewall's rules",
    "ssh": "who comes in over SSH",
    "engine": "the container engine",
    "hardening": "what hardens the host",
    "folders": "the folders of the deployment",
    "metrics": "what tells how the host is",
    "schedule": "what backs up by itself",
}
"""What every host is told, by the name that playbooks give it, in words."""
OF_ROLES: Final[dict[Role, dict[str, str]]] = {
    "database": {"database": "the database", "database-members": "the members of the database"},
    "arbitrator": {"arbitrator": "the database's arbitrator"},
    "frontdoor": {"front-door": "the front door", "addresses": "the addresses that move"},
}


def names(cluster: Cluster, host: str) -> dict[str, str]:
    """Return what a host is told by a deploy, by name, in words."""
    found = dict(EVERYBODY)
    for role in cluster.placement.roles[host]:
        found |= OF_ROLES.get(role, {})
    if not cluster.inventory.front_door.addresses:
        found.pop("addresses", None)
    if not cluster.placement.galera:
        found.pop("arbitrator", None)
    if folders.replicated(cluster) and host in {*folders.bricks(cluster), *folders.mounting(cluster)}:
        found["files"] = "the store of files"
    return found


def differences(cluster: Cluster, folder: Path) -> tuple[list[Change], list[str]]:
    """Return what differs on the hosts that answer, and what keeps one from saying so."""
    hosts = cluster.answering
    found = together([functools.partial(_on, cluster.reach[name], folder, tuple(names(cluster, name))) for name in hosts])
    changes = [change for host, said in zip(hosts, found, strict=True) if isinstance(said, dict) for change in _changes(cluster, host, said)]
    return changes, [str(said) for said in found if isinstance(said, PlanError)]


def stale(cluster: Cluster, folder: Path) -> list[Change]:
    """Return the hosts that remember something else than what stands there, or nothing; asked where nothing differs from the plan.

    An older version deployed them, a deploy was taken back, or somebody did by hand what the plan says now.
    """
    hosts = dict.fromkeys(change.host for change in differences(cluster, folder)[0])
    return [Change(host, "remember what it is told") for host in hosts]


def _changes(cluster: Cluster, host: str, said: dict[str, list[str]]) -> Iterator[Change]:
    words = names(cluster, host)
    if all(what == [UNTOLD] for what in said.values()):
        yield Change(host, EVERYTHING, (UNTOLD,))
        return
    yield from (Change(host, words[name], tuple(what)) for name, what in said.items() if what)


def program(told: tuple[str, ...]) -> str:
    """Return what a host's Python is given to run."""
    ask = "lambda command: subprocess.run(command, capture_output=True, text=True, check=False).stdout"
    every = f"{{name: differences(Path({FOLDER!r}) / name, {ask}) for name in {told!r}}}"
    return f"{COMPARE.read_text(encoding='utf-8')}\n\nimport subprocess\n\nprint(json.dumps({every}))\n"


def _on(reach: Reach, folder: Path, told: tuple[str, ...]) -> dict[str, list[str]] | PlanError:
    argv = ssh(reach, folder, ["sudo", "-n", "python3", "-I", "-"])
    try:
        done = run(argv, stdin=program(told), env={"LC_ALL": "C.UTF-8"}, timeout_s=LIMIT_S, check=False)
        found: dict[str, list[str]] = json.loads(done.stdout) if not done.returncode else {}
    except (PlanError, ValueError) as problem:
        return PlanError(f"does not say what was changed on it: {problem}", where=reach.name)
    return found if not done.returncode else PlanError(f"does not say what was changed on it: {last_line(done.stderr or done.stdout)}", where=reach.name)
