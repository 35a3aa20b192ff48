"""Percentiles of our open arrivals beside those of k6, and a stall of two seconds in them; writes results/percentiles.json.

    python -m benchmarks.percentiles [agree] [stall]        both where neither is named; what the other wrote is kept

Everything is on this machine's loopback (benchmarks/loopback): a server of its own process whose service times are known, TLS,
kept connections, the same page at the same constant rate by as many browsers. ``agree``: rounds of the two alternate. ``stall``:
the server's process is stopped for two seconds, and what open arrivals must show then is worked out from the moments of both;
k6 as people in a loop, at nearly the same rate, shows what such a tool hides.
"""

import argparse
import json
import math
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from scipy.stats import t as student

from benchmarks.loopback.deployment import Loopback, serving
from benchmarks.loopback.generators import K6, Drive, Times, k6, ours
from benchmarks.loopback.server import quantile_s
from benchmarks.machine import RESULTS, write
from loadtests.measure.histogram import Histogram

FILE = RESULTS / "percentiles.json"
SHARES = (0.5, 0.9, 0.95, 0.99)
MEDIAN_MS, SIGMA = 120.0, 0.5
RATE, SECONDS, SKIP_S, ROUNDS = 100.0, 20, 4, 6
ASKED = 0.03
STALL_S, STALL_AT_S, STALL_SECONDS, STALL_RATE, STALL_SERVICE_MS = 2.0, 20.0, 64, 50.0, 20.0
LOOPING, THINK_S = 2, 0.02
SLOW_MS = 500.0
Row = dict[str, float]


def main() -> None:
    """Measure, write; exit code 1 where the two do not agree or the stall does not show."""
    parts = _parts()
    content = _kept()
    with tempfile.TemporaryDirectory() as name:
        program = k6(Path(name))
        if "agree" in parts:
            with serving(Path(name), MEDIAN_MS, SIGMA) as deployment:
                content["agree"] = agreement(_rounds(deployment, program))
        if "stall" in parts:
            with serving(Path(name), STALL_SERVICE_MS, 0.0) as deployment:
                content["stall"] = _stalls(deployment, program)
    print(write("percentiles", {"schema": {"version": 1}, **content}, niceness=os.nice(0)).read_text(encoding="utf-8"))
    sys.exit(0 if all(content[part]["as_asked"] for part in parts) else 1)


def _parts() -> list[str]:
    parser = argparse.ArgumentParser(description="Compare percentiles with k6's, and look at a stall.")
    parser.add_argument("part", nargs="*", help="agree or stall; both")
    parts = list(parser.parse_args().part) or ["agree", "stall"]
    if not {"agree", "stall"} >= set(parts):
        parser.error("parts are agree and stall")
    return parts


def _kept() -> dict[str, Any]:
    before = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return {part: before[part] for part in ("agree", "stall") if part in before}


def _rounds(deployment: Loopback, program: K6) -> dict[str, list[Row]]:
    drive, rows = Drive(RATE, SECONDS), dict[str, list[Row]](ours=[], k6=[])
    ways: list[tuple[str, Callable[[], Times]]] = [("ours", lambda: ours(deployment, drive)), ("k6", lambda: program.drive(deployment, drive))]
    for number in range(ROUNDS):
        for who, way in ways if number % 2 == 0 else ways[::-1]:
            counted = Histogram(_settled(way(), drive))
            rows[who].append({"requests": counted.count, **{_name(share): counted.percentile(100 * share) for share in SHARES}})
            print(number, who, rows[who][-1], flush=True)
    return rows


def _settled(times: Times, drive: Drive) -> list[float]:
    """Return the times of what was asked for after the first seconds, in which connections are opened."""
    begin = times[0][0] + SKIP_S
    return [ms for at, ms in times if begin <= at < begin + drive.seconds - SKIP_S]


def _name(share: float) -> str:
    return f"p{100 * share:g}_ms"


def agreement(rows: dict[str, list[Row]]) -> dict[str, Any]:
    """Return, for each percentile, ours over k6's: the mean of the rounds with its 95 % interval, and the noise of one tool against itself."""
    found = {_name(share): _compared(share, [row[_name(share)] for row in rows["ours"]], [row[_name(share)] for row in rows["k6"]]) for share in SHARES}
    return {
        "service": {"distribution": "log-normal", "median_ms": MEDIAN_MS, "sigma": SIGMA},
        "rate_per_second": RATE,
        "measured_s": SECONDS - SKIP_S,
        "asked": ASKED,
        "as_asked": all(one["agrees"] for one in found.values()),
        "percentiles": found,
        "rounds": rows,
    }


def _compared(share: float, mine: Sequence[float], theirs: Sequence[float]) -> dict[str, Any]:
    logs = [math.log(one / other) for one, other in zip(mine, theirs, strict=True)]
    quantile = float(student.ppf(0.975, len(logs) - 1))
    middle, half = statistics.mean(logs), quantile * statistics.stdev(logs) / math.sqrt(len(logs))
    noise = quantile * math.sqrt(2) * math.sqrt(statistics.mean(statistics.variance([math.log(one) for one in found]) for found in (mine, theirs)))
    return {
        "ours_ms": round(statistics.mean(mine), 2),
        "k6_ms": round(statistics.mean(theirs), 2),
        "service_ms": round(1000 * quantile_s(share, MEDIAN_MS / 1000, SIGMA), 2),
        "difference": round(math.exp(middle) - 1, 4),
        "low": round(math.exp(middle - half) - 1, 4),
        "high": round(math.exp(middle + half) - 1, 4),
        "noise_of_one_round": round(noise, 4),
        "agrees": abs(math.exp(middle) - 1) <= max(ASKED, half),
    }


def _stalls(deployment: Loopback, program: K6) -> dict[str, Any]:
    found: dict[str, Any] = {}
    ways: dict[str, Callable[[Drive], Times]] = {
        "ours": partial(ours, deployment),
        "k6": partial(program.drive, deployment),
        "k6_in_a_loop": partial(program.loop, deployment, people=LOOPING, think_s=THINK_S),
    }
    for who, way in ways.items():
        stopped: list[float] = []
        times = way(Drive(STALL_RATE, STALL_SECONDS, partial(_stall, deployment.server, stopped)))
        found[who] = stalled(times, stopped[0], stopped[1])
        print(who, found[who], flush=True)
    right = all(one["p99.9_as_it_must"] and one["slow_as_they_must"] for one in (found["ours"], found["k6"]))
    return {
        "stall_s": STALL_S,
        "rate_per_second": STALL_RATE,
        "service_ms": STALL_SERVICE_MS,
        "in_a_loop": {"people": LOOPING, "think_s": THINK_S},
        "as_asked": right,
        **found,
    }


def _stall(server: int, stopped: list[float]) -> None:
    """Stop the server's process for a while, and write down from when until when (unix time)."""
    time.sleep(STALL_AT_S)
    os.kill(server, signal.SIGSTOP)
    stopped.append(time.time())
    try:
        time.sleep(STALL_S)
    finally:
        stopped.append(time.time())
        os.kill(server, signal.SIGCONT)


def stalled(times: Times, begin: float, end: float) -> dict[str, Any]:
    """Return what was measured beside what open arrivals must show where nobody was answered from ``begin`` to ``end``.

    Whoever comes meanwhile waits for the rest of the stall, then for their service; who had been asking before waits for the
    end. All that is needed is when each was meant to come: what an open tool does, and one in a loop does not.
    """
    first = times[0][0] + SKIP_S
    inside = [(at, ms) for at, ms in times if at >= first]
    span = inside[-1][0] - first
    counted = Histogram(ms for _, ms in inside)
    open_times = [first + number / STALL_RATE for number in range(round(span * STALL_RATE))]
    must = Histogram(1000 * (end - at) + STALL_SERVICE_MS if begin <= at < end else STALL_SERVICE_MS for at in open_times)
    slow, must_slow = counted.above(SLOW_MS), must.above(SLOW_MS)
    return {
        "requests": counted.count,
        "stall_s": round(end - begin, 3),
        **{f"p{percent:g}_ms": counted.percentile(percent) for percent in (50, 95, 99, 99.9)},
        "max_ms": round(max(ms for _, ms in inside), 1),
        "slow": slow,
        "must": {**{f"p{percent:g}_ms": must.percentile(percent) for percent in (50, 95, 99, 99.9)}, "slow": must_slow},
        "p99.9_as_it_must": abs(counted.percentile(99.9) / must.percentile(99.9) - 1) <= ASKED,
        "slow_as_they_must": abs(slow - must_slow) <= max(2, ASKED * must_slow),
    }


if __name__ == "__main__":
    main()
