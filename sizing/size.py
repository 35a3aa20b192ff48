"""From a brief to a plan."""

import hashlib
import math
from dataclasses import replace

import numpy as np

from runtime.errors import PlanError
from sizing import limits as tuning
from sizing import parts, plan, recovery
from sizing.brief import Brief, FormerHosts, platform
from sizing.capacity import LATE, State
from sizing.course import told_course
from sizing.demands import AT
from sizing.figures import rounded
from sizing.ladder import Rung, availability
from sizing.network import Layout
from sizing.question import CLOSE, DRAWS, FIRST_DRAWS, Answer, Question
from sizing.vocabulary import MOST_PEOPLE
from sizing.workload import PAGES

NOBODY = 1e-6
LONGEST_MS = 1e9


def size(brief: Brief, path: str, people: int | None = None, draws: int | None = None) -> plan.Plan:
    """Return the plan for ``brief`` (read from ``path``), or for ``people`` people of the same mix.

    It is told from ``draws`` draws of the numbers; None: 2,000, or 10,000 where the choice of servers hangs on it.

    Raises PlanError (exit code 3) where no number of servers meets the targets.
    """
    question = Question(brief, path, None if people is None else checked(people))
    return made(answer(question, draws))


def answer(question: Question, draws: int | None = None) -> Answer:
    """Return the answer to ``question`` from ``draws`` draws; None: from the first, or from all where the choice of servers hangs on it.

    Raises PlanError as ``size`` does.
    """
    first = Answer(replace(question, draws=draws or FIRST_DRAWS))
    feasible(first)
    settled = abs(first.outlook.holds(first.case.horizon) - float(question.brief.targets.confidence)) >= CLOSE
    return first if draws or settled else Answer(replace(question, draws=DRAWS))


def made(answer: Answer) -> plan.Plan:
    """Return the plan of ``answer``; raises PlanError (exit code 3) where nothing that can be had is enough."""
    rung, state = answer.rung, answer.at_peak
    told = platform(answer.brief, answer.question.path)
    return plan.Plan(
        inputs=plan.Inputs(
            path=answer.question.path, digest=digest(answer.brief), observed=parts.observed(answer.question), measured=parts.measured(answer.question)
        ),
        people=answer.case.workload.people,
        peak=parts.peak(state),
        servers=rung.servers,
        limits=_limits(state, rung),
        price_per_month=rung.price_per_month,
        availability_percent=rounded(100 * availability(rung.step, answer.case.values)),
        targets=plan.Targets(**answer.brief.targets.model_dump()),
        survives=recovery.survives(rung, told),
        recovery=recovery.recovery(answer.case, told),
        platform=told,
        binding=parts.binding(answer, state),
        capacity=plan.Capacity(people=max(1, math.floor(parts.middle(answer.people))), first_to_give=parts.first_to_give(answer).words),
        served=parts.served(answer),
        response_p95_ms=(response := parts.response(state)).p95,
        response=response,
        interval=parts.interval(answer),
        growth=parts.growth(answer),
        sensitivity=parts.told_sensitivity(answer),
        announcement=parts.told_announcement(answer),
        week=told_course(answer.case.workload.moments[0].courses[0]),
        desk=parts.desk(answer),
        storage=parts.storage(answer, state),
        assumptions=parts.assumptions(answer),
    )


def _limits(state: State, rung: Rung) -> plan.Limits:
    values, visits, content = state.case.values, state.moment.visits, state.content
    found = tuning.limits(state.memory, visits, content, values, state.layout.host.cores)
    return found if rung.machines == 1 else tuning.of_several(found, rung.servers, visits, content, values)


def digest(brief: Brief) -> str:
    """Return the SHA-256 of the brief's validated content; host names of before count where there are some, so a brief without them keeps its digest."""
    said = brief.model_dump_json(by_alias=True, exclude={"access": {"former_hosts"}} if brief.access.former_hosts == FormerHosts() else None)
    return hashlib.sha256(said.encode()).hexdigest()


def checked(people: int) -> int:
    """Return ``people``; raises PlanError where it is no number of people."""
    if not 1 <= people <= MOST_PEOPLE:
        raise PlanError(f"{people} people", where="--people", hint=f"write a whole number from 1 to {MOST_PEOPLE}")
    return people


def feasible(answer: Answer) -> None:
    """Refuse a target below the page itself: no number of servers makes it shorter."""
    target, one = answer.brief.targets.page_p95_ms, answer.median
    if not any(float(np.sum(moment.rates[0])) for moment in one.workload.moments):
        raise PlanError(
            "nobody ever comes: word of mouth needs someone who begins",
            where="brief.yaml: discovery.channels",
            hint="add a channel that reaches people within the horizon, for example portal-link or announcement-mail, or leave channels out",
        )
    used = [kind for kind in PAGES if any(float(moment.rates[0, AT[kind]]) for moment in one.workload.moments)]
    fastest = max((*answer.question.hosts, answer.ladder.desk), key=lambda host: host.speed)
    idle = one.state(Layout(1, fastest), one.workload.moments[0], NOBODY).network
    late = idle.slower_than(target / 1000)[0]
    if max(float(late[AT[kind]]) for kind in used) <= LATE:
        return
    alone = idle.quantile(1 - LATE)[0] * 1000
    slowest = max(used, key=lambda kind: float(alone[AT[kind]]))
    own = min(float(alone[AT[slowest]]), LONGEST_MS)
    raise PlanError(
        f"infeasible: no number of servers reaches {target:g} ms; the page itself ({slowest}) takes {own:.0f} ms for 95 of 100",
        where="brief.yaml: targets.page_p95_ms",
        hint=f"write a target above {math.ceil(own)}",
        exit_code=3,
    )
