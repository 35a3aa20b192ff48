"""A cluster in a lab: seconds from bare hosts to serving, of a run without a change, of a look, and what people see while hosts fail.

Run as root: .venv/bin/python -m benchmarks.cluster --hosts 7 --faults 14 (an hour and more on two cores). Writes benchmarks/results/cluster_7.json; with
--faults 0 --all 0 only the seconds of deploys are measured, and of faults what was measured before stands, with its date.
A kill of one host is a SIGKILL of all its processes: what was written and not synced is still in the outer kernel. Before all hosts are killed the database of
each moves to a disk that forgets, when its power is cut, what was not synced (tests/lab/power.py), and that is cut first; files lie on the hosts' own.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.machine import RESULTS, write
from tests.lab import power
from tests.lab.cluster import wait_for
from tests.lab.faults import FAULTS, WELL_S, Outcome, all_gone, suffer, well
from tests.lab.serving import ServingLab

NAME = "bench"
NO_PAGE_S, NO_POST_S = 4.0, 10.0
"""Worse than that is looked into: what the hosts and the front doors' containers said is kept."""
SAYS = (
    "journalctl --since @{since} --no-pager --output short-precise; docker ps --all --format '{{{{.Names}}}} {{{{.Status}}}}'; docker node ls; "
    "for one in $(docker ps --all --quiet --filter name=frontdoor); do docker logs --timestamps --since {since} $one 2>&1 | tail --lines 5000; done"
)


def main() -> None:
    """Measure, print, write."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--hosts", type=int, default=3, help="how many, equal")
    arguments.add_argument("--faults", type=int, default=len(FAULTS), help="how many faults, each kind in turn")
    arguments.add_argument("--all", type=int, default=1, help="how often all hosts are killed at once")
    asked = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="underdesk-bench-"))
    lab = ServingLab(NAME, asked.hosts, folder)
    lab.down()
    try:
        lab.up()
        built = _built(lab)
        outcomes: list[Outcome] = []
        path = _keep(asked.hosts, built, outcomes, [])
        for fault in itertools.islice(itertools.cycle(FAULTS), asked.faults):
            outcomes.append(_suffered(lab, fault, folder))
            _keep(asked.hosts, built, outcomes, [])  # hours of them: what was seen stands where the next one fails
        if asked.all:
            _keep(asked.hosts, built, outcomes, _without_power(lab, folder, asked.all))
    finally:
        lab.down()
    print(path.read_text(encoding="utf-8"))


def _built(lab: ServingLab) -> dict[str, float]:
    """Return the seconds of the first deploy, of one that changes nothing, and of a look at what stands."""
    first, again = lab.deploy(), lab.deploy()
    for done in (first, again):
        if done.code:
            raise SystemExit(done.said)
    began = time.monotonic()
    subprocess.run(lab.looking(), check=False, stdout=subprocess.DEVNULL)
    found = {"bare_to_serving_s": first.seconds, "nothing_changed_s": again.seconds, "status_s": time.monotonic() - began}
    print({key: round(value, 1) for key, value in found.items()}, flush=True)
    return found


def _suffered(lab: ServingLab, fault: str, folder: Path) -> Outcome:
    since = int(time.time())
    outcome = suffer(lab, fault, folder)
    print(outcome, flush=True)
    if outcome.no_page_s > NO_PAGE_S or outcome.no_post_s > NO_POST_S or outcome.at_once_s > 0 or outcome.lost:
        for host in lab.hosts:
            file = folder / f"{since}-{host}.log"
            file.write_text(lab.role(host, SAYS.format(since=since)), encoding="utf-8")
            print(f"worse than asked: {file}", flush=True)
    return outcome


def _without_power(lab: ServingLab, folder: Path, times: int) -> list[tuple[float, Outcome]]:
    wait_for(lambda: well(lab), WELL_S, "the cluster is not well before it gets other disks")
    power.forgetful(lab)
    found = []
    for _ in range(times):
        power.marked(lab)
        found.append(all_gone(lab, folder, lambda: power.cut(lab)))
        print(found[-1][1], flush=True)
        if not power.forgot(lab):
            raise SystemExit("the disks kept what nobody synced: this proves nothing")
    return found


def _keep(hosts: int, built: dict[str, float], outcomes: Sequence[Outcome], gone: Sequence[tuple[float, Outcome]]) -> Path:
    every = [*outcomes, *(outcome for _, outcome in gone)]
    found = {key: round(value, 1) for key, value in built.items()}
    result = {"schema": {"version": 1}, "hosts": hosts, "built": found} | (_faults(outcomes, gone, every) if every else _before(hosts))
    return write(f"cluster_{hosts}", result, load_average=[round(load, 1) for load in os.getloadavg()])


def _before(hosts: int) -> dict[str, Any]:
    """Return what was measured of faults before, with its date."""
    path = RESULTS / f"cluster_{hosts}.json"
    old: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept = {key: value for key, value in old.items() if key not in {"machine", "schema", "hosts", "built"}}
    return {"faults_measured": old["machine"]["date"], **kept} if kept else {}


def _faults(outcomes: Sequence[Outcome], gone: Sequence[tuple[float, Outcome]], every: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "faults": {kind: _summed([one for one in outcomes if _kind(one) == kind]) for kind in dict.fromkeys(map(_kind, outcomes))},
        "all_killed_serving_again_s": [round(seconds, 1) for seconds, _ in gone],
        "posts_acknowledged": sum(one.acknowledged for one in every),
        "posts_lost": sum(len(one.lost) for one in every),
        "two_members_written_at_once_s": max(0.0, *(one.at_once_s for one in every)),
        "each": [{key: round(value, 2) if isinstance(value, float) else value for key, value in asdict(one).items()} for one in every],
    }


def _kind(outcome: Outcome) -> str:
    return f"{outcome.fault} (address and writer)" if len(outcome.had) > 1 else outcome.fault


def _summed(found: Sequence[Outcome]) -> dict[str, Any]:
    def spread(values: Sequence[float]) -> dict[str, float]:
        return {"median": round(statistics.median(values), 1), "most": round(max(values), 1)}

    return {
        "n": len(found),
        "no_page_s": spread([one.no_page_s for one in found]),
        "first_to_last_failed_page_s": spread([one.reads_fail_s for one in found]),
        "no_post_s": spread([one.no_post_s for one in found]),
        "whole_again_s": spread([one.whole_s for one in found]),
    }


if __name__ == "__main__":
    main()
