"""Does the generator see that it was the bottleneck itself, and only then? Writes results/selfwatch.json.

    python -m benchmarks.selfwatch [healthy] [injected]        both where neither is named; what the other wrote is kept

Real runs of ``plan test steady``'s scenario against a server of its own process on this machine's loopback
(benchmarks/loopback). Twenty are left alone, at four loads. In the others something is taken from the Locust process as soon as
arrivals began: processor time (a quota of its control group, v1; neighbours of higher priority on its core), sockets
(RLIMIT_NOFILE), or its schedule (more than one process can do; stopped for a moment). It takes root.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.loopback.deployment import Loopback, serving
from benchmarks.machine import RESULTS, write
from loadtests.generator import processes_of
from loadtests.scenarios.registry import STEADY
from loadtests.steady.record import Record
from loadtests.steady.run import Load, SteadyRun, in_order
from loadtests.steady.workload import of_plan
from loadtests.verdict import Result
from runtime.printer import quiet

FILE = RESULTS / "selfwatch.json"
SECONDS, MOST = 12.0, 20_000
SERVICE_MS, SIGMA = 30.0, 0.5
LOADS, EACH = (0.5, 1.0, 2.0, 3.0), 5
USUAL = 2.0
V1, V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")
PERIOD_US = 100_000
BUSY = """import contextlib, os, sys, time
with contextlib.suppress(OSError):
    os.nice(-20)
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    pass
"""
Deed = Callable[[int], None]


@dataclass(frozen=True)
class Case:
    """What is done to the Locust process (its id is given), at which share of the plan's peak."""

    name: str
    kind: str
    deed: Deed
    share: float = USUAL


@dataclass
class _Injected(SteadyRun):
    """A steady test to whose generator something is done when arrivals have begun."""

    deed: Deed = lambda _: None
    begun: bool = False

    def look(self, record: Record, now: float) -> None:
        """Do the deed once; look on."""
        if not self.begun:
            self.begun = True
            threading.Thread(target=self.deed, args=processes_of(self.target)[:1], daemon=True).start()
        super().look(record, now)


def alone(_: int) -> None:
    """Do nothing."""


def quota(share: float) -> Deed:
    """Return what lets it have ``share`` of a core (control groups of either version)."""

    def deed(pid: int) -> None:
        lines = Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii").splitlines()
        own = next((path for _, controllers, path in (line.split(":", 2) for line in lines) if "cpu" in controllers.split(",")), None)
        group = (V2 if own is None else V1 / own.lstrip("/")) / f"underdesk-{pid}"
        group.mkdir()
        _limit(group, round(share * PERIOD_US))
        (group / "cgroup.procs").write_text(str(pid), encoding="ascii")
        with suppress(psutil.TimeoutExpired, psutil.NoSuchProcess):
            psutil.Process(pid).wait(SECONDS)
        _limit(group, None)  # coming to an end may take as long as it takes alone
        with suppress(psutil.NoSuchProcess):
            psutil.Process(pid).wait()
        group.rmdir()

    return deed


def _limit(group: Path, quota_us: int | None) -> None:
    """Let a control group have so much of each period; None: all of it."""
    if (group / "cpu.max").exists():
        (group / "cpu.max").write_text(f"{quota_us or 'max'} {PERIOD_US}", encoding="ascii")
        return
    (group / "cpu.cfs_period_us").write_text(str(PERIOD_US), encoding="ascii")
    (group / "cpu.cfs_quota_us").write_text(str(quota_us or -1), encoding="ascii")


def neighbours(number: int) -> Deed:
    """Return what puts so many busy processes beside it on one core, before it in the queue where that is allowed."""

    def deed(pid: int) -> None:
        core = (os.cpu_count() or 1) - 1
        psutil.Process(pid).cpu_affinity([core])
        argv = ["taskset", "-c", str(core), sys.executable, "-c", BUSY, str(SECONDS)]
        running = [subprocess.Popen(argv, start_new_session=True) for _ in range(number)]
        for one in running:
            one.wait()

    return deed


def files(more: int) -> Deed:
    """Return what lets it open ``more`` files beside those that it has open."""

    def deed(pid: int) -> None:
        limit = psutil.Process(pid).num_fds() + more
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, limit))

    return deed


def stopped(seconds: float) -> Deed:
    """Return what stops it for a moment, some seconds later."""

    def deed(pid: int) -> None:
        time.sleep(SECONDS / 3)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    return deed


HEALTHY = tuple(Case("left alone", "healthy", alone, share) for share in LOADS for _ in range(EACH))
INJECTED = (
    *(Case(f"a quota of {share:.0%} of a core", "processor", quota(share)) for share in (0.02, 0.04, 0.06)),
    *(Case(f"{number} neighbours on its core", "processor", neighbours(number)) for number in (10, 20, 40)),
    *(Case(f"{more} files more than it had", "sockets", files(more)) for more in (0, 2, 5, 10, 20, 40)),
    *(Case(f"{share:g} times the peak", "schedule", alone, share) for share in (40.0, 60.0, 80.0)),
    *(Case(f"stopped for {seconds:g} s", "schedule", stopped(seconds)) for seconds in (1.0, 1.5, 2.0)),
)
PARTS = {"healthy": HEALTHY, "injected": INJECTED}


def main() -> None:
    """Run, write; exit code 1 where one was not flagged, or a healthy one was."""
    parts = _parts()
    content = _kept()
    with tempfile.TemporaryDirectory() as name, serving(Path(name), SERVICE_MS, SIGMA) as deployment:
        for part in parts:
            content[part] = told(part, list(_rows(deployment, PARTS[part])))
    print(write("selfwatch", {"schema": {"version": 1}, **content}, niceness=os.nice(0)).read_text(encoding="utf-8"))
    sys.exit(0 if all(content[part]["as_asked"] for part in parts) else 1)


def _parts() -> list[str]:
    parser = argparse.ArgumentParser(description="Starve the generator, and leave it alone.")
    parser.add_argument("part", nargs="*", help="healthy or injected; both")
    parts = list(parser.parse_args().part) or list(PARTS)
    if not set(PARTS) >= set(parts):
        parser.error(f"parts are {' and '.join(PARTS)}")
    return parts


def _kept() -> dict[str, Any]:
    before = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return {part: before[part] for part in PARTS if part in before}


def _rows(deployment: Loopback, cases: tuple[Case, ...]) -> Iterator[dict[str, Any]]:
    for case in cases:
        row = _row(case, _driven(deployment, case))
        print(row, flush=True)
        yield row


def _driven(deployment: Loopback, case: Case) -> Result:
    load = Load(of_plan(deployment.plan, case.share), SECONDS, MOST)
    return in_order(deployment, STEADY, load, quiet, lambda scenario, order: _Injected(deployment, scenario, order, quiet, deed=case.deed))


def _row(case: Case, result: Result) -> dict[str, Any]:
    own = result.measured.generator if result.measured else None
    return {
        "case": case.name,
        "kind": case.kind,
        "share": case.share,
        "requests": result.requests,
        "failures": result.failures,
        "verdict": result.verdict,
        "flagged": bool(own and own.faults),
        "faults": list(own.faults) if own else list(result.reasons),
        **({name: getattr(own, name) for name in ("late_p99_ms", "loop_worst_ms", "cpu_mean", "queued_mean", "sockets_most")} if own else {}),
    }


def told(part: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the rows with how many were flagged, and whether that is as asked: all that were injected, none that was left alone."""
    flagged = sum(row["flagged"] for row in rows)
    right = flagged == 0 if part == "healthy" else all(row["flagged"] and row["verdict"] == "invalid" for row in rows)
    kinds = {kind: f"{sum(row['flagged'] for row in rows if row['kind'] == kind)} of {sum(row['kind'] == kind for row in rows)}" for kind in _kinds(rows)}
    return {"runs": len(rows), "flagged": flagged, "as_asked": right, "flagged_by_kind": kinds, "rows": rows}


def _kinds(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(row["kind"] for row in rows))


if __name__ == "__main__":
    main()
