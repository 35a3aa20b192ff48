"""Power cuts under load: what was acknowledged and what was lost, with the real settings and with weaker ones.

    python -m benchmarks.durability [--cuts N]

Needs root and the container engine. Each cut is at a random moment while clients commit single rows and, where the whole
desk runs, an author and an editor publish posts and pages with pictures. Half of the cuts lose all that was not synced; in the
others each unsynced block of 4 KiB had reached the disk with probability one half, so that pages are torn.
"""

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.machine import write
from tests.durability.desk import ALL, DATABASE, Installed, Traffic, desk, install
from tests.durability.disk import build
from tests.durability.test_power_cut import BACKEND, PLUGIN

CUTS = 100
CONTROL_SHARE = 5
ROWS, WORKS = (20, 400), 2
CASES: Mapping[str, dict[str, Any]] = {
    "as deployed": {"roles": ALL},
    "innodb_flush_log_at_trx_commit=2": {"roles": DATABASE, "changed": {"innodb_flush_log_at_trx_commit = 1": "innodb_flush_log_at_trx_commit = 2"}},
    "sync_binlog=0": {"roles": DATABASE, "changed": {"sync_binlog = 1": "sync_binlog = 0"}},
    "uploads without our part": {"roles": ALL, "hidden": {"blogs": (PLUGIN,), "wiki": (BACKEND,)}},
}


def cut_again_and_again(installed: Installed, folder: Path, cuts: int, case: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return what ``cuts`` power cuts left. Rows are looked for after each later cut too, posts and pages after their own."""
    works: Counter[str] = Counter()
    rows: dict[str, int] = {}
    cuts_with_loss = 0
    with desk(installed, folder, **case) as traffic:
        for number in range(cuts):
            started = time.perf_counter()
            traffic.until_cut(chance.randint(*ROWS), WORKS if case["roles"] == ALL else 0, (number % 2) / 2, seed=number)
            restart = time.perf_counter()
            traffic.desk.restart()
            before, rows, left = rows, asdict(traffic.rows_found()), _works(traffic)
            works.update(left)
            more_rows = any(rows[what] > before.get(what, 0) for what in rows if what != "acknowledged")
            cuts_with_loss += more_rows or any(count for what, count in left.items() if "lost" in what)
            took = f"{restart - started:.0f} s of load, {time.perf_counter() - restart:.0f} s to come back and be read"
            print(f"  cut {number + 1}: {json.dumps({'rows': rows, **left})}, {took}", flush=True)
    return {"cuts": cuts, "cuts with loss": cuts_with_loss, "rows": rows, **works}


def _works(traffic: Traffic) -> dict[str, int]:
    if traffic.desk.roles != ALL:
        return {}
    left = {f"{where}: {what}": count for where, seen in traffic.works_found().items() for what, count in asdict(seen).items()}
    traffic.posts.seen.clear()
    traffic.pages.seen.clear()
    return left


def main() -> None:
    """Cut, print and write."""
    parser = argparse.ArgumentParser(description="Cut the power under load and count what is lost.")
    parser.add_argument("--cuts", type=int, default=CUTS, help="cuts of the desk as it is deployed; a fifth of it for each weaker one")
    cuts = parser.parse_args().cuts
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="underdesk-durability-") as name:
        installed = install(build(Path(name)), Path(name) / "installed")
        for number, (title, case) in enumerate(CASES.items()):
            print(title)
            share = cuts if number == 0 else max(1, cuts // CONTROL_SHARE)
            result[title] = cut_again_and_again(installed, Path(name) / str(number), share, case, random.Random(number))  # noqa: S311 - when the power goes
            write("durability", result)


if __name__ == "__main__":
    main()
