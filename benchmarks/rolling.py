"""Change every service under load, again and again, and count the requests that failed; writes results/rolling.json.

    python -m benchmarks.rolling                  until 20,000 requests were driven
    python -m benchmarks.rolling --requests 2000 --around 10

Open arrivals at 55 % of the capacity that is measured first, from a minute before to a minute after each change; half of
them reach PHP and the database, nine in a hundred write; nothing is sent twice. At the end of each round everything that
was acknowledged is read back. Also measured: how long new connections are refused when the front door is replaced
without its stand-in. The platform of tests/platform/brief.yaml is deployed for it and removed afterwards.
"""

import argparse
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import desk
from benchmarks.machine import write
from infra.deployment import Deployment, load
from infra.images import references
from loadtests.flow import Flow, flowing
from loadtests.load import Driven
from loadtests.verdict import Result
from tests.platform.rolling.images import roll, variant
from tests.platform.rolling.limits import CHANGES

SLOT = int(os.environ.get("UNDERDESK_TEST_SLOT", "0"))
NAME = f"test-desk-{SLOT}" if SLOT else "test-desk"
PROBE_S = 0.01
ROUND_LIMIT_S = 7200


@dataclass(frozen=True)
class Row:
    """One change under load: what came from a minute before it to a minute after it."""

    changed: str
    seconds: float
    requests: int
    failed: int
    worst_ms: float
    per_second: float


def main() -> None:
    """Repeat rounds until enough requests were driven; exit code 1 where one failed or something written is missing."""
    options = asked("Change every service under load.")
    rows: list[Row] = []
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder, _deployed(Path(folder)) as deployment:
        while sum(result.requests for result in results) < options.requests:
            done, result = _round(deployment, Path(folder), options)
            rows += done
            results.append(result)
            _write(rows, results, None)
        _write(rows, results, _gap(deployment))
    failed = sum(result.failures for result in results)
    sys.exit(1 if failed or any(result.verdict != "passed" for result in results) else 0)


def asked(description: str) -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--requests", type=int, default=20_000, help="repeat until so many were driven")
    parser.add_argument("--around", type=float, default=60.0, help="seconds of load before and after each change")
    parser.add_argument("--rate", type=float, default=0.0, help="arrivals a second; 0: 55 %% of the measured capacity")
    return parser.parse_args()


@contextmanager
def _deployed(folder: Path) -> Iterator[Deployment]:
    desk.deploy(folder, NAME, SLOT)
    yield load(NAME)
    if not os.environ.get("UNDERDESK_KEEP"):
        desk.plan(folder, "destroy", "--yes", "--delete-data", NAME)


def _round(deployment: Deployment, folder: Path, options: argparse.Namespace) -> tuple[list[Row], Result]:
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    with flowing(deployment, say, rate_per_second=options.rate, limit_s=ROUND_LIMIT_S) as flow:
        return changed_under(flow, _changes(folder, plan), options.around)


def changed_under(flow: Flow, changes: Iterable[tuple[str, Callable[[], None]]], around: float) -> tuple[list[Row], Result]:
    """Make each change (by name) with ``around`` seconds of load before and after it; return what came of them, and of the whole."""
    spans: list[tuple[str, float, float]] = []
    say(f"load: {flow.wait_for_arrivals().rate_per_second} a second")
    time.sleep(around)
    for name, change in changes:
        begin = time.time()
        change()
        spans.append((name, begin, time.time()))
        time.sleep(around)
        say(str(row(spans[-1], flow.driven(), around)))
    result = flow.stop()
    say(f"{result.verdict}: {result.requests} requests, {result.failures} failed {result.reasons}")
    return [row(span, result.driven, around) for span in spans], result


def _changes(folder: Path, plan: dict[str, dict[str, dict[str, int]]]) -> Iterator[tuple[str, Callable[[], None]]]:
    for roles, (role, limit, by) in CHANGES.items():

        def change(role: str = role, limit: str = limit, by: int = by) -> None:
            plan["limits"][role][limit] += by
            (folder / "changed.json").write_text(json.dumps(plan), encoding="utf-8")
            desk.plan(folder, "deploy", "changed.json", "--yes")

        yield f"{' and '.join(roles)}: {limit}", change
    for role in ("blogs", "wiki", "pagecache"):
        yield f"{role}: image", partial(_other_image, role)
    yield "all: back to the first plan", lambda: desk.plan(folder, "deploy", "--yes")


def _other_image(role: str) -> None:
    roll(f"{NAME}-{role}", variant(references()[role]))


def row(span: tuple[str, float, float], driven: Driven | None, around: float) -> Row:
    """Return what came of a change, given by name, begin and end (unix time)."""
    name, begin, end = span
    seconds = [second for second in (driven.seconds if driven else ()) if begin - around <= second.at <= end + around]
    return Row(
        changed=name,
        seconds=round(end - begin, 1),
        requests=sum(second.requests for second in seconds),
        failed=sum(second.failed for second in seconds),
        worst_ms=max((second.worst_ms for second in seconds), default=0.0),
        per_second=round(sum(second.requests for second in seconds) / max(1, len(seconds)), 1),
    )


def _gap(deployment: Deployment) -> float:
    """Return for how many milliseconds new connections are refused when Swarm alone replaces the front door."""
    taken: list[float] = []
    over = threading.Event()

    def probe() -> None:
        while not over.wait(PROBE_S):
            try:
                socket.create_connection((deployment.address, deployment.ports[1]), timeout=1).close()
                taken.append(time.monotonic())
            except OSError:
                pass

    prober = threading.Thread(target=probe)
    prober.start()
    subprocess.run(["docker", "service", "update", "--quiet", "--force", deployment.service("frontdoor")], check=True, capture_output=True)
    over.set()
    prober.join()
    return round(max(later - earlier for earlier, later in itertools.pairwise(taken)) * 1000)


def _write(rows: list[Row], results: list[Result], gap_ms: float | None) -> None:
    write("rolling", {**summed(rows, results), "front_door_gap_without_stand_in_ms": gap_ms})


def summed(rows: list[Row], results: list[Result]) -> dict[str, Any]:
    """Return what is written of all rounds."""
    driven = [result.driven for result in results if result.driven]
    return {
        "asked": {"failed": 0, "requests": 20_000},
        "requests": sum(result.requests for result in results),
        "failed": sum(result.failures for result in results),
        "writes_acknowledged": sum(one.writes.acknowledged for one in driven),
        "writes_lost_doubled_or_hidden": sum(len(one.writes.lost) + len(one.writes.doubled) + len(one.writes.stale) for one in driven),
        "rounds": [{"capacity_per_second": one.capacity_per_second, "rate_per_second": one.rate_per_second, "late_ms": one.late_ms} for one in driven],
        "events": [event.model_dump() for one in driven for event in one.events][:100],
        "changes": [asdict(row) for row in rows],
    }


def say(line: str) -> None:
    """Say a line at once."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
