"""Measure the platform beside a stock WordPress, and write benchmarks/results/stock.json.

    python -m benchmarks.stock [--keep] [--quick]

Deploys the platform of benchmarks/stock/brief.yaml, fills it, starts the peer (Apache, mod_php, MariaDB as the distribution
sets them) with a copy of that content, and loads each alone in turn. Both run on the first core, the load on the last one.
Everything is removed afterwards (--keep leaves the platform, for the next run).
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.desk import PLAN
from benchmarks.machine import write
from benchmarks.stock import comparison, content, peer, rounds
from benchmarks.stock.fast import Wrk
from benchmarks.stock.rounds import Field, Phase, Round
from benchmarks.stock.systems import ROLES, System, hold_to, ours
from infra.deployment import Deployment, load, names
from runtime import printer
from runtime.errors import PlanError
from runtime.run import run

BRIEF = Path(__file__).parent / "brief.yaml"
NAME = "stock-bench"
LAST_CORE = (os.cpu_count() or 1) - 1
SERVERS, GENERATOR = "0", str(LAST_CORE)
SHARE_OF_CAPACITY = 0.5
IDLE_S = 10


def main() -> None:
    """Deploy, measure, write, remove."""
    parser = argparse.ArgumentParser(description="Compare the platform with a stock WordPress.")
    parser.add_argument("--keep", action="store_true", help="leave the platform there")
    parser.add_argument("--quick", action="store_true", help="two short rounds of each: no result is written")
    options = parser.parse_args()
    with printer.step("Comparison"), deployed(keep=options.keep) as deployment:
        result = measure(deployment, quick=options.quick)
    show(result)
    if not options.quick:
        write("stock", result, servers=f"core {SERVERS}", generator=f"core {GENERATOR}")


@contextmanager
def deployed(*, keep: bool) -> Iterator[Deployment]:
    """Deploy the platform; it is gone afterwards, unless it is kept."""
    with tempfile.TemporaryDirectory() as folder:
        run([PLAN, "size", str(BRIEF), "--output", "plan.json"], cwd=Path(folder))
        try:
            run([PLAN, "deploy", "plan.json", "--yes"], cwd=Path(folder), timeout_s=1500, on_line=lambda line: printer.say(f"    {line}"))
            yield load(NAME)
        finally:
            if not keep and NAME in names():
                run([PLAN, "destroy", "--yes", "--delete-data", NAME], cwd=Path(folder))


def measure(deployment: Deployment, *, quick: bool) -> dict[str, Any]:
    """Measure all phases on the deployment and its peer."""
    image = peer.build()
    with printer.step("Writing the content"):
        made = content.make(deployment)
    containers = [deployment.container(role) for role in ROLES]
    hold_to(SERVERS, containers)
    try:
        with peer.running(deployment, image, SERVERS) as (stock, plain):
            os.sched_setaffinity(0, {LAST_CORE})
            systems = {system.name: system for system in (ours(deployment), stock, plain)}
            field = Field(made, {name: content.sign_in(system, made.password) for name, system in systems.items()}, Wrk(image, GENERATOR))
            return _result(deployment, field, _phases(deployment, field, systems, quick=quick), _idle(systems))
    finally:
        hold_to(f"0-{LAST_CORE}", containers)


def _phases(deployment: Deployment, field: Field, systems: dict[str, System], *, quick: bool) -> dict[str, Any]:
    pair = [systems["ours"], systems["stock"]]
    found: dict[str, Any] = {}

    def sized(kind: Phase, way: str, seconds: int, count: int) -> Phase:
        return replace(kind, name=f"{kind.name}_{way}", seconds=4 if quick else seconds, rounds=2 if quick else count)

    def both(kind: Phase, fresh: tuple[int, int], steady: tuple[int, int], closed_systems: list[System]) -> None:
        name = kind.name
        most = rounds.closed(field, sized(kind, "closed", *fresh), closed_systems)
        rate = SHARE_OF_CAPACITY * min(_capacity(most, system.name) for system in pair)
        found[f"{name}_closed"] = {**comparison.compared(most), "visitors": rounds.FAST_VISITORS if kind.cacheable else rounds.VISITORS}
        even = rounds.opened(field, sized(kind, "open", *steady), pair, rate)
        found[f"{name}_open"] = {**comparison.compared(even), "rate_per_second": round(rate, 2)}
        found[f"{name}_closed"]["rounds"] = [one.record for one in most]
        found[f"{name}_open"]["rounds"] = [one.record for one in even]

    both(Phase("signed_in", signed_in=True), (6, 4), (8, 5), [*pair, systems["stock_plain"]])
    both(Phase("anonymous_uncached"), (5, 4), (6, 4), pair)
    content.forget_pages(deployment)
    both(Phase("anonymous_cacheable", cacheable=True), (4, 4), (5, 4), pair)
    return found


def _capacity(found: list[Round], system: str) -> float:
    own = sorted(one.pages_per_second for one in found if one.system == system)
    return own[len(own) // 2]


def _idle(systems: dict[str, System]) -> dict[str, dict[str, float]]:
    """Return the CPU ms a second that each system takes when nobody asks."""
    before = {name: system.cpu() for name, system in systems.items()}
    time.sleep(IDLE_S)
    return {name: {part: round((now - before[name][part]) / IDLE_S, 2) for part, now in system.cpu().items()} for name, system in systems.items()}


def _result(deployment: Deployment, field: Field, phases: dict[str, Any], idle: dict[str, Any]) -> dict[str, Any]:
    return {
        "versions": {"ours": _versions(deployment.container("blogs")), "stock": _versions(peer.WEB)},
        "content": {"posts": len(field.content.posts), "zipf_exponent": field.content.exponent},
        "confidence": comparison.CONFIDENCE,
        "idle_cpu_ms_per_second": idle,
        "phases": phases,
    }


def _versions(container: str) -> dict[str, str]:
    said = run(["docker", "exec", container, "dpkg-query", "-W", "wordpress", "php8.4-common", "wordpress-theme-twentytwentyfive"]).stdout
    return dict(line.split("\t") for line in said.splitlines())


def show(result: dict[str, Any]) -> None:
    """Print the answer."""
    for name, phase in result["phases"].items():
        printer.data(name + (f" at {phase['rate_per_second']} pages/s" if "rate_per_second" in phase else ""))
        for system, own in phase["systems"].items():
            figures = "  ".join(f"{figure} {own[figure]['median']:.1f} ± {own[figure]['spread']:.1f}" for figure in comparison.FIGURES)
            printer.data(f"  {system:12} {figures}  hits {own['hit_share']:.2f}  wrong {own['wrong']} of {own['pages']}")
            printer.data(f"  {'':12} CPU ms by part: " + ", ".join(f"{part} {value:.2f}" for part, value in own["cpu_ms_by_part"].items()))
        said = "  ".join(f"{figure} {value['ratio']:.2f} ({value['low']:.2f} to {value['high']:.2f})" for figure, value in phase["ours_to_stock"].items())
        printer.data(f"  ours to stock: {said}")


if __name__ == "__main__":
    try:
        main()
    except PlanError as problem:
        printer.error(problem)
        sys.exit(problem.exit_code)
