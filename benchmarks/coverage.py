"""How often do the 90 % intervals of ``plan size`` hold the truth? Truths come from a discrete-event simulation, not from the model.

    python -m benchmarks.coverage [--scenarios N] [--truths N]

Each scenario is a company drawn at random: groups, time zones, hours, channels, the machine, the page target, and how much
of its people's behaviour it knows. ``plan size``'s own engine says the interval of the people that the machine carries.
Then every number is drawn anew, and the machine is simulated event by event at these numbers (tests/model/platform_des.py)
until the largest number of people is found that stays inside every limit: the truth. A good interval holds 90 % of them.
"""

import argparse
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.machine import write
from sizing.catalogue import own
from sizing.network import Layout
from sizing.question import Question
from sizing.reading import validated
from tests.model.platform_truth import capacity, what_binds
from tests.unit.sizing.briefs import changed

ZONES = ("UTC", "Europe/Berlin", "America/Chicago", "Asia/Singapore", "America/Sao_Paulo", "Australia/Sydney")
CHANNELS = ("announcement-mail", "word-of-mouth", "newsletter", "poster", "manager", "event")
KNOWN = {"sessions_per_person_day": (0.5, 6.0), "pages_per_session": (2.0, 12.0), "busiest_hour_share": (0.12, 0.35), "signed_in_share": (0.1, 0.95)}
ASKED = (0.87, 0.93)
REQUESTS = 60_000
DRAWS = 2_000
PRIOR_SEED = 10_007


@dataclass(frozen=True)
class Scenario:
    """A company and what it assumes otherwise."""

    question: Question
    narrow: bool
    limit: float


def scenario(number: int) -> Scenario:
    """Return the scenario of this number: the same each time."""
    dice = np.random.default_rng([7, number])
    groups = [
        {
            "name": f"Group {at}",
            "people": int(dice.integers(50, 5000)),
            "site": "S",
            "time_zone": str(dice.choice(ZONES)),
            "hours": str(dice.choice(["08:00-17:00", "09:00-18:00", "06:00-14:00", "07:30-12:00"])),
            "days": str(dice.choice(["mon-fri", "mon-sat"])),
            "access": str(dice.choice(["office", "vpn", "internet"], p=[0.6, 0.3, 0.1])),
        }
        for at in range(int(dice.integers(1, 5)))
    ]
    narrow = bool(number % 2)
    known = {key: float(dice.uniform(*bounds)) for key, bounds in KNOWN.items()} if narrow else {}
    cores = int(dice.choice([1, 2, 4, 8]))
    changes: dict[str, Any] = {
        "audience": groups,
        "discovery.channels": [
            {"channel": "portal-link"},
            *({"channel": str(kind)} for kind in dice.choice(CHANNELS, int(dice.integers(0, 4)), replace=False)),
        ],
        "discovery.waves": int(dice.integers(1, 4)),
        "behaviour": known,
        "targets.page_p95_ms": float(np.exp(dice.uniform(np.log(200), np.log(1500)))),
        "targets.horizon_months": int(dice.integers(3, 25)),
    }
    roomy = {
        "cores": cores,
        "memory_gib": 64 * cores,
        "disk_gib": 5_000_000,
        "network_mbit": 1_000_000,
        "disk_iops": 10_000_000,
        "speed": float(dice.uniform(0.6, 1.5)),
    }
    changes |= {f"infrastructure.desk.{key}": value for key, value in roomy.items()}
    limit = float(dice.choice([0.7, 0.95]))
    return Scenario(Question(validated(changed(changes)), "/", None, changes={"cpu_limit": limit}, draws=DRAWS), narrow, limit)


def measured(number: int, truths: int) -> list[dict[str, Any]]:
    """Return one row for each truth of a scenario."""
    one = scenario(number)
    question, brief = one.question, one.question.brief
    layout = Layout(1, own(brief.infrastructure.desk))
    case = question.case(DRAWS, brief.targets.horizon_months)
    found = carried(case, layout) * case.values["model_capacity_error"]
    low, high = (float(np.quantile(found[1:], share)) for share in (0.05, 0.95))
    prior = question.case_drawn(DRAWS, brief.targets.horizon_months, PRIOR_SEED + number).only(np.arange(truths + 1))  # of many: few would be spread evenly
    modelled = carried(prior, layout)
    rows = []
    for at in range(1, truths + 1):
        part = prior.only(np.array([at]))
        true = [capacity(part, layout, moment, REQUESTS, 1000 * number + at) for moment in part.workload.moments]
        least = int(np.argmin(true))
        if not true[least]:
            continue  # nobody fits: the page alone takes longer than the target
        binds = what_binds(part, layout, part.workload.moments[least], true[least], REQUESTS, at)
        rows.append(
            {
                "scenario": number,
                "low": low,
                "high": high,
                "truth": true[least],
                "model_over_truth": float(modelled[at]) / true[least],
                "binds": binds,
                "narrow": one.narrow,
                "cores": layout.host.cores,
            }
        )
    return rows


def carried(case: Any, layout: Layout) -> np.ndarray:  # noqa: ANN401 - a case
    """Return the factor of people (S,) that ``layout`` carries by the model."""
    least: np.ndarray = np.min(np.stack([case.capacity(layout, at) for at in range(len(case.workload.moments))]), axis=0)
    return least


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return coverage and the model's own error, of all rows and of parts of them."""
    inside = np.array([row["low"] <= row["truth"] <= row["high"] for row in rows])
    error = np.abs(np.array([row["model_over_truth"] for row in rows]) - 1)
    ratio = np.log(np.array([row["model_over_truth"] for row in rows]))
    return {
        "n": len(rows),
        "coverage": round(float(inside.mean()), 4),
        "below": round(float(np.mean([row["truth"] < row["low"] for row in rows])), 4),
        "above": round(float(np.mean([row["truth"] > row["high"] for row in rows])), 4),
        "interval_high_over_low_median": round(float(np.median([row["high"] / row["low"] for row in rows])), 2),
        "model_error_median": round(float(np.median(error)), 4),
        "model_error_p90": round(float(np.quantile(error, 0.9)), 4),
        "model_over_truth_quantiles_5_50_95": [round(float(value), 4) for value in np.exp(np.quantile(ratio, [0.05, 0.5, 0.95]))],
    }


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description="Coverage of the intervals by simulated truths.")
    parser.add_argument("--scenarios", type=int, default=250)
    parser.add_argument("--truths", type=int, default=4)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for number in range(options.scenarios):
        rows += measured(number, options.truths)
        if number % 25 == 24:
            _keep(rows)
    _keep(rows)


def _keep(rows: list[dict[str, Any]]) -> None:
    """Print and write what has been found so far."""
    parts = {
        "all": rows,
        "behaviour known": [row for row in rows if row["narrow"]],
        "behaviour assumed": [row for row in rows if not row["narrow"]],
        **{f"bound by {name}": [row for row in rows if row["binds"] == name] for name in sorted({row["binds"] for row in rows})},
        **{f"{cores} cores": [row for row in rows if row["cores"] == cores] for cores in sorted({row["cores"] for row in rows})},
    }
    found = {name: summary(part) for name, part in parts.items() if part}
    worst = sorted(rows, key=lambda row: -abs(np.log(row["model_over_truth"])))[:10]
    write("coverage", {"asked": ASKED, "requests_simulated_each_time": REQUESTS, "results": found, "furthest_off": worst})
    for name, one in found.items():
        print(f"{name:22} n {one['n']:5}  coverage {one['coverage']:.3f}  model error median {one['model_error_median']:.3f}, p90 {one['model_error_p90']:.3f}")


if __name__ == "__main__":
    main()
