"""Change every service of a cluster under load, again and again, and count the requests that failed; writes results/cluster_rolling.json.

    python -m benchmarks.cluster_rolling                  until 20,000 requests were driven
    python -m benchmarks.cluster_rolling --requests 2000 --around 10

Three hosts of a lab, made for it and removed afterwards; who deploys stands back from them (nice 19), since it is another
machine in earnest. Open arrivals, half of which reach PHP and the database and nine in a hundred of which write, from a
minute before to a minute after each change: limits of every service by one deploy, then the packages of one image after the
other taken anew. Nothing is sent twice. At the end of each round everything that was acknowledged is read back.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.machine import write
from benchmarks.rolling import Row, asked, changed_under, say, summed
from loadtests.verdict import Result
from tests.lab.flow import load
from tests.lab.rolling import more_of_everything, renew
from tests.lab.serving import ServingLab

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
ROUND_LIMIT_S = 7200
IMAGES = ("frontdoor", "pagecache", "blogs", "wiki")


def main() -> None:
    """Repeat rounds until enough requests were driven; exit code 1 where one failed or something written is missing."""
    options = asked("Change every service of a cluster under load.")
    rows: list[Row] = []
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder, _deployed(Path(folder)) as lab:
        while sum(result.requests for result in results) < options.requests:
            done, result = _round(lab, options)
            rows += done
            results.append(result)
            write("cluster_rolling", summed(rows, results), hosts=len(lab.hosts))
    sys.exit(1 if any(result.failures or result.verdict != "passed" for result in results) else 0)


@contextmanager
def _deployed(folder: Path) -> Iterator[ServingLab]:
    lab = ServingLab(f"r{SLOT}bench", 3, folder)
    lab.up()
    try:
        _deploy(lab)
        yield lab
    finally:
        if not os.environ.get("UNDERDESK_KEEP"):
            lab.down()


def _deploy(lab: ServingLab) -> None:
    done = lab.deploy()
    if done.code:
        sys.exit(done.said)


def _round(lab: ServingLab, options: argparse.Namespace) -> tuple[list[Row], Result]:
    with load(lab.cluster, lab.folder, say, rate_per_second=options.rate, limit_s=ROUND_LIMIT_S) as flow:
        return changed_under(flow, _changes(lab), options.around)


def _changes(lab: ServingLab) -> Iterator[tuple[str, Callable[[], None]]]:
    def limits() -> None:
        more_of_everything(lab)
        _deploy(lab)

    yield "all: limits", partial(_aside, limits)
    for name in IMAGES:
        yield f"{name}: image", partial(_aside, partial(renew, lab, [name]))


def _aside(change: Callable[[], None]) -> None:
    """Make a change without the priority of what hosts and load do on the same cores."""
    os.setpriority(os.PRIO_PROCESS, 0, 19)
    try:
        change()
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, 0)


if __name__ == "__main__":
    main()
