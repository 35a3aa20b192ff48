"""The parts of a plan, each read off an answer: the numbers in the words of ``plan.json``."""

import math
from typing import Final

import numpy as np

from sizing import plan
from sizing.announcement import announcement, waves_for
from sizing.capacity import Case, State, Use
from sizing.demands import variation_of
from sizing.evidence import Array, Evidence
from sizing.figures import rounded
from sizing.growth import Outlook
from sizing.observed import SOURCE as OBSERVED
from sizing.question import SEED, Answer, Question
from sizing.recovery import changes_gib
from sizing.sensitivity import sensitivity
from sizing.storage import MIB_PER_GIB, in_mbit, out_mbit

LOW, HIGH = 0.05, 0.95
MOMENTS_WITH_ONE_MAIL: Final = 2
WEEKS_PER_MONTH: Final = 4.35
MBIT_PER_GIB: Final = 1024**3 * 8 / 1e6
DAY_S: Final = 86_400
TOLD: Final = 1000


def observed(question: Question) -> plan.Observed | None:
    """Return what real use said in the place of assumptions; None where nothing was observed."""
    held = question.calibration
    if held is None or held.observations is None:
        return None
    seen = held.observations
    names = tuple(item.name for item in question.numbers.items if item.source.startswith(OBSERVED))
    return plan.Observed(
        path=question.calibration_path, digest=held.digest, began=seen.source.began, ended=seen.source.ended, sessions=seen.sessions, replaced=names
    )


def measured(question: Question) -> plan.Measured | None:
    """Return what a load test said in the place of the evidence's demands; None where none was run."""
    held, using = question.calibration, question.measuring
    if held is None or using is None:
        return None
    seen = using.measurements
    return plan.Measured(
        path=question.calibration_path,
        digest=held.digest,
        at=seen.at,
        machine=using.machine,
        same=using.same,
        words=using.words,
        replaced=tuple(sorted((*seen.numbers, *(variation_of(kind) for kind in seen.variations)))),
    )


def middle(people: Array) -> float:
    """Return the median of the draws (S,)."""
    return float(np.median(people[1:]))


def peak(state: State) -> plan.Peak:
    """Return the worst moment, at the medians."""
    moment, values = state.moment, state.case.values
    return plan.Peak(
        requests_per_second=rounded(float(np.sum(moment.rates[0]))),
        hour_utc=moment.when,
        sessions_per_hour=rounded(float(moment.visits[0])),
        by_class={kind: rounded(float(rate)) for kind, rate in moment.by_class().items()},
        kind="ordinary" if moment.kind == "ordinary" else "announcement",
        cause=moment.cause,
        month=moment.month,
        think_time_s=rounded(60 * values.point("session_minutes") / values.point("pages_per_session")),
    )


def first_to_give(answer: Answer) -> Use:
    """Return what is missed first when people are added, at the medians."""
    return answer.at_capacity.tightest()


def binding(answer: Answer, state: State) -> plan.Binding:
    """Return the resource that gives first, used as at the peak; where a target is missed first, the resource that is busiest then."""
    resource = first_to_give(answer).resource
    if resource in {"page_p95", "rejected"}:
        busy = _busy(answer.at_capacity)
        resource = max(busy, key=lambda name: busy[name])
    return plan.Binding(resource=resource, utilisation=rounded(_busy(state)[resource]))


def _busy(state: State) -> dict[str, float]:
    """Return the utilisation of every resource, in the first scenario."""
    pools = {f"{role}.fpm": float(busy[0]) for role, busy in state.network.pools.items()}
    return pools | {use.resource: float(use.utilisation[0]) for use in (*state.uses, *state.rooms) if "." in use.resource}


def response(state: State) -> plan.Response:
    """Return quantiles by class, rejections and hit ratios at the peak, at the medians."""
    hits = state.network.hits
    return plan.Response(
        p50={kind: rounded(value) for kind, value in state.milliseconds(0.5).items()},
        p95={kind: rounded(value) for kind, value in state.milliseconds(0.95).items()},
        p99={kind: rounded(value) for kind, value in state.milliseconds(0.99).items()},
        rejected=rounded(float(np.max(state.network.solved.rejected[0]))),
        hit_ratio={tier: rounded(float(ratio[0])) for tier, ratio in (("page cache", hits.pages), ("object cache", hits.objects), ("buffer pool", hits.rows))},
    )


def served(answer: Answer) -> plan.Served:
    """Return the load that the servers carry, memory and disk left out: at the mix of the peak, which is that of the medians."""
    low, high = _ends(answer, answer.served)
    return plan.Served(
        people=max(1, math.floor(float(answer.served[0]))), low=max(1, math.floor(low)), high=math.ceil(high), first_to_give=answer.at_served.busiest().words
    )


def _ends(answer: Answer, people: Array) -> tuple[float, float]:
    """Return both ends of the interval of ``people`` (S,), the medians' own scenario left out."""
    inside = float(answer.case.values["confirmed_share"][0])
    low, high = np.quantile(people[1:], ((1 - inside) / 2, (1 + inside) / 2))
    return float(low), float(high)


def interval(answer: Answer) -> plan.Interval:
    """Return the interval of the people carried, and the confidence that the servers hold."""
    low, high = _ends(answer, answer.people)
    return plan.Interval(
        low=math.floor(low),
        high=math.ceil(high),
        confidence=float(answer.case.values["confirmed_share"][0]),
        holds=rounded(answer.outlook.holds(answer.case.horizon)),
        wanted=float(answer.brief.targets.confidence),
        draws=answer.question.draws,
    )


def growth(answer: Answer) -> plan.Growth:
    """Return the months, when the servers are outgrown and what to have by then."""
    outlook, line = answer.outlook, answer.case.workload.line
    until = outlook.outgrown_with(1 - float(answer.brief.targets.confidence))
    return plan.Growth(
        months=tuple(_month(outlook, month) for month in range(outlook.months + 1)),
        outgrown_month=until,
        outgrown_date=None if until is None else line.date(until),
        earliest_month=outlook.outgrown_with(LOW),
        median_month=outlook.outgrown_with(0.5),
        because=outlook.because(),
        purchases=() if until is None or until <= answer.case.horizon else _purchases(answer, until),
    )


def _month(outlook: Outlook, month: int) -> plan.Month:
    case, layout = outlook.case, outlook.layout
    moment = case.workload.moments[0]
    active = case.workload.active(month)
    rates = np.sum(moment.rates, axis=1) * outlook.load[:, month]
    content = case.content(month)
    disk = case.values["system_disk"] + (content.database_mib / MIB_PER_GIB if layout.by_role else content.live_gib)
    return plan.Month(
        month=month,
        date=case.workload.line.date(month),
        taking_part=rounded(float(active[0])),
        taking_part_low=_quantile(active, LOW),
        taking_part_high=_quantile(active, HIGH),
        requests_per_second=rounded(float(rates[0])),
        requests_per_second_low=_quantile(rates, LOW),
        requests_per_second_high=_quantile(rates, HIGH),
        disk_gib=rounded(float(disk[0])),
        disk_gib_high=_quantile(disk, HIGH),
        holds=rounded(outlook.holds(month)),
    )


def _quantile(values: Array, share: float) -> float:
    return rounded(float(np.quantile(values[1:], share)))


def _purchases(answer: Answer, month: int) -> tuple[plan.Purchase, ...]:
    """Return the servers that hold from ``month`` to the end of the outlook, with the month to order them in."""
    later = answer.later
    chosen = later.choose(float(answer.brief.targets.confidence))
    if chosen is None:
        return ()
    order = max(0, month - math.ceil(float(answer.case.values["lead_time_weeks"][0]) / WEEKS_PER_MONTH))
    line = answer.case.workload.line
    return (
        plan.Purchase(
            month=month,
            date=line.date(month),
            order_by_month=order,
            order_by_date=line.date(order),
            servers=chosen.servers,
            price_per_month=chosen.price_per_month,
            because=answer.outlook.because(),
        ),
    )


def desk(answer: Answer) -> plan.Desk:
    """Return the judgement of the machine that is there."""
    outlook, people = answer.desk_outlook, answer.desk_people
    wanted = float(answer.brief.targets.confidence)
    until = outlook.outgrown_with(1 - wanted)
    allowed = answer.ladder.allowed(1)
    verdict = "not enough" if until == 0 or not allowed else "enough" if until is None else "enough until"
    because = outlook.because() if allowed else f"one machine is not up {answer.brief.targets.availability_percent:g} % of the time"
    return plan.Desk(
        verdict=verdict,
        until_month=until if verdict == "enough until" else None,
        until_date=answer.case.workload.line.date(until) if until and verdict == "enough until" else None,
        because=because,
        people=math.floor(middle(people)),
        people_low=math.floor(_quantile(people, LOW)),
        people_high=math.ceil(_quantile(people, HIGH)),
        holds=rounded(outlook.holds(answer.case.horizon)),
    )


def storage(answer: Answer, state: State) -> plan.Storage:
    """Return what comes, goes and stays, at the medians."""
    case: Case = answer.median
    values, whole, horizon = case.values, case.workload, case.horizon
    days = values.point("working_days_per_month")
    taking_part = float(whole.adoption[0, horizon] * whole.growth[0, horizon])
    mean_rates = whole.daily * taking_part / DAY_S
    before, now = case.content(max(0, horizon - 1)), case.content(horizon)
    kept = answer.brief.processes.retention_months
    later = None if kept is None else _at_retention(case, kept)
    return plan.Storage(
        out_gib_per_month=rounded(float(out_mbit(mean_rates, values)[0]) * DAY_S * days / MBIT_PER_GIB),
        in_gib_per_month=rounded(float(in_mbit(mean_rates, values)[0]) * DAY_S * days / MBIT_PER_GIB),
        out_mbit_peak=rounded(float(out_mbit(state.moment.rates, values)[0])),
        posts_gib_per_month=rounded(float(now.database_mib[0] - before.database_mib[0]) / MIB_PER_GIB),
        media_gib_per_month=rounded(float(now.files_gib[0] - before.files_gib[0])),
        binlog_gib=rounded(float(now.binlog_gib[0])),
        backup_gib=rounded(float(now.backup_gib[0])),
        dump_gib=rounded(float(now.dump_gib[0])),
        changes_gib=rounded(changes_gib(answer.brief.infrastructure.backup, now, values)),
        live_gib=rounded(float(now.live_gib[0])),
        retention_months=kept,
        live_gib_at_retention=later,
    )


def _at_retention(case: Case, months: int) -> float:
    """Return the GiB that ``months`` months of content take, the last that are told, and after them as many as in the last."""
    last = case.workload.adoption.shape[1] - 1
    empty, before, now, gone = (float(case.content(month).live_gib[0]) for month in (0, last - 1, last, max(0, last - months)))
    return rounded(empty + now - gone + max(0, months - last) * (now - before))


def told_announcement(answer: Answer) -> plan.Announcement | None:
    """Return the answer to "all at once, or in waves?"; None where no mail goes to everyone."""
    if not answer.mailed:
        return None
    wanted = float(answer.brief.targets.confidence)
    told = announcement(answer.case, answer.outlook.capacities[answer.mailed], lambda: answer.wave, wanted)
    several = len(answer.case.workload.moments) > MOMENTS_WITH_ONE_MAIL
    if several or answer.rung.price_per_month == 0 or not answer.ladder.allowed(1) or answer.desk_outlook.holds_but_for_mails(answer.case.horizon) < wanted:
        return told
    waves = waves_for(answer.few, answer.desk_outlook.layout, wanted)
    words = f"{told.words}; sent in {waves} waves, the machine that is there would be enough"
    return told if waves is None else told.model_copy(update={"waves_for_desk": waves, "words": words})


def told_sensitivity(answer: Answer) -> tuple[plan.Sensitivity, ...]:
    """Return what each uncertain number does to the people carried."""
    found = sensitivity((*answer.question.numbers.items, *answer.question.demands.quantities()), answer.people, SEED)
    return tuple(one for one in found if one.share * TOLD >= 1)


def assumptions(answer: Answer) -> tuple[plan.Assumption, ...]:
    """Return every number that the answer stands on, and what is left out."""
    items = (*answer.question.numbers.items, *answer.question.demands.quantities())
    listed = [
        plan.Assumption(
            name=item.name,
            value=float(item.value),
            unit=item.unit,
            source=item.source,
            low=None if item.low is None else rounded(item.low),
            high=None if item.high is None else rounded(item.high),
            note=item.note,
        )
        for item in items
    ]
    return (*listed, *_stated(answer.question.numbers))


def _stated(numbers: Evidence) -> tuple[plan.Assumption, ...]:
    words = {
        "load_generator": ("not included", "assumption", "a test's own load runs elsewhere, or is subtracted"),
        "page_cache_bypass": ("any session cookie", "the platform's own rule", "only anonymous pages come from the page cache"),
        "reference_weeks": ("one of winter, one of summer time; the worse counts", "choice", "time zone rules of 2027"),
        "independence": ("numbers are drawn independently", "assumption", "products that are known better than their parts come out too wide"),
        "burst": (f"the busiest minutes of the peak hour: {numbers['burst_factor']:g} times its mean", "assumption", "a mail's crowd is a curve of its own"),
    }
    return tuple(plan.Assumption(name=name, value=value, unit="", source=source, note=note) for name, (value, source, note) in words.items())
