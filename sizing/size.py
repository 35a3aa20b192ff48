"""From a brief to a plan."""

import hashlib
import math

from runtime.errors import PlanError
from sizing import limits as tuning
from sizing import plan
from sizing.brief import Brief, platform
from sizing.capacity import Case, State
from sizing.evidence import Evidence, demands, evidence
from sizing.ladder import Rung, choose
from sizing.network import alone_p95_ms
from sizing.storage import MIB_PER_GIB
from sizing.vocabulary import MOST_PEOPLE
from sizing.workload import PAGES, peak

BEHAVIOUR = ("sessions_per_person_day", "pages_per_session", "busiest_hour_share", "signed_in_share", "wiki_share", "commenters_share", "authors_share")


def size(brief: Brief, path: str, people: int | None = None) -> plan.Plan:
    """Return the plan for ``brief`` (read from ``path``), or for ``people`` people of the same mix.

    Raises PlanError (exit code 3) where no number of servers meets the targets, or the desk is too small for one person.
    """
    case = case_of(brief)
    count = brief.people if people is None else _checked(people)
    _feasible(case)
    rung = choose(case, count)
    state = rung.state(case, count)
    capacity = max(count, rung.capacity(case))
    beyond = rung.state(case, capacity + max(1, capacity // 1000)).tightest
    desk = brief.infrastructure.desk
    return plan.Plan(
        inputs=plan.Inputs(path=path, digest=digest(brief)),
        people=count,
        peak=_peak(state),
        servers=rung.servers,
        limits=tuning.limits(state.memory, state.workload, state.stored, case.evidence, desk.cores),
        binding=_binding(state, beyond.resource),
        capacity=plan.Capacity(people=capacity, first_to_give=beyond.words),
        response_p95_ms={kind: _rounded(value) for kind, value in state.load.p95_ms.items() if state.workload.rates[kind]},
        assumptions=(*case.evidence.items, *case.demands.items, *_stated(case.evidence)),
        targets=plan.Targets(**brief.targets.model_dump()),
        survives=rung.survives,
        platform=platform(brief, path),
    )


def desk_capacity(brief: Brief) -> int:
    """Return how many people of the brief's mix its desk carries alone; 0 where it is too small."""
    case = case_of(brief)
    return Rung((), 1, 0, "").capacity(case)


def digest(brief: Brief) -> str:
    """Return the SHA-256 of the brief's validated content."""
    return hashlib.sha256(brief.model_dump_json(by_alias=True).encode()).hexdigest()


def case_of(brief: Brief) -> Case:
    """Return the brief's workload with the evidence that it stands on."""
    known = brief.behaviour.model_dump(include=set(BEHAVIOUR))
    numbers = evidence().replaced(**known)
    return Case(brief, peak(brief, numbers, demands()), demands(), numbers)


def _checked(people: int) -> int:
    if not 1 <= people <= MOST_PEOPLE:
        raise PlanError(f"{people} people", where="--people", hint=f"write a whole number from 1 to {MOST_PEOPLE}")
    return people


def _feasible(case: Case) -> None:
    one = case.state(1)
    target = case.brief.targets.page_p95_ms
    used = [kind for kind in PAGES if case.workload.rates[kind]]
    slowest = max(used, key=lambda kind: alone_p95_ms(kind, case.demands))
    own = alone_p95_ms(slowest, case.demands)
    if own > target:
        raise PlanError(
            f"infeasible: no number of servers reaches {target:g} ms; the page itself ({slowest}) takes {own:.0f} ms for 95 of 100",
            where="brief.yaml: targets.page_p95_ms",
            hint=f"write a target above {math.ceil(own)}",
            exit_code=3,
        )
    if not one.holds:
        use = one.tightest
        raise PlanError(
            f"infeasible: this desk is too small for one person; {use.words} would be used to {use.utilisation:.0%} of what it has",
            where="brief.yaml: infrastructure.desk",
            hint=_mend(case, one),
            exit_code=3,
        )


def _mend(case: Case, one: State) -> str:
    memory = math.ceil(one.memory.needed / MIB_PER_GIB * 10) / 10
    disk = math.ceil(case.evidence["system_disk"] / case.evidence["disk_limit"]) + 1
    return f"a desk has at least {memory:g} GiB of memory and {disk} GiB of disk"


def _peak(state: State) -> plan.Peak:
    workload = state.workload
    return plan.Peak(
        requests_per_second=_rounded(workload.requests_per_second),
        hour_utc=workload.hour_utc,
        sessions_per_hour=_rounded(workload.sessions_per_hour),
        by_class={kind: _rounded(rate) for kind, rate in workload.rates.items()},
    )


def _binding(state: State, resource: str) -> plan.Binding:
    place = next((use.resource for use in state.uses if use.resource.endswith(".cpu")), resource) if resource == "page_p95" else resource
    utilisation = next(use.utilisation for use in state.uses if use.resource == place)
    return plan.Binding(resource=place, utilisation=_rounded(utilisation))


def _stated(numbers: Evidence) -> tuple[plan.Assumption, ...]:
    words = {
        "load_generator": ("not included", "assumption (a test's own load runs elsewhere, or is subtracted)"),
        "page_cache_bypass": ("any session cookie", "the platform's own rule: only anonymous pages come from the cache"),
        "flash_crowd": ("not included", f"assumption (the peak is the busiest hour times {numbers['burst_factor']:g})"),
        "reference_weeks": ("one of winter, one of summer time; the worse counts", "assumption (time zone rules of 2027)"),
    }
    return tuple(plan.Assumption(name=name, value=value, unit="", source=source) for name, (value, source) in words.items())


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
