"""Measure the figures that the pilot must reach, and write them to results/figures.json.

    python -m benchmarks.figures                  the quick ones and those of a deployment that is here
    python -m benchmarks.figures --warm           also: destroy, then deploy with the images there
    python -m benchmarks.figures --cold           also: from nothing (fresh clone's make setup, no images, no engine cache)

Everything is measured on this machine, beside whatever else it does: median of several runs where a run is short.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.desk import BRIEF, PLAN
from benchmarks.machine import RESULTS, write

ROOT = Path(__file__).resolve().parent.parent
FIGURES = RESULTS / "figures.json"
NAME = "test-desk"
ASKED = {
    "help_s": 0.3,
    "size_s": 0.7,
    "deploy_cold_s": 600,
    "deploy_warm_s": 180,
    "deploy_nothing_changed_s": 20,
    "status_check_s": 5,
    "unit_tests_s": 10,
}
RUNS = 7


def main() -> None:
    """Measure what was asked for and keep the other results."""
    options = _options()
    kept = json.loads(FIGURES.read_text(encoding="utf-8"))["figures"] if FIGURES.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        measured = _measure(Path(folder), options)
    write("figures", {"asked": ASKED, "figures": {**kept, **measured}})
    for name, figure in measured.items():
        print(f"{name:28} {figure['seconds']:8.2f} s   asked ≤ {ASKED[name]:g} s   (runs: {figure['runs']}, {figure['how']})")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the pilot's figures.")
    parser.add_argument("--warm", action="store_true", help="destroy and deploy again, images there")
    parser.add_argument("--cold", action="store_true", help="remove images and caches first; minutes")
    return parser.parse_args()


def _measure(folder: Path, options: argparse.Namespace) -> dict[str, dict[str, object]]:
    measured = {
        "help_s": _figure(lambda: _run(PLAN, "--help"), "plan --help"),
        "size_s": _figure(lambda: _run(PLAN, "size", str(BRIEF), "--output", "plan.json", cwd=folder), "plan size"),
        "unit_tests_s": _figure(lambda: _run("make", "unit", cwd=ROOT), "make unit: two processes", runs=3),
    }
    if options.cold:
        measured["deploy_cold_s"] = _cold(folder)
    if options.warm:
        _run(PLAN, "destroy", "--yes", "--delete-data", NAME, cwd=folder, check=False)
        measured["deploy_warm_s"] = _figure(lambda: _run(PLAN, "deploy", "--yes", cwd=folder), "plan deploy, images there", runs=1)
    _run(PLAN, "deploy", "--yes", cwd=folder)
    measured["deploy_nothing_changed_s"] = _figure(lambda: _run(PLAN, "deploy", "--yes", cwd=folder), "plan deploy again", runs=3)
    measured["status_check_s"] = _figure(lambda: _run(PLAN, "status", "--check", "--name", NAME, cwd=folder), "plan status --check", runs=3)
    return measured


def _cold(folder: Path) -> dict[str, object]:
    """Time a fresh clone with empty caches, no images: setup and deploy until the first page answers."""
    _run(PLAN, "destroy", "--yes", "--delete-data", NAME, cwd=folder, check=False)
    images = subprocess.run(["docker", "image", "ls", "-q", "underdesk/*"], capture_output=True, text=True, check=True).stdout.split()
    _run("docker", "image", "rm", "--force", *sorted(set(images)), check=False)
    clone, home = folder / "clone", folder / "home"
    _run("git", "clone", "--quiet", str(ROOT), str(clone))
    home.mkdir()
    environment = {
        **os.environ,
        "HOME": str(home),
        "GOPATH": str(home / "go"),
        "GOCACHE": str(home / "gocache"),
        "PIP_NO_CACHE_DIR": "1",
        "GOFLAGS": "-modcacherw",
    }
    environment.pop("XDG_CACHE_HOME", None)

    def path() -> None:
        _run("make", "setup", cwd=clone, env=environment)
        plan = str(clone / ".venv" / "bin" / "plan")
        _run(plan, "size", str(BRIEF), cwd=clone, env=environment)
        _run(plan, "deploy", "--yes", cwd=clone, env=environment)

    figure = _figure(path, "make setup, size, deploy: no images, no engine cache, empty HOME; the container engine itself was installed", runs=1)
    shutil.rmtree(home / "go", ignore_errors=True)
    return figure


def _figure(action: Callable[[], None], how: str, runs: int = RUNS) -> dict[str, object]:
    seconds = []
    for _ in range(runs):
        start = time.monotonic()
        action()
        seconds.append(time.monotonic() - start)
    return {"seconds": round(statistics.median(seconds), 3), "worst": round(max(seconds), 3), "runs": runs, "how": how}


def _run(*argv: str, cwd: Path | None = None, env: dict[str, str] | None = None, check: bool = True) -> None:
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if check and done.returncode:
        sys.exit(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
