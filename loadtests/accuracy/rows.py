"""From a plan and a result to rows; what does not belong together is refused. Pure."""

from datetime import datetime
from math import isclose
from typing import Final

from pydantic import ValidationError

from loadtests.accuracy.cases import Case, cases
from loadtests.accuracy.prediction import Asked, predicted
from loadtests.accuracy.record import CalibratedOn, Row
from loadtests.accuracy.steps import steps
from loadtests.calibrate.mixes import PLANS
from loadtests.capacity.measured import Capacity
from loadtests.steady.meter import Platform
from loadtests.steady.workload import Workload
from loadtests.verdict import Result
from runtime.errors import PlanError
from sizing.plan import Plan
from sizing.reading import dotted

DEPLOYED: Final = "name the plan that was deployed when the test ran (--plan), or deploy this one and test again"
AGAIN: Final = "write the plan anew with 'plan size --calibration'"
NEAR: Final = 1e-3
STAYS: Final = "soak"
KINDS: Final = "give the result of 'plan test steady', 'plan test capacity', 'plan test scale' or 'plan calibrate'"


def rows(asked: Asked, result: Result, where: str, configuration: str = "") -> tuple[Row, ...]:
    """Return the rows of a ``result`` read from ``where``; raises PlanError where it proves nothing, or is of another platform, machine or mix."""
    check(asked.plan, result, where)
    if result.scale is not None and asked.model is None:
        raise PlanError(f"is of other cores or replicas than the plan's, and the plan's model cannot be asked: {asked.why_not}", where=where, hint=AGAIN)
    try:
        found = tuple(_row(told, one, case, configuration) for told, one in steps(asked, result) for case in cases(told.plan, one))
    except (ValidationError, ArithmeticError) as problem:
        raise PlanError(f"holds a number that no test measures{_which(problem)}", where=where, hint=KINDS) from problem
    if not found:
        raise PlanError("holds no measured load", where=where, hint=KINDS)
    return found


def _which(problem: Exception) -> str:
    """Return where in a row it would stand, as far as that is known."""
    if not isinstance(problem, ValidationError):
        return ""
    first = problem.errors(include_url=False)[0]
    return f": {dotted(first['loc'])} {first['input']}"


def check(plan: Plan, result: Result, where: str) -> None:
    """Raise PlanError where ``result`` cannot be compared with ``plan``."""
    platform = _platform(result)
    if platform is None:
        raise PlanError(f"is of {result.scenario}, which measures no load", where=where, hint=KINDS)
    if result.shape is not None and result.scenario != STAYS:
        raise PlanError(f"is of {result.scenario}, in which the load changes all the time", where=where, hint=KINDS)
    if result.measured is not None and result.measured.closed is not None:
        raise PlanError("is of people who come again after the answer; the plan speaks of people who come anyway", where=where, hint=KINDS)
    if result.verdict == "invalid":
        why = f": {result.reasons[0]}" if result.reasons else ""
        raise PlanError(f"the test was invalid and proves nothing{why}", where=where, hint="run the test again")
    if result.shared:
        why = "was measured in a lab, whose hosts share the cores of one machine: such times say nothing of real ones"
        raise PlanError(why, where=where, hint="test the platform on its own hosts")
    if result.platform != plan.platform.name:
        raise PlanError(f"was measured on platform '{result.platform}', the plan is of '{plan.platform.name}'", where=where, hint=DEPLOYED)
    if result.plan_digest and result.plan_digest != plan.inputs.digest:
        raise PlanError("was measured with a plan of another brief", where=where, hint=DEPLOYED)
    _check_moments(plan, result, where)
    machines = sum(server.count for server in plan.servers)
    cores = result.scale.cores if result.scale else platform.cores
    if machines != 1 or plan.servers[0].cores > cores:
        have = f"{machines} servers" if machines != 1 else f"a machine with {plan.servers[0].cores} cores"
        raise PlanError(f"was measured on one machine with {cores} cores, the plan is of {have}", where=where, hint=DEPLOYED)
    for workload in _of_plan(result):
        _same_peak(plan, workload, where)


def _check_moments(plan: Plan, result: Result, where: str) -> None:
    """Raise PlanError where it is not told when the test began, or the calibration that the plan stands on was made."""
    try:
        _moment(result.started)
    except ValueError:
        raise PlanError("does not tell when the test began", where=f"{where}: started", hint=KINDS) from None
    try:
        _moment(plan.inputs.measured.at if plan.inputs.measured else result.started)
    except ValueError:
        raise PlanError("does not tell when its calibration was made", where="plan: inputs.measured.at", hint=AGAIN) from None


def _platform(result: Result) -> Platform | None:
    return next((one.platform for one in (result.measured, *_searches(result), result.calibrated) if one is not None), None)


def _searches(result: Result) -> tuple[Capacity, ...]:
    """Return the search for the capacity, or those of a test of scaling."""
    steps_of = result.scale.steps if result.scale else ()
    return tuple(found for found in (result.capacity, *(step.capacity for step in steps_of)) if found is not None)


def _of_plan(result: Result) -> tuple[Workload, ...]:
    """Return the workloads that were the plan's own mix."""
    alone = tuple(one.workload for one in (result.measured, *_searches(result)) if one is not None)
    levels = result.calibrated.levels if result.calibrated else ()
    return (*alone, *(one.workload for one in levels if one.words in PLANS))


def _same_peak(plan: Plan, workload: Workload, where: str) -> None:
    """Refuse a load that is no multiple of the plan's peak."""
    for kind in sorted({*plan.peak.by_class, *workload.per_second}):
        came, says = workload.per_second.get(kind, 0.0), plan.peak.by_class.get(kind, 0.0) * workload.share
        if not isclose(came, says, rel_tol=NEAR, abs_tol=1e-9 * max(1.0, workload.share)):
            told = f"{kind}: {came / workload.share:.3g} a second" if workload.share else kind
            raise PlanError(
                f"another peak or mix was driven than the plan's ({told}, the plan says {plan.peak.by_class.get(kind, 0.0):.3g})", where=where, hint=DEPLOYED
            )


def _row(asked: Asked, result: Result, case: Case, configuration: str) -> Row:
    plan, seen = asked.plan, asked.plan.inputs.measured
    held_out, because = _held_out(plan, result)
    return Row(
        platform=result.platform,
        run=result.started,
        scenario=result.scenario,
        level=case.level,
        case=case.words,
        configuration=configuration,
        shape=shape(plan),
        load=case.load,
        predicted=predicted(asked, case),
        predicted_by=asked.words if case.measured.people is None or asked.model is not None else "the plan's own answer: served",
        measured=case.measured,
        noise_floor=case.noise,
        below_knee=case.below_knee,
        undisturbed=case.undisturbed,
        calibrated_on=CalibratedOn(at=seen.at, machine=seen.machine) if seen else None,
        held_out=held_out,
        held_out_because=because,
        notes=case.notes,
    )


def shape(plan: Plan) -> str:
    """Return what was deployed, in words: the machine, PHP processes, page cache."""
    server, limits = plan.servers[0], plan.limits
    web = ", ".join(f"{name} {one.replicas} x {one.fpm_children}" for name, one in (("blogs", limits.blogs), ("wiki", limits.wiki)))
    box = f"{server.count} x {server.shape or server.role}, {server.cores} cores, {server.memory_gib:g} GiB"
    return f"{box}; PHP processes: {web}; page cache: {limits.pagecache.size_mib} MiB, {limits.pagecache.life_s} s"


def _held_out(plan: Plan, result: Result) -> tuple[bool, str]:
    seen = plan.inputs.measured
    if seen is None:
        return True, "the plan stands on no calibration"
    if _moment(result.started) > _moment(seen.at):
        return True, "the run is later than the calibration"
    own = (
        "the run is a calibration that is not later than the plan's own: perhaps the same" if result.calibrated else "the run is not later than the calibration"
    )
    return False, own


def _moment(text: str) -> float:
    """Return unix time; raises ValueError where ``text`` is no moment of ISO 8601 or does not tell its zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.timestamp()
