"""A plan with what its report is drawn from."""

from typing import Final

import numpy as np

from sizing.calendar import REFERENCE_MONDAYS, WEEK, Week, shifts
from sizing.explain import steps
from sizing.question import Answer
from sizing.size import made
from sizing.study import CostPoint, CurvePoint, HourLoad, Study
from sizing.workload import has_wiki, per_visit

CONFIDENCES: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
POINTS: Final = 40
BEYOND: Final = 1.25


def study(answer: Answer) -> Study:
    """Return the plan of ``answer`` with the curves of its report; raises PlanError as ``size`` does."""
    plan = made(answer)
    return Study(plan, answer.brief.company, _hours(answer), _curve(answer), _costs(answer), steps(answer))


def _hours(answer: Answer) -> tuple[HourLoad, ...]:
    """Return the load of each group over the reference week that holds the peak, at the horizon and the medians."""
    values, whole, horizon = answer.median.values, answer.median.workload, answer.case.horizon
    wiki, outer = has_wiki(answer.brief, "internal", "external"), has_wiki(answer.brief, "external")
    monday = max(REFERENCE_MONDAYS, key=lambda start: round(_busiest(answer, Week(start, shifts(answer.brief.audience))), 12))
    factor = float(whole.adoption[0, horizon] * whole.growth[0, horizon]) * values.point("sessions_per_person_day") / 3600
    scale = whole.people / answer.brief.people
    found = []
    for group in answer.brief.audience:
        week = Week(monday, shifts((group,)))
        outside = group.access == "internet"
        requests = float(np.sum(per_visit(values, wiki=outer if outside else wiki, internal=not outside)[0]))
        visits = week.visits(values, list(range(WEEK)), outside=outside)[0]
        found += [HourLoad(group.name, hour, float(f"{visits[hour] * scale * factor * requests:.5g}")) for hour in range(WEEK)]
    return tuple(found)


def _busiest(answer: Answer, week: Week) -> float:
    """Return the visits of the busiest hour of a week."""
    hours = list(range(WEEK))
    return float(np.max(sum(week.visits(answer.median.values, hours, outside=outside)[0] for outside in (False, True))))


def _curve(answer: Answer) -> tuple[CurvePoint, ...]:
    """Return utilisation and response against people, up to beyond what the servers carry."""
    people = answer.case.workload.people
    most = max(float(answer.people[0]), people) * BEYOND
    counts = sorted({float(people), *(most * (at + 1) / POINTS for at in range(POINTS))})
    return tuple(_point(answer, count, people) for count in counts)


def _point(answer: Answer, people: float, planned: int) -> CurvePoint:
    state = answer.worst(people / planned)
    pages = state.pages
    p50, p95, p99 = (float(np.max(state.network.quantile(share)[0, pages])) * 1000 for share in (0.5, 0.95, 0.99))
    fpm = max(float(busy[0]) for busy in state.network.pools.values())
    return CurvePoint(people, float(state.network.cpu[0]), fpm, p50, p95, p99, float(np.max(state.network.solved.rejected[0])))


def _costs(answer: Answer) -> tuple[CostPoint, ...]:
    found = []
    for confidence in CONFIDENCES:
        alone = answer.ladder.allowed(1) and answer.desk_outlook.holds(answer.case.horizon) >= confidence
        rung = answer.ladder.alone() if alone else answer.ladder.choose(confidence)
        found.append(
            CostPoint(confidence, rung.price_per_month, rung.words(), rung.machines) if rung else CostPoint(confidence, None, "none of the catalogue", 0)
        )
    return tuple(found)
