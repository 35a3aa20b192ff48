"""The words of a plan: the answer, what binds, the interval, the assumptions that matter."""

from collections.abc import Iterable, Sequence

from sizing.interval import spoken
from sizing.kept import policy
from sizing.plan import Plan, Sensitivity, Server
from sizing.study import Step

MATTER = 3


def answer(plan: Plan) -> str:
    """Return the answer of ``plan size``."""
    lines = [_first(plan), "", *_servers(plan), *_recovery(plan), "", *_binds(plan), "", *_when(plan), "", *_unsure(plan)]
    return "\n".join(lines)


def _first(plan: Plan) -> str:
    gives = f"The first thing to give is {plan.capacity.first_to_give}."
    if len(plan.servers) == 1 and plan.servers[0].count == 1:
        one = "One desk is" if not plan.servers[0].shape else f"One {plan.servers[0].shape} is"
        return f"{one} enough for {plan.people:,} people; this box carries about {_carries(plan)}. {gives}"
    machines = sum(server.count for server in plan.servers)
    alone = f"; the desk alone carries about {_round(plan.desk.people):,}" if plan.desk else ""
    return f"{plan.people:,} people need {machines:,} servers{alone}. These carry about {_carries(plan)}. {gives}"


def _carries(plan: Plan) -> str:
    if plan.interval is None:
        return f"{_round(plan.capacity.people):,}"
    low, high = (_round(int(bound)) for bound in (plan.interval.low, plan.interval.high))
    return f"{_round(plan.capacity.people):,} ({plan.interval.confidence:.0%} interval: {low:,} to {high:,})"


def _servers(plan: Plan) -> list[str]:
    price = f" In all {plan.price_per_month:,.10g} a month." if plan.price_per_month else ""
    return [_server(server) for server in plan.servers] + [
        f"It survives: {plan.survives}. Expected to be up {plan.availability_percent:.4g} % of the time.{price}"
    ]


def _server(server: Server) -> str:
    shape = f" ({server.shape}, {server.price_per_month:,.10g} a month each)" if server.shape else ""
    return f"  {server.count} x {server.role}: {server.cores} cores, {server.memory_gib:g} GiB memory, {server.disk_gib:g} GiB disk{shape}"


def _recovery(plan: Plan) -> list[str]:
    """Return a line on the backups, one on the work that the loss of the disk costs, and one on the time until it runs again."""
    found, targets = plan.recovery, plan.targets
    if found is None:
        return []
    files = "" if found.files_point_s == found.point_s else f"; {_lost(found.files_point_s)} work in files"
    point = f"{_lost(found.point_s)} work is lost with the disk{files} ({_target(targets.recovery_point_minutes, met=found.meets_point)}): {found.point}."
    high = spoken(found.time_minutes_high * 60)
    back = f"about {spoken(found.time_minutes * 60)} from a bare machine, 95 of 100 within {high}"
    kept = f"Backups: {policy(plan.platform.backup)}."
    return [kept, f"Recovery point: {point}", f"Recovery time: {back} ({_target(targets.recovery_time_minutes, met=found.meets_time)}): {found.time}."]


def _lost(seconds: float | None) -> str:
    return "all" if seconds is None else f"at most {spoken(seconds)} of"


def _target(minutes: float, *, met: bool) -> str:
    return f"target {spoken(minutes * 60)}: {'met' if met else 'missed'}"


def _binds(plan: Plan) -> list[str]:
    slowest, slow_ms = _slowest(plan)
    kind = "the crowd after a mail to everyone" if plan.peak.kind == "announcement" else f"most of it from {plan.peak.cause}"
    visits = f"{plan.peak.sessions_per_hour:,.0f} visits an hour"
    return [
        f"Binds: {plan.binding.resource}, {plan.binding.utilisation:.0%} used at the peak.",
        f"Peak: {plan.peak.requests_per_second:.2f} requests/s ({plan.peak.hour_utc} UTC, month {plan.peak.month}, {visits}; {kind}).",
        f"Pages: 95 of 100 within {slow_ms:.0f} ms ({slowest}; the target is {plan.targets.page_p95_ms:.0f} ms).",
    ]


def _slowest(plan: Plan) -> tuple[str, float]:
    """Return the slowest class of pages, with its p95 (ms)."""
    return max(((kind, value) for kind, value in plan.response_p95_ms.items() if kind.startswith(("page", "wiki_view"))), key=lambda pair: pair[1])


def _when(plan: Plan) -> list[str]:
    lines = []
    if plan.interval:
        wanted = f"{100 * plan.interval.wanted:g}% is asked for"
        lines.append(f"Sure: it holds for {plan.targets.horizon_months} months with a probability of {_percent(plan.interval.holds)} ({wanted}).")
    if plan.desk and plan.servers[0].shape:
        lines.append(f"The desk that is there: {_desk(plan)}")
    if plan.growth:
        lines.append(_outgrown(plan))
    if plan.announcement:
        lines.append(f"Announcement: {plan.announcement.words}.")
    return lines


def _percent(share: float) -> str:
    return f"{share:.0%}" if share < 0.995 else f"{share:.1%}" if share < 0.9995 else "more than 99.9%"  # noqa: PLR2004 - 100 % is never sure


def _desk(plan: Plan) -> str:
    found = plan.desk
    if found is None:
        return ""
    until = f" {found.until_date or f'month {found.until_month}'}" if found.verdict == "enough until" else ""
    sure = f"it holds with a probability of {_percent(found.holds)}"
    return f"{found.verdict}{until} ({found.because}): {sure}; at the median it carries about {_round(found.people):,}."


def _outgrown(plan: Plan) -> str:
    growth = plan.growth
    if growth is None:
        return ""
    months = len(growth.months) - 1
    if growth.outgrown_month is None:
        return f"Outgrown: not within {months} months at that confidence."
    when = _month(growth.outgrown_month, growth.outgrown_date)
    told = f"Outgrown: {when} at that confidence, because of {growth.because}."
    for purchase in growth.purchases:
        servers = ", ".join(f"{server.count} x {server.shape or server.role}" for server in purchase.servers)
        told += f" Order by {_month(purchase.order_by_month, purchase.order_by_date)}: {servers} ({purchase.price_per_month:,.0f} a month)."
    return told


def _month(month: int, date: str | None) -> str:
    return f"{date} (month {month})" if date else f"month {month}"


def _unsure(plan: Plan) -> list[str]:
    seen = plan.inputs.observed
    span = f"Observed: {len(seen.replaced)} numbers are those of real use ({seen.began[:10]} to {seen.ended[:10]}, {seen.sessions:,} visits)." if seen else ""
    head = "It stands on assumptions; these move the answer most (all of them: --json):"
    found = plan.inputs.measured
    told = f"Calibrated: {len(found.replaced)} numbers were measured by load on {found.at[:10]}, {found.words}." if found else ""
    return [*(one for one in (span, told) if one), head, *(_sensitivity(one) for one in plan.sensitivity[:MATTER])]


def _sensitivity(one: Sensitivity) -> str:
    people = f"{_round(int(one.people_at_low)):,} people at {one.low:g}, {_round(int(one.people_at_high)):,} at {one.high:g}"
    return f"  {one.name}: {one.share:.0%} of what is not known; {people} ({one.unit}; {one.source})"


def beside(plans: Sequence[tuple[str, Plan]]) -> str:
    """Return plans side by side, the first being the brief itself."""
    rows = [
        ("", [name for name, _ in plans]),
        ("people", [f"{plan.people:,}" for _, plan in plans]),
        ("servers", [_short(plan) for _, plan in plans]),
        ("a month", [f"{plan.price_per_month:,.0f}" for _, plan in plans]),
        ("carries", [f"{_round(plan.capacity.people):,}" for _, plan in plans]),
        ("interval", [_interval(plan) for _, plan in plans]),
        ("holds", [_percent(plan.interval.holds) if plan.interval else "" for _, plan in plans]),
        ("peak, requests/s", [f"{plan.peak.requests_per_second:.2f}" for _, plan in plans]),
        ("binds", [f"{plan.binding.resource} {plan.binding.utilisation:.0%}" for _, plan in plans]),
        ("pages, p95", [f"{_slowest(plan)[1]:.0f} ms" for _, plan in plans]),
        ("outgrown", [_until(plan) for _, plan in plans]),
    ]
    widths = [max(len(row[1][at]) for row in rows) for at in range(len(plans))]
    return "\n".join(f"{title:17} {'  '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))}".rstrip() for title, cells in rows)


def _short(plan: Plan) -> str:
    return " + ".join(f"{server.count} {server.shape or server.role}" for server in plan.servers)


def _interval(plan: Plan) -> str:
    return f"{_round(int(plan.interval.low)):,} to {_round(int(plan.interval.high)):,}" if plan.interval else ""


def _until(plan: Plan) -> str:
    if plan.growth is None or plan.growth.outgrown_month is None:
        return f"not in {len(plan.growth.months) - 1 if plan.growth else 0} months"
    return _month(plan.growth.outgrown_month, plan.growth.outgrown_date)


def explained(steps: Iterable[Step]) -> str:
    """Return the way from people to servers as text."""
    lines, chapter = [], ""
    for step in steps:
        if step.chapter != chapter:
            lines += ["", step.chapter]
            chapter = step.chapter
        lines.append(f"  {step.what}: {step.value}  [{step.how}]")
    return "\n".join(lines)


def _round(people: int) -> int:
    """Two figures: the inputs are not known better."""
    digits = len(str(people)) - 2
    return people // 10**digits * 10**digits if digits > 0 else people
