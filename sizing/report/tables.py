"""The tables of a report: headers and rows of words, nothing computed but sums of what a row says."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from sizing.plan import Assumption, Plan, Server
from sizing.report.figures.cost import levels, ordered
from sizing.report.words import (
    KINDS,
    UNKNOWN,
    chance,
    clean,
    counted,
    heads,
    kind_of,
    month_of,
    priced,
    role_of,
    rounded,
    servers_of,
    shared,
    sized,
    spelled,
    timed,
)
from sizing.study import Step, Study


@dataclass(frozen=True)
class Table:
    """A table: its caption, headers (``#`` before one: its column holds numbers) and rows; the first cell of a row is its header."""

    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    kind: str = ""


def servers(plan: Plan) -> Table:
    """Return the servers with their sum."""
    headers = ("Role", "#Count", "Shape", "#Cores", "#Memory", "#Disk", "#Price", "#Price of all")
    rows = tuple(_server(server) for server in plan.servers)
    each = plan.servers
    count = sum(server.count for server in each)
    cores, memory, disk = (sum(server.count * getattr(server, key) for server in each) for key in ("cores", "memory_gib", "disk_gib"))
    total = ("All", counted(count), "", counted(cores), sized(memory), sized(disk), "", priced(plan.price_per_month))
    caption = "Servers to have now; each line is of one server, the last of all. Prices are per month, in the currency of the catalogue."
    return Table(caption, headers, rows, total)


def _server(server: Server) -> tuple[str, ...]:
    shape = clean(server.shape) or "there already"
    sizes = (counted(server.cores), sized(server.memory_gib), sized(server.disk_gib))
    return (role_of(server), counted(server.count), shape, *sizes, priced(server.price_per_month), priced(server.price_per_month * server.count))


def peak(plan: Plan) -> Table:
    """Return the peak's requests by class."""
    total = sum(plan.peak.by_class.values())
    rows = tuple(
        (spelled(kind), rounded(rate), shared(rate / total) if total else UNKNOWN)
        for kind, rate in sorted(plan.peak.by_class.items(), key=lambda item: -item[1])
    )
    return Table("Requests at the peak by class", ("Class of request", "#Requests per second", "#Share"), rows)


def costs(study: Study) -> Table:
    """Return the cheapest servers by confidence, with the letters of the figure."""
    points = ordered(study)
    letters = {(step.servers, step.price): step.letter for step in levels(points)}
    rows = tuple(
        (chance(point.confidence), UNKNOWN, UNKNOWN, UNKNOWN, "nothing in the catalogue holds")
        if point.price_per_month is None
        else (
            chance(point.confidence),
            letters.get((point.servers, point.price_per_month), ""),
            priced(point.price_per_month),
            counted(point.machines),
            clean(point.servers),
        )
        for point in points
    )
    return Table("Cheapest servers by confidence", ("Confidence", "Step", "#Price per month", "#Machines", "Servers"), rows)


def sensitivity(plan: Plan) -> Table:
    """Return every uncertain number that was ranked."""
    headers = ("Number", "#Share of variance", "#Low", "#High", "Unit", "#People at low", "#People at high", "Source")
    rows = tuple(
        (
            spelled(row.name),
            shared(row.share),
            rounded(row.low),
            rounded(row.high),
            clean(row.unit),
            heads(row.people_at_low),
            heads(row.people_at_high),
            clean(row.source),
        )
        for row in plan.sensitivity
    )
    return Table("Uncertain numbers, the most important first; low and high are the 5 % and 95 % quantiles", headers, rows, kind="wide")


def months(plan: Plan) -> Table:
    """Return the course of the months."""
    headers = ("Month", "#Taking part", "#Interval", "#Requests per second", "#Interval", "#Disk", "#Disk at most", "#Hold until then")
    found = plan.growth.months if plan.growth else ()
    rows = tuple(
        (
            month_of(month.month, month.date),
            heads(month.taking_part),
            f"{heads(month.taking_part_low)} to {heads(month.taking_part_high)}",
            rounded(month.requests_per_second),
            f"{rounded(month.requests_per_second_low)} to {rounded(month.requests_per_second_high)}",
            sized(month.disk_gib),
            sized(month.disk_gib_high),
            chance(month.holds),
        )
        for month in found
    )
    return Table("Month by month, at the medians, with the interval; requests are those of the worst ordinary hour", headers, rows, kind="wide")


def purchases(plan: Plan) -> Table:
    """Return what to buy by when."""
    headers = ("Have by", "Order in", "Servers", "#Price per month", "Because")
    found = plan.growth.purchases if plan.growth else ()
    rows = tuple(
        (
            month_of(buy.month, buy.date),
            month_of(buy.order_by_month, buy.order_by_date),
            servers_of(buy.servers),
            priced(buy.price_per_month),
            clean(buy.because),
        )
        for buy in found
    )
    return Table("What to have by when; the lead time of an order is taken off", headers, rows, kind="wide")


def storage(plan: Plan) -> Table:
    """Return bytes that come, go and stay."""
    stored = plan.storage
    if stored is None:
        return Table("", (), ())
    kept = f"{stored.retention_months} months" if stored.retention_months is not None else "no limit stated"
    at_retention = sized(stored.live_gib_at_retention) if stored.live_gib_at_retention is not None else UNKNOWN
    rows = (
        ("Out to people", f"{sized(stored.out_gib_per_month)} a month", f"at most {rounded(stored.out_mbit_peak)} Mbit/s, at the peak"),
        ("In from people", f"{sized(stored.in_gib_per_month)} a month", ""),
        ("Text that is added", f"{sized(stored.posts_gib_per_month)} a month", "posts, comments, revisions in the database"),
        ("Media that is added", f"{sized(stored.media_gib_per_month)} a month", ""),
        ("Binary log", sized(stored.binlog_gib), "kept at once"),
        ("Live content", sized(stored.live_gib), "at the horizon: database, files, binary log, one dump; backups that lie nowhere else"),
        ("A dump on its way", sized(stored.dump_gib), "of the database, into a backup"),
        ("Copied changes", sized(stored.changes_gib), "of the database, on a second disk or host"),
        ("Backups", sized(stored.backup_gib), "at the horizon, wherever they go"),
        ("Live content at retention", at_retention, f"retention: {kept}; nothing is deleted by itself"),
    )
    return Table("Storage and traffic, at the medians", ("What", "#How much", "Remark"), rows)


def responses(plan: Plan) -> Table:
    """Return the quantiles of response by class; only p95 where the plan has no others."""
    found = plan.response
    p50, p95, p99 = (found.p50, found.p95, found.p99) if found else ({}, plan.response_p95_ms, {})
    names = dict.fromkeys([*p95, *p50, *p99])
    rows = tuple((spelled(name), *(timed(quantile[name]) if name in quantile else UNKNOWN for quantile in (p50, p95, p99))) for name in names)
    return Table(
        "Response at the peak by class of request, of those who are served",
        ("Class of request", "#p50: half of all", "#p95: 95 of 100", "#p99: 99 of 100"),
        rows,
    )


def hits(plan: Plan) -> Table:
    """Return how often each cache has what is asked for."""
    found = plan.response.hit_ratio if plan.response else {}
    return Table("How often a cache has what is asked for", ("Cache", "#Hits"), tuple((spelled(tier), shared(ratio)) for tier, ratio in found.items()))


def steps(found: Sequence[Step]) -> tuple[Table, ...]:
    """Return the way from people to servers: a table for each run of lines with the same chapter."""
    chapters = groupby(found, key=lambda step: step.chapter)
    return tuple(
        Table(clean(chapter), ("What", "Value", "How"), tuple((clean(step.what), clean(step.value), clean(step.how)) for step in lines), kind="way")
        for chapter, lines in chapters
    )


def assumptions(plan: Plan) -> Table:
    """Return every number with what it stands on."""
    headers = ("Number", "Stands on", "#Value", "#Low to high", "Unit", "Source", "Note")
    return Table(
        "Every number of the answer; low and high are its 5 % and 95 % quantiles, where it is uncertain",
        headers,
        tuple(_assumption(item) for item in plan.assumptions),
        kind="wide numbers",
    )


def _assumption(item: Assumption) -> tuple[str, ...]:
    value = clean(item.value) if isinstance(item.value, str) else rounded_exactly(item.value)
    spread = f"{rounded(item.low)} to {rounded(item.high)}" if item.low is not None and item.high is not None else "fixed"
    return (spelled(item.name), KINDS[kind_of(item.source)], value, spread, clean(item.unit), clean(item.source), clean(item.note))


def rounded_exactly(value: float) -> str:
    """Return a whole number with all its digits, any other in three."""
    return counted(value) if value == round(value, 0) and abs(value) < 1e12 else rounded(value)  # noqa: PLR2004 - more digits are noise


def kinds(items: Iterable[Assumption]) -> str:
    """Return how many numbers stand on what: ``12 ■ measured, 9 ◆ cited``."""
    found = Counter(kind_of(item.source) for item in items)
    return ", ".join(f"{counted(found[kind])} {sign}" for kind, sign in KINDS.items() if found[kind])
