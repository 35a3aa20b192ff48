"""The prediction error on loads that no calibration saw: one desk, calibrated once, then tested in several configurations.

    python -m benchmarks.held_out [--level-s 90] [--search-s 240] [--only NAME …]

By the commands, as a person would: deploy the example, seed it, calibrate, size by that, deploy; then for each configuration a steady
test at two levels and a search for the capacity, each row added to benchmarks/results/accuracy.json. The desk is a deployment of its own
(``held-out``, on ports of its own), removed afterwards. An hour on two cores; nothing else should run.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.desk import PLAN
from benchmarks.machine import RESULTS

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "pilot.yaml"
ROWS = RESULTS / "accuracy.json"
NAME = "held-out"
OWN = {"name: pilot ": f"name: {NAME} ", "http: 80\n": "http: 18100\n", "https: 443\n": "https: 18500\n", "  backup:\n": "  backup:\n    scheduled: false\n"}
SIGN_INS = 6000
"""A minute from one address: a whole company comes from one here, and a search must not end at what protects passwords."""
LEVELS = (0.35, 0.8)
"""Of what the plan says it serves."""
SIZE = "m"
AROUND_S = 60
"""Of a test of scaling: confining, signing in, putting back."""
Plan = dict[str, Any]


@dataclass(frozen=True)
class Configuration:
    """What is set otherwise than the plan of the brief sets it."""

    name: str
    words: str
    set: Callable[[Plan], None] = lambda _: None
    behaviour: str = ""
    """Of the brief, where people do something else."""
    cores: int = 0
    """That the platform is kept to, as a test of scaling does it; 0: all, and it is tested at two levels and searched."""


def _pools(plan: Plan) -> None:
    for web in ("blogs", "wiki"):
        plan["limits"][web]["fpm_children"] = 2


def _replicas(plan: Plan) -> None:
    for web in ("blogs", "wiki"):
        plan["limits"][web] |= {"replicas": 2, "fpm_children": 2, "queue": 10}


def _no_cache(plan: Plan) -> None:
    plan["limits"]["pagecache"]["life_s"] = 1


CONFIGURATIONS = (
    Configuration("as planned", "as planned"),
    Configuration("pools", "PHP pools of 2 in place of 4", _pools),
    Configuration("replicas", "two replicas of blogs and wiki with 2 PHP processes each, in place of one with 4", _replicas),
    Configuration("no cache", "pages stay in the page cache for one second", _no_cache),
    Configuration("one core", "the containers are kept to one core (cpuset)", cores=1),
    Configuration("other mix", "half of the pages in the wiki, of the others half read anonymously", behaviour="{signed_in_share: 0.5, wiki_share: 0.5}"),
)


def main() -> None:
    """Run every configuration."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--calibrate-s", type=int, default=480)
    arguments.add_argument("--level-s", type=int, default=90)
    arguments.add_argument("--search-s", type=int, default=240)
    arguments.add_argument("--calibration", type=Path, help="made before on this very platform")
    arguments.add_argument("--keep", action="store_true", help="leave the desk running, with its content")
    arguments.add_argument("--only", nargs="*", choices=[one.name for one in CONFIGURATIONS])
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="underdesk-held-out-"))
    print(folder)
    calibration = given.calibration.resolve() if given.calibration else _calibrated(folder, given.calibrate_s)
    try:
        for number, one in enumerate(CONFIGURATIONS):
            if not given.only or one.name in given.only:
                _run(_Folder(folder, f"{number}"), one, calibration, given)
    finally:
        if not given.keep:
            _plan(_Folder(folder, "last"), "destroy", "--yes", "--name", NAME, "--delete-data", NAME)


@dataclass(frozen=True)
class _Folder:
    path: Path
    prefix: str

    def file(self, name: str) -> Path:
        return self.path / f"{self.prefix}-{name}"


def _calibrated(folder: Path, seconds: int) -> Path:
    """Deploy the example with content, and measure its demands."""
    place = _Folder(folder, "first")
    _deploy(place, CONFIGURATIONS[0], ())
    _plan(place, "seed", "--size", SIZE, "--yes", "--name", NAME)
    found = place.file("calibration.json")
    _plan(place, "calibrate", "--duration", str(seconds), "--output", str(found), "--name", NAME)
    return found


def _deploy(place: _Folder, one: Configuration, sized: tuple[str, ...]) -> Path:
    brief, plan = place.file("brief.yaml"), place.file("plan.json")
    brief.write_text(_brief(EXAMPLE.read_text(encoding="utf-8"), one.behaviour), encoding="utf-8")
    _plan(place, "size", str(brief), *sized, "--output", str(plan))
    content = json.loads(plan.read_text(encoding="utf-8"))
    content["limits"]["frontdoor"]["sign_ins_per_minute"] = SIGN_INS
    one.set(content)
    plan.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    _plan(place, "deploy", str(plan), "--yes")
    return plan


def _brief(example: str, behaviour: str) -> str:
    """Return the example's brief as another deployment, without scheduled backups, which would fall into a level, and with other behaviour of everyone."""
    quiet = example
    for usual, own in OWN.items():
        if usual not in quiet:
            raise RuntimeError(f"{EXAMPLE} has no line with {usual.strip()!r}")
        quiet = quiet.replace(usual, own, 1)
    return f"{quiet}\nbehaviour: {behaviour}\n" if behaviour else quiet


def _run(place: _Folder, one: Configuration, calibration: Path, given: argparse.Namespace) -> None:
    print(f"{time.strftime('%H:%M:%S')} {one.name}", flush=True)
    plan = _deploy(place, one, ("--calibration", str(calibration)))
    content = json.loads(plan.read_text(encoding="utf-8"))
    for name, argv in _tests(one, content, given):
        result = place.file(f"{name}.json")
        result.write_text(_plan(place, *argv, "--name", NAME, "--json", may_fail=True), encoding="utf-8")
        told = json.loads(result.read_text(encoding="utf-8"))
        print(f"{time.strftime('%H:%M:%S')} {one.name}, {name}: {told['verdict']} {told['reasons']}", flush=True)
        if told["verdict"] != "invalid":
            _plan(place, "accuracy", str(result), "--plan", str(plan), "--file", str(ROWS), "--configuration", one.words)


def _tests(one: Configuration, plan: Plan, given: argparse.Namespace) -> Iterator[tuple[str, tuple[str, ...]]]:
    if one.cores:
        minutes = f"{(given.search_s + AROUND_S) / 60:.1f}"
        yield "scale", ("test", "scale", "--by", "cores", "--steps", str(one.cores), "--minutes", minutes, "--yes")
        return
    for level in LEVELS:
        people = str(round(level * plan["served"]["people"]))
        yield f"steady-{level:g}", ("test", "steady", "--people", people, "--duration", str(given.level_s))
    yield "capacity", ("test", "capacity", "--duration", str(given.search_s))


def _plan(place: _Folder, *arguments: str, may_fail: bool = False) -> str:
    """Run the command and return what it prints; a test may fail, which is a measurement, too."""
    done = subprocess.run([PLAN, *arguments], cwd=place.path, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode and not (may_fail and done.stdout):
        raise RuntimeError(f"plan {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
