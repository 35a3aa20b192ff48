"""Time and room of ``plan seed``, and that the same seed gives the same content twice on one platform.

    python -m benchmarks.seed NAME [--size l] [--rounds 2]

Seeds, reads everything back, removes, and seeds once more, on a deployment without seeded content; nothing of it stays.
Beside the seconds stand the CPU seconds of the services (their control groups) and of the command: those hold on a busy machine, too.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

from benchmarks.demands import Meter
from benchmarks.desk import PLAN
from benchmarks.machine import write
from infra.deployment import Deployment, load
from loadtests.seed import state
from loadtests.seed.amounts import SIZES, needed_mib

ASKED_SECONDS = 60


def main() -> None:
    """Measure, print and keep."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("name")
    arguments.add_argument("--size", default="l", choices=SIZES)
    arguments.add_argument("--rounds", type=int, default=2)
    given = arguments.parse_args()
    deployment = load(given.name)
    if state.found(deployment).anything:
        sys.exit("seeded content is there: plan seed --remove")
    found = {"size": given.size, "asked_seconds": ASKED_SECONDS, "amounts": vars(SIZES[given.size])}
    rounds = [_round(deployment, given.size) for _ in range(given.rounds)]
    found |= {
        "rounds": rounds,
        "same_content": len({str(one["digests"]) for one in rounds}) == 1 if len(rounds) > 1 else None,
        "estimated_mib": needed_mib(SIZES[given.size]),
    }
    print(write("seed", found))


def _round(deployment: Deployment, size: str) -> dict[str, Any]:
    load_before, before, meter = os.getloadavg(), _mib(deployment), Meter(deployment)
    start = _cpu_seconds(meter)
    seconds, answer = _plan(deployment, "--size", size)
    used = {role: round(now - start[role], 1) for role, now in _cpu_seconds(meter).items()}
    grown = _mib(deployment) - before
    there = state.found(deployment, digest=True)
    removed, _ = _plan(deployment, "--remove")
    found = {
        "seconds": seconds,
        "removed_seconds": removed,
        "grown_mib": grown,
        "cpu_seconds": used,
        "load_average_before": load_before,
        "load_average_after": os.getloadavg(),
    }
    print(found)
    return {**found, "blogs": answer["blogs"], "wiki": answer["wiki"], "digests": [there.blogs.digest, there.wiki.digest]}


def _plan(deployment: Deployment, *arguments: str) -> tuple[float, Any]:
    """Run the command as a person would; return its seconds and its answer."""
    start = time.monotonic()
    argv = [PLAN, "seed", *arguments, "--yes", "--json", "--name", deployment.name]
    done = subprocess.run(argv, stdout=subprocess.PIPE, check=True, text=True)
    return round(time.monotonic() - start, 1), json.loads(done.stdout)


def _cpu_seconds(meter: Meter) -> dict[str, float]:
    ours = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {**{role: spent / 1000 for role, spent in meter.read().items()}, "plan": ours.ru_utime + ours.ru_stime}


def _mib(deployment: Deployment) -> int:
    done = subprocess.run(["du", "-sm", str(deployment.folder / "data")], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


if __name__ == "__main__":
    main()
