"""What the load generator costs: beside k6 on one page, and beside the platform on the plan's own mix; writes results/generator.json.

    python -m benchmarks.generator [--rounds N]

Rounds of the two generators alternate: the first page of a test blog, which the page cache holds, at the same rate, by as many
kept connections, each answer looked at for its title and its end. Of ours one round of each is by two processes, and the one that
hears them. Processor time is the process's own (user and system), from
some seconds after its start. Then a steady test: what one request of the mix costs the generator and what it costs the
platform. The platform of tests/platform/brief.yaml is deployed for it and removed afterwards.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from benchmarks import desk
from benchmarks.loopback.generators import k6
from benchmarks.machine import write
from infra.deployment import Deployment, load
from loadtests import spaces
from loadtests.load import Manner
from loadtests.measure import starvation
from loadtests.measure.intervals import quantile
from loadtests.perform import Outcome, in_spaces, told_target
from loadtests.scenarios.registry import STEADY
from loadtests.steady.order import Order, shown
from loadtests.steady.predicted import background_cores
from loadtests.steady.record import Record
from loadtests.steady.run import Asked, steady
from loadtests.steady.watch import END_S, PREPARE_S, Watch
from loadtests.steady.workload import largest_share, of_plan
from loadtests.verdict import Result
from runtime.printer import quiet

NAME, SLOT = "generator-desk", 12
HERE = Path(__file__).parent
RATE, SECONDS, SKIP_S = 100, 25, 5
MIX_PER_SECOND, MIX_S, MIX_SKIP_S = 8.0, 90.0, 15.0
ENOUGH = 2.0
Row = dict[str, float]


@dataclass
class _Round(Watch):
    """One round of ours."""

    record: Record = field(default_factory=Record)

    def look(self, record: Record, now: float) -> None:
        """Let it end by itself."""


def main() -> None:
    """Deploy, measure, remove, write; exit code 1 where our generator is not enough for the platform."""
    rounds = _rounds()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        desk.deploy(folder, NAME, SLOT)
        try:
            deployment = load(NAME)
            rows = _one_page(deployment, k6(folder).program, rounds)
            mix = _mix(deployment)
        finally:
            desk.plan(folder, "destroy", "--yes", "--delete-data", NAME)
    content = {"schema": {"version": 1}, "one_page": {"rate_per_second": RATE, "measured_s": SECONDS - SKIP_S, **_compared(rows)}, "mix": mix}
    print(write("generator", content).read_text(encoding="utf-8"))
    sys.exit(0 if mix["generator_over_platform"] >= ENOUGH else 1)


def _rounds() -> int:
    parser = argparse.ArgumentParser(description="Measure what the load generator costs.")
    parser.add_argument("--rounds", type=int, default=3, help="of each generator")
    return int(parser.parse_args().rounds)


def _one_page(deployment: Deployment, k6: Path, rounds: int) -> dict[str, list[Row]]:
    """Return the rows of each generator."""
    scenario = replace(STEADY, name="one-page", file=HERE / "one_page.py", limit_s=PREPARE_S + SECONDS + END_S)
    rows: dict[str, list[Row]] = {"ours": [], "ours_by_two": [], "k6": []}

    def driven(made: spaces.Spaces) -> Outcome:
        workload = of_plan(deployment.plan, 1.0).model_copy(update={"visits_per_second": float(RATE)})
        posts, pages = shown(made, workload.exponent, None)
        halt = spaces.stop_file(deployment, made.token)
        order = Order(workload=workload, posts=posts, pages=pages, limit_s=SECONDS, most_requests=10 * RATE * SECONDS, probe_s=10 * SECONDS, stop=halt)
        for _ in range(rounds):
            for who, processes in (("ours", 1), ("ours_by_two", 2)):
                run = _Round(deployment, replace(scenario, processes=processes), order, quiet)
                run.drive(told_target(deployment, scenario, made, Manner(order=order)))
                rows[who].append(_ours(run.record.so_far()))
            rows["k6"].append(_theirs(deployment, k6, posts[0].url, posts[0].title))
        return Outcome("passed", ())

    in_spaces(deployment, scenario, quiet, driven)
    return rows


def _ours(record: Record) -> Row:
    begin = (record.began("open") or 0.0) + SKIP_S
    end = begin + SECONDS - SKIP_S
    samples = [sample for sample in record.samples if begin <= sample.at < end]
    beats = [beat for beat in record.beats if begin < beat.at <= end]
    waited = [sample.waited_ms for sample in samples]
    cpu_s = starvation.figures(beats).cpu_mean * (end - begin)
    return _row(cpu_s, len(samples), sum(bool(sample.kind) for sample in samples), (quantile(waited, 0.5), quantile(waited, 0.95)))


def _theirs(deployment: Deployment, k6: Path, url: str, title: str) -> Row:
    summary = k6.parent / "summary.json"
    environment = {
        "HOSTS": json.dumps({urlsplit(url).hostname: deployment.address}),
        "SSL_CERT_FILE": str(deployment.ca_file),
        "RATE": str(RATE),
        "SECONDS": str(SECONDS),
        "URL": url,
        "TITLE": title,
    }
    argv = [str(k6), "run", "--quiet", "--no-color", "--no-usage-report", "--summary-export", str(summary), str(HERE / "one_page.js")]
    running = psutil.Popen(argv, env=environment, cwd=k6.parent, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    time.sleep(SKIP_S)
    before, at = _worked_s(running), time.monotonic()
    time.sleep(SECONDS - 2 * SKIP_S)
    cpu_s, took = _worked_s(running) - before, time.monotonic() - at
    said = running.communicate(timeout=SECONDS + END_S)[1].decode()
    if running.returncode:
        raise RuntimeError(f"k6 ended with {running.returncode}: {said}")
    found = json.loads(summary.read_text(encoding="utf-8"))["metrics"]
    times = found["http_req_duration"]
    return _row(cpu_s, round(found["http_reqs"]["rate"] * took), found["checks"]["fails"], (times["med"], times["p(95)"]))


def _worked_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _row(cpu_s: float, requests: int, failed: int, latency_ms: tuple[float, float]) -> Row:
    return {
        "requests": requests,
        "failed": failed,
        "cpu_ms_per_request": round(1000 * cpu_s / requests, 3),
        "requests_per_core_second": round(requests / cpu_s, 1),
        "p50_ms": round(latency_ms[0], 2),
        "p95_ms": round(latency_ms[1], 2),
    }


def _compared(rows: dict[str, list[Row]]) -> dict[str, Any]:
    medians = {who: statistics.median(row["requests_per_core_second"] for row in found) for who, found in rows.items()}
    return {"requests_per_core_second": medians, "ours_over_k6": round(medians["ours"] / medians["k6"], 3), "rounds": rows}


def _mix(deployment: Deployment) -> dict[str, Any]:
    """Return what one request of the plan's mix costs the generator and the platform."""
    whole = of_plan(deployment.plan, 1.0)
    share = min(MIX_PER_SECOND / whole.requests_per_second, largest_share(deployment.plan, whole))
    result = steady(deployment, Asked(share, MIX_S, 100_000), quiet)
    if result.measured is None or result.failures:
        raise RuntimeError(f"the steady test says {result.verdict}: {result.reasons}")
    ours, theirs = _each(deployment, result)
    return {
        "requests_per_second": result.measured.offered_per_second,
        "generator_cpu_ms_per_request": round(1000 * ours, 2),
        "platform_cpu_ms_per_request": round(1000 * theirs, 2),
        "generator_over_platform": round(theirs / ours, 2),
        "generator_faults": list(result.measured.generator.faults),
    }


def _each(deployment: Deployment, result: Result) -> Iterator[float]:
    """Yield the processor seconds of one request: the generator's, and the platform's without what works when nobody comes."""
    found = result.measured
    assert found is not None  # noqa: S101 - asked before
    rate = found.offered_per_second
    yield found.generator.cpu_mean / rate
    used = found.platform.used(found.open_at + MIX_SKIP_S, found.open_at + MIX_S)
    yield (statistics.mean(used) * found.platform.cores - (background_cores(deployment.plan) or 0.0)) / rate


if __name__ == "__main__":
    main()
