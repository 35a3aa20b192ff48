"""Run Ansible against the hosts of a cluster: what changes on each of them, or why one failed."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from infra.cluster.cluster import Cluster
from infra.cluster.parts.variables import inventory
from infra.hosts import NETWORK_MEND, NO_NETWORK, NO_SPACE, PLAYBOOKS, environment
from runtime import files
from runtime.errors import PlanError
from runtime.run import run

LIMIT_S: Final = 1800
PERSIST_S: Final = 60
MOST_AT_ONCE: Final = 25
MEND: Final = "mend what it says (see 'plan doctor --inventory'), then run the same command again: it goes on where it stopped"
GO_ON: Final = "Go on only where every host is ready"
"""The task that fails on the others where one host is not ready."""
DRY: Final = ("--check", "--skip-tags", "always")
"""Nothing of ours is always done but the check of what roles are told, which costs a process for each role and host and says nothing of them."""
SHARED: Final = "%C"
"""Of a connection that tasks share: a digest of this machine, host, port and user (ssh_config(5)), so the path stays short."""


@dataclass(frozen=True)
class Change:
    """Something that Ansible changed on a host (or would change, or somebody has): by which task, what, and the difference where it is a file."""

    host: str
    task: str
    what: tuple[str, ...] = ()
    diff: str = ""

    def __str__(self) -> str:
        return f"{self.host}: {self.task}{f' ({len(self.what)})' if len(self.what) > 1 else ''}"

    @property
    def lines(self) -> tuple[str, ...]:
        """The same without the host, one line for each file or setting."""
        return tuple(f"{self.task}: {one}" for one in self.what) or (self.task,)


class HostsError(PlanError):
    """Everything that failed on hosts; ``problems`` holds one error for each of them."""

    def __init__(self, problems: tuple[PlanError, ...]) -> None:
        first = problems[0]
        super().__init__(first.message, where=first.where, hint=first.hint)
        self.problems = problems


@dataclass(frozen=True)
class Part:
    """What of a cluster Ansible brings to what it shall be: a playbook, and variables that it needs beside those of the hosts."""

    playbook: str = "cluster.yml"
    variables: Mapping[str, Any] = field(default_factory=dict)


HOSTS: Final = Part()


def play(cluster: Cluster, folder: Path, on_change: Callable[[Change], None], *, dry_run: bool = False, part: Part = HOSTS) -> list[Change]:
    """Bring all hosts to what the cluster shall be; return what changed (``dry_run``: would).

    ``folder`` is private, and its path short: connections that are shared lie there. Raises HostsError naming each host that failed.
    """
    told = folder / f"inventory-{Path(part.playbook).stem}.json"
    files.write(told, json.dumps(inventory(cluster, part.variables)), files.PRIVATE)
    seen = Events(on_change)
    argv = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(told), "--diff"]
    done = run(
        [*argv, *(DRY if dry_run else []), str(PLAYBOOKS / part.playbook)],
        env={**environment(folder), **_together(cluster, folder)},
        timeout_s=LIMIT_S,
        check=False,
        on_line=seen.line,
    )
    if done.returncode:
        raise _why_not(cluster, part, seen.failures, done.stderr or done.stdout)
    return seen.changes


def _together(cluster: Cluster, folder: Path) -> dict[str, str]:
    """Return the settings that make many hosts cost little more than one."""
    return {
        "ANSIBLE_FORKS": str(min(len(cluster.reach), MOST_AT_ONCE)),
        "ANSIBLE_ANY_ERRORS_FATAL": "false",
        "ANSIBLE_SSH_ARGS": f"-o ControlMaster=auto -o ControlPersist={PERSIST_S}s",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder),
        "ANSIBLE_SSH_CONTROL_PATH": f"%(directory)s/{SHARED.replace('%', '%%')}",
    }


def _why_not(cluster: Cluster, part: Part, failures: Mapping[str, str], said: str) -> PlanError:
    if not failures:
        return PlanError(f"Ansible failed: {said.strip()[-500:]}", where=part.playbook, hint="run 'plan doctor'", exit_code=2)
    first = {host: said for host, said in failures.items() if not said.startswith(GO_ON)} or failures
    return HostsError(tuple(_problem(cluster, host, first[host]) for host in sorted(first)))


def _problem(cluster: Cluster, host: str, said: str) -> PlanError:
    where = f"{host} ({cluster.reach[host].address})" if host in cluster.reach else host
    if NO_SPACE in said:
        return PlanError("no space is left on the disk", where=where, hint="free some space there, then run the same command again")
    return PlanError(said, where=where, hint=NETWORK_MEND.replace("this machine", "that host") if NO_NETWORK.search(said) else MEND)


@dataclass
class Events:
    """Collects what the callback plugin prints."""

    on_change: Callable[[Change], None]
    changes: list[Change] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def line(self, text: str) -> None:
        """Take one line of Ansible's output."""
        try:
            event: dict[str, Any] = json.loads(text)
        except ValueError:
            return
        if event["event"] == "changed":
            what = tuple(event["what"]) or ((event["item"],) if event["item"] else ())
            self.changes.append(Change(event["host"], _named(event["task"]), what, event["diff"]))
            self.on_change(self.changes[-1])
        elif event["event"] == "failed":  # of a host the last one counts: earlier ones were rescued
            self.failures[event["host"]] = f"{_named(event['task'])}: {event['message']}"


def _named(task: str) -> str:
    """Return a task's name without the role that Ansible puts before it."""
    return task.rpartition(" : ")[2]
