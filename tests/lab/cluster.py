"""A cluster in a lab, as IT has it: its hosts, what is deployed on them, and who knocks from outside."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from infra.cluster.cluster import Cluster
from infra.cluster.make_ready import at_work
from infra.deployment import read_plan
from infra.inventory.check import check
from infra.inventory.reading import read
from runtime.printer import quiet
from sizing.plan import Plan
from tests.unit.inventory_examples import equal

PLAN = Path(__file__).resolve().parents[2] / ".venv/bin/plan"
COMMAND_S, LAB_S, KNOCK_S, PAUSE_S = 1800, 900, 2.0, 0.2
"""Limits are for machines that do much else; what a cluster needs is in benchmarks/results/cluster_3.json."""
KEEP = "UNDERDESK_KEEP"  # set it to keep labs between runs while developing
DEBIAN = os.environ.get("UNDERDESK_TEST_DEBIAN", "13")  # 12: the same tests on hosts of the release before
ROOM = {"cores": 1, "memory_gib": 0.5, "disk_gib": 5.0}
"""What the plan asks of a host: a lab's may be small."""


@dataclass(frozen=True)
class Done:
    """How a command ended: exit code, its answer, what it narrated, and its seconds."""

    code: int
    answer: dict[str, Any]
    said: str
    seconds: float

    @property
    def changed(self) -> dict[str, list[str]]:
        """What a deploy changed, by host."""
        return dict(self.answer.get("changed", {}))

    @property
    def proposed(self) -> dict[str, list[str]]:
        """What a deploy said that it would change, by host."""
        return dict(self.answer.get("proposed", {}))


class ClusterLab:
    """A lab of the hosts of a plan, called NAME1, NAME2…; ``extent`` are options of how much is deployed."""

    extent: tuple[str, ...] = ("--hosts-only",)

    def __init__(self, name: str, whole: int | Plan, folder: Path) -> None:
        """``whole`` is the plan, or how many equal hosts it has."""
        whole = equal(whole) if isinstance(whole, int) else whole
        self.name, self.home = name, Path(f"/var/tmp/underdesk-{name}")  # noqa: S108 - the labs' folder beside it is made private
        self.folder = self.home.with_name(f"{self.home.name}-labs") / name
        self.hosts = [f"{name}{number}" for number in range(1, sum(server.count for server in whole.servers) + 1)]
        self.plan_file = folder / "plan.json"
        servers = tuple(server.model_copy(update=ROOM) for server in whole.servers)
        keep = whole.platform.backup.model_copy(update={"scheduled": False})  # of what is measured here nothing else shall be at work
        platform = whole.platform.model_copy(update={"internal_networks": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"), "backup": keep})
        self.plan_file.write_text(whole.model_copy(update={"servers": servers, "platform": platform}).model_dump_json())

    @property
    def inventory(self) -> Path:
        return self.folder / "cluster.yaml"

    def lab(self, *arguments: str, check: bool = True) -> str:
        """Run ``plan lab``."""
        command = [str(PLAN), "lab", arguments[0], "--name", self.name, *arguments[1:]]
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, check=False, timeout=LAB_S)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def up(self) -> None:
        self.lab("up", "--hosts", str(len(self.hosts)), "--debian", DEBIAN)

    def down(self) -> None:
        self.lab("down", "--yes", check=False)
        shutil.rmtree(self.folder.parent, ignore_errors=True)

    def command(self, *more: str, inventory: Path | None = None) -> list[str]:
        return [str(PLAN), "deploy", str(self.plan_file), "--inventory", str(inventory or self.inventory), *self.extent, "--json", *more]

    def deploy(self, *more: str, inventory: Path | None = None) -> Done:
        """Run ``plan deploy``, with ``--yes`` unless it is asked for something else."""
        return self._done(self.command(*(more or ("--yes",)), inventory=inventory))

    def ask(self, command: str, *more: str) -> Done:
        """Run a command from the inventory alone, in the plan's folder."""
        return self._done([str(PLAN), command, *more, "--inventory", str(self.inventory)])

    def _done(self, argv: Sequence[str]) -> Done:
        began, folder = time.monotonic(), self.plan_file.parent
        done = subprocess.run(
            argv, cwd=folder, env=self._environment(), capture_output=True, text=True, check=False, timeout=COMMAND_S, stdin=subprocess.DEVNULL
        )
        answer = json.loads(done.stdout or "{}") if "--json" in argv else {}
        return Done(done.returncode, answer, done.stderr if answer else done.stdout + done.stderr, time.monotonic() - began)

    def applied(self) -> list[str]:
        """Let Ansible apply everything, whatever a comparison would say, and return what changed."""
        plan, inventory = read_plan(self.plan_file), read(self.inventory)
        checked = check(inventory, plan)
        checked.refuse()
        assert checked.placement
        with at_work(Cluster(plan, inventory, checked.placement)) as work:
            return [str(change) for change in work.apply(quiet)]

    def killed(self, when: str) -> None:
        """Begin a deploy and kill it, its children untold, when it says ``when`` (of services: when it does that, not when it proposes it)."""
        argv = self.command("--yes")
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True, env=self._environment())
        assert process.stderr
        heard = ""
        for line in process.stderr:
            heard += line
            if when in line and ("service" not in when or "Deploying" in heard):
                break
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        process.stderr.close()
        assert when in line, heard

    def begun(self) -> "subprocess.Popen[str]":
        """Begin a deploy and return it when it holds the cluster."""
        process = subprocess.Popen(self.command("--yes"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=self._environment())
        assert process.stderr
        for line in process.stderr:
            if "Comparing" in line:
                break
        return process

    def ssh(self, host: str, script: str, *options: str, code: int = 0) -> str:
        """Run a script on a host and return what it says, errors included."""
        argv = ["ssh", "-F", str(self.folder / "ssh_config"), "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", *options, host, script]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == code, f"{done.returncode}: {done.stdout} {done.stderr}"
        return (done.stdout + done.stderr).strip()

    def root(self, host: str, script: str, code: int = 0) -> str:
        """Run a script as administrator of a host."""
        return self.ssh(host, f"sudo sh -c {_quoted(script)}", code=code)

    def address(self, host: str) -> str:
        """Return where the inventory says that a host is."""
        return {one.name: one.address for one in read(self.inventory).hosts}[host]

    def opens(self, host: str, port: int) -> bool:
        """Tell whether a port of a host opens for this machine, which is outside."""
        with suppress(OSError):
            socket.create_connection((self.address(host), port), KNOCK_S).close()
            return True
        return False

    def opens_from(self, other: str, host: str, port: int) -> bool:
        """Tell whether a port of a host opens for another host."""
        script = f"timeout {KNOCK_S:.0f} bash -c '</dev/tcp/{self.address(host)}/{port}' 2>/dev/null && echo opens || echo closed"
        return self.ssh(other, script).endswith("opens")

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "UNDERDESK_HOME": str(self.home), "NO_COLOR": "1"}


Lab = TypeVar("Lab", bound=ClusterLab)


@contextmanager
def standing(made: Lab, *, deployed: bool = True) -> Iterator[Lab]:
    """Bring a lab up, deploy what is of its extent, and take it away afterwards: it begins anew and ends, but where somebody keeps it."""
    kept = bool(os.environ.get(KEEP))
    if not kept:
        made.down()
    try:
        made.up()
        if deployed:
            done = made.deploy()
            assert done.code == 0, done.said
            print(f"{made.name}: deployed in {done.seconds:.0f} s")  # noqa: T201 - the figure
        yield made
    finally:
        if not kept:
            made.down()


def wait_for(met: Callable[[], bool], limit_s: float, otherwise: str) -> None:
    until = time.monotonic() + limit_s
    while not met():
        assert time.monotonic() < until, otherwise
        time.sleep(PAUSE_S)


def written(lines: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the files that lines name, with their hosts; what a package brings is tightened when it is there, which nobody can foresee."""
    files = {f"{host} {line.partition(': ')[2]}" for host, said in lines.items() for line in said if ": /" in line}
    return {file for file in files if not file.endswith((": 0700", ": 0600"))}


def _quoted(script: str) -> str:
    return "'" + script.replace("'", "'\\''") + "'"
