"""How far searches for the capacity agree: the same platform searched again and again.

    python -m benchmarks.searches NAME [--runs 10] [--seconds 300] [--results FOLDER]

Beside the coefficient of variation of the capacities stands the machine's own noise in the same runs: that of the processor time
that a request of the mix took (a platform whose pages cost 5 % more today carries 5 % fewer people today), and that of a
computation that is always the same, timed before each search. Each search is kept as it ends.
"""

import argparse
import hashlib
import json
import subprocess
import time
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from benchmarks.desk import PLAN
from benchmarks.machine import write

ASKED = 0.03
ROUNDS = 400_000
FEWEST = 2


def main() -> None:
    """Search, print and keep."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("name")
    arguments.add_argument("--runs", type=int, default=10)
    arguments.add_argument("--seconds", type=int, default=300, help="hard limit of one search")
    arguments.add_argument("--results", type=Path, help="a folder for the whole results, for 'plan accuracy'")
    given = arguments.parse_args()
    if given.results:
        given.results.mkdir(parents=True, exist_ok=True)
    runs: list[dict[str, Any]] = []
    for number in range(given.runs):
        runs.append(_search(given.name, given.seconds, given.results / f"search-{number + 1}.json" if given.results else None))
        print(runs[-1])
        write("searches", {"asked_variation": ASKED, "seconds": given.seconds, **summary(runs), "searches": runs})


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how much the searches that found something vary (standard deviation over mean), and the machine in them."""
    found = [run for run in runs if run["requests_per_second"]]
    names = ("requests_per_second", "work_ms", "computation_s")
    return {"found": len(found), "of": len(runs), **{f"variation_of_{name}": variation([run[name] for run in found]) for name in names}}


def variation(values: list[float]) -> float | None:
    """Return standard deviation over mean; None of fewer than two."""
    return round(stdev(values) / mean(values), 4) if len(values) >= FEWEST else None


def _search(name: str, seconds: int, kept: Path | None) -> dict[str, Any]:
    computed = _computation()
    argv = [PLAN, "test", "capacity", "--duration", str(seconds), "--json", "--name", name]
    done = subprocess.run(argv, stdout=subprocess.PIPE, check=False, text=True)
    result = json.loads(done.stdout)
    if kept:
        kept.write_text(done.stdout, encoding="utf-8")
    capacity = result["capacity"]
    if capacity is None:
        return {"started": result["started"], "verdict": result["verdict"], "reasons": result["reasons"], "requests_per_second": None}
    rate = capacity["requests_per_second"] or {}
    return {
        "started": result["started"],
        "verdict": result["verdict"],
        "requests_per_second": rate.get("value"),
        "low": rate.get("low"),
        "high": rate.get("high"),
        "half_width": capacity["half_width"],
        "binding": capacity["binding"],
        "levels": len(capacity["levels"]),
        "work_ms": _work_ms(capacity),
        "computation_s": computed,
        "stopped": capacity["stopped"],
    }


def _work_ms(capacity: dict[str, Any]) -> float:
    """Return the processor time (ms) of a request over all levels that came to their end, all services together."""
    counted = [one for one in capacity["levels"] if one["verdict"] != "invalid" and not one["ended"]]
    busy = sum(one["utilisation"] * one["measured_s"] for one in counted) * capacity["platform"]["cores"]
    return float(round(1000 * busy / max(1, sum(one["requests"] for one in counted)), 3))


def _computation() -> float:
    """Return the seconds of a computation on one core that is always the same."""
    begin, digest = time.perf_counter(), b""
    for _ in range(ROUNDS):
        digest = hashlib.sha256(digest).digest()
    return round(time.perf_counter() - begin, 4)


if __name__ == "__main__":
    main()
