"""The answer in a sentence, and the few numbers that a manager looks for."""

from dataclasses import dataclass

from sizing.interval import spoken
from sizing.plan import Desk, Plan
from sizing.report.words import chance, clean, closed, counted, heads, month_of, percent, plural, priced, rounded, servers_of, shared, sized


@dataclass(frozen=True)
class Card:
    """A key number: what it is, the number, and what to know beside it."""

    name: str
    value: str
    remark: str


def sentence(plan: Plan) -> str:
    """Return the answer in one sentence."""
    reached = plan.interval is None or plan.interval.holds >= plan.interval.wanted
    people = plural(plan.people, "person", "people")
    need = ("needs" if plan.people == 1 else "need") if reached else "would be served by"
    return f"{people} {need} {_servers(plan)}: {_carried(plan)}, {_held(plan)}."


def _servers(plan: Plan) -> str:
    count = sum(server.count for server in plan.servers)
    if len(plan.servers) == 1:
        server = plan.servers[0]
        size = f"{plural(server.cores, 'core')}, {sized(server.memory_gib)} of memory and {sized(server.disk_gib)} of disk"
        return f"{servers_of(plan.servers)} with {size}{' each' if count > 1 else ''}"
    return f"{plural(count, 'server')} ({servers_of(plan.servers)})"


def _carried(plan: Plan) -> str:
    verb = "it carries" if sum(server.count for server in plan.servers) == 1 else "they carry"
    interval = plan.interval
    known = f" ({shared(interval.confidence)} interval {heads(interval.low)} to {heads(interval.high)})" if interval else " of every number"
    return f"{verb} {counted(plan.capacity.people)} people at the median of the draws{known}"


def _held(plan: Plan) -> str:
    one = sum(server.count for server in plan.servers) == 1
    horizon = plural(plan.targets.horizon_months, "month")
    if plan.interval is None:
        return "how sure that is was not worked out"
    wanted = plan.interval.wanted
    verdict = "reaches" if plan.interval.holds >= wanted else "does NOT reach"
    hold = f"and {'holds' if one else 'hold'} all {horizon} with a probability of {chance(plan.interval.holds)}"
    return f"{hold}, which {verdict} the {chance(wanted)} that is wanted"


def cards(plan: Plan) -> tuple[Card, ...]:
    """Return the key numbers."""
    interval = plan.interval
    machines = sum(server.count for server in plan.servers)
    found = [
        Card("Servers", counted(machines), servers_of(plan.servers) if len(plan.servers) == 1 else f"{len(plan.servers)} roles"),
        Card("People planned", counted(plan.people), f"peak {rounded(plan.peak.requests_per_second)} requests/s"),
        Card(
            "People carried",
            counted(plan.capacity.people),
            f"{heads(interval.low)} to {heads(interval.high)} ({shared(interval.confidence)})" if interval else "at the median",
        ),
    ]
    if interval:
        found.append(Card("Probability of holding", chance(interval.holds), f"wanted: {chance(interval.wanted)}"))
    found.append(Card("Price per month", priced(plan.price_per_month), "nothing to buy" if plan.price_per_month == 0 else "currency of the catalogue"))
    return tuple(found)


def verdict(desk: Desk | None) -> str:
    """Return what the machine that is there is worth."""
    if desk is None:
        return "No machine that is there was judged."
    until = f" {month_of(desk.until_month, desk.until_date)}" if desk.verdict == "enough until" else ""
    carried = f"Alone it carries {counted(desk.people)} people at the median ({heads(desk.people_low)} to {heads(desk.people_high)})"
    return f"The machine that is there is {desk.verdict}{until}: {closed(desk.because)} {carried} and holds with a probability of {chance(desk.holds)}."


def survival(plan: Plan) -> str:
    """Return what the servers survive, and the availability to expect."""
    survives = f"The servers survive: {closed(plan.survives)}"
    if plan.availability_percent <= 0:
        return f"{survives} Availability was not worked out (target {percent(plan.targets.availability_percent)})."
    down = (100 - plan.availability_percent) / 100 * 365.25 * 24
    met = "meets" if plan.availability_percent >= plan.targets.availability_percent else "is below"
    expected = f"Expected availability is {percent(plan.availability_percent)} ({rounded(down)} hours a year without service)"
    return f"{survives} {expected}, which {met} the target of {percent(plan.targets.availability_percent)}."


def recovery(plan: Plan) -> str:
    """Return what the loss of the machine with its disk costs."""
    found, targets = plan.recovery, plan.targets
    if found is None:
        return "What the loss of the machine costs was not worked out."
    posts = _lost(found.point_s, targets.recovery_point_minutes, met=found.meets_point)
    files = _lost(found.files_point_s, targets.recovery_point_minutes, met=found.meets_files_point)
    high = spoken(found.time_minutes_high * 60)
    back = f"From a bare machine to the first page it takes about {spoken(found.time_minutes * 60)} (95 of 100 within {high})"
    met = "meets" if found.meets_time else "misses"
    time = f"{back}, which {met} the target of {spoken(targets.recovery_time_minutes * 60)}: {closed(found.time)}"
    return f"With its disk {posts} in the database and {files} in files. Why: {closed(found.point)} {time}"


def _lost(seconds: float | None, target: float, *, met: bool) -> str:
    if seconds is None:
        return "all work is lost"
    return f"at most {spoken(seconds)} of work is lost (target {spoken(target * 60)}: {'met' if met else 'missed'})"


def binding(plan: Plan) -> str:
    """Return what gives first."""
    used = f"What binds is {clean(plan.binding.resource)}, used to {shared(plan.binding.utilisation)} at the peak."
    return f"{used} Beyond {counted(plan.capacity.people)} people the first to give is: {closed(plan.capacity.first_to_give)}"


def peak(plan: Plan) -> str:
    """Return when the peak is, who makes it, and of which kind it is."""
    kinds = {"ordinary": "an ordinary hour", "announcement": "the crowd after a mail to everyone"}
    cause = f"; most of it comes from “{clean(plan.peak.cause)}”" if plan.peak.cause else ""
    load = f"{rounded(plan.peak.requests_per_second)} requests per second in {rounded(plan.peak.sessions_per_hour)} visits per hour"
    return f"The peak is {clean(plan.peak.hour_utc)} UTC in month {plan.peak.month}, {kinds[plan.peak.kind]}: {load}{cause}."


def announcement(plan: Plan) -> str:
    """Return what a mail to everyone does."""
    mail = plan.announcement
    if mail is None:
        return "No mail goes to everyone within the horizon, so no crowd was worked out."
    whom = f"{plural(mail.people, 'person', 'people')} in {plural(mail.waves, 'equal wave')}"
    sent = f"The mail goes to {whom} on {clean(mail.when_utc)} UTC in month {mail.month}."
    crowd = (
        f"In the worst five minutes {rounded(mail.requests_per_second)} requests per second come, {shared(mail.crowd_share)} of them by the mail; "
        f"the servers hold that with a probability of {chance(mail.holds)}."
    )
    largest = f"The largest wave that they hold with the wanted confidence has {counted(mail.largest_wave)} people"
    wave = largest if mail.largest_wave else "They hold no wave with the wanted confidence"
    needed = _needed(mail.waves_needed)
    return f"{sent} {crowd} {wave}{needed} {clean(mail.words)}".rstrip()


def _needed(waves: int | None) -> str:
    if waves is None:
        return "; no number of waves helps."
    return ": one mail to all is held." if waves == 1 else f": send it in {counted(waves)} waves, a working day apart."


def outgrown(plan: Plan) -> str:
    """Return when the servers are too small."""
    growth = plan.growth
    if growth is None:
        return "Growth over the months was not worked out."
    if growth.outgrown_month is None:
        when = f"The servers are not outgrown within the {plural(len(growth.months), 'month')} looked at"
    else:
        when = f"The servers are outgrown in {month_of(growth.outgrown_month, growth.outgrown_date)}"
    chances = [f"{share} by {month_of(month, None)}" for share, month in (("5 %", growth.earliest_month), ("50 %", growth.median_month)) if month is not None]
    likely = f" The probability that they are outgrown is {' and '.join(chances)}." if chances else ""
    return f"{when}: {closed(growth.because)}{likely}"
