"""The tables of a test's report: headers and rows of words."""

from statistics import mean

from loadtests.calibrate.measured import Calibrated
from loadtests.capacity.measured import Capacity, LevelFound
from loadtests.programs.measured import Programs
from loadtests.recorder import RequestClass
from loadtests.report.words import ANSWERS, amount, between, lasted, off, told
from loadtests.scale.measured import Scale, Step
from loadtests.shapes.measured import PartFound, Shape
from loadtests.steady.measured import Generator, Judgement, Measured, Slow
from loadtests.steady.meter import Platform
from loadtests.verdict import Result
from sizing.report.tables import Table
from sizing.report.words import SPACE, UNKNOWN, counted, rounded, shared

DIGEST = 12
MOST_PARTS = 24


def targets(judgements: tuple[Judgement, ...]) -> Table:
    """Return each target beside what was measured."""
    rows = tuple(
        (
            told(one.target),
            ANSWERS[one.answer],
            amount(one.limit, one.unit),
            amount(one.value, one.unit),
            between(one.low, one.high, one.unit),
            counted(one.number),
        )
        for one in judgements
    )
    headers = ("Target", "Answer", "#At most", "#Measured", "#95 % interval", "#Of")
    return Table("Each target and what was measured; the last column counts the requests, or the seconds, that it stands on", headers, rows)


def classes(result: Result) -> Table:
    """Return the classes of requests."""
    headers = ("Class of request", "#Requests", "#Failed", "#p50", "#p95", "#95 % interval", "#p99", "#A second", "#Planned")
    start = "send" if result.measured and result.measured.closed else "intended start"
    return Table(f"Requests by class, times from the {start}", headers, tuple(_class(part) for part in result.classes), kind="wide")


def _class(part: RequestClass) -> tuple[str, ...]:
    rates = (UNKNOWN if rate is None else rounded(rate) for rate in (part.per_second, part.per_second_planned))
    times = (amount(part.p50_ms, "ms"), amount(part.p95_ms, "ms"), between(part.p95_low_ms, part.p95_high_ms, "ms"), amount(part.p99_ms, "ms"))
    return (told(part.name), counted(part.requests), counted(part.failed), *times, *rates)


def steps(found: Scale) -> Table:
    """Return the steps of a test of scaling."""
    headers = ("Step", "#People", "#95 % interval", "#Predicted", "#Cores busy", "#Gain by the next", "#95 % interval", "Generator", "Gives first")
    caption = f"People carried with so many {found.by}; what does not count is said"
    return Table(caption, headers, tuple(_scaled(one) for one in found.steps), kind="wide")


def _scaled(one: Step) -> tuple[str, ...]:
    people = (counted(one.people.value), between(one.people.low, one.people.high, "people")) if one.people else (UNKNOWN, UNKNOWN)
    gain = (off(one.gain.value), f"{off(one.gain.low)} to {off(one.gain.high)}") if one.gain else ("", "")
    first = told("; ".join(one.faults)) if one.faults else told(one.binding)
    busy = UNKNOWN if one.busy is None else shared(one.busy)
    return (counted(one.number), *people, counted(one.predicted), busy, *gain, "cores of its own" if one.apart else "the same cores", first)


def scaling(found: Scale) -> Table:
    """Return the numbers of the curve."""
    fit = found.fit
    if fit is None:
        return Table("", (), ())
    numbers = {"people with one (lambda)": fit.one, "contention (sigma)": fit.contention, "coherence (kappa)": fit.coherence, "carries most with": fit.most}
    rows = tuple((name, rounded(one.value), f"{rounded(one.low)} to {rounded(one.high)}") for name, one in numbers.items() if one is not None)
    return Table("The law of scaling through the steps (USL: Gunther, 1993)", ("Number", "#Value", "#95 % interval"), rows)


def parts(shape: Shape) -> Table:
    """Return the parts of a load that changes, or lasts, in their order; of many the busiest."""
    busiest = sorted(shape.parts, key=lambda part: -part.per_second_planned)[:MOST_PARTS]
    headers = ("Part", "#Lasted", "#Of the peak", "#A second", "#Planned", "#Failed", "#503", "#p50", "#p95", "#95 % interval", "#Processors", "#Predicted")
    which = "All parts of the load" if len(busiest) == len(shape.parts) else f"The {MOST_PARTS} busiest of {len(shape.parts)} parts of the load"
    caption = f"{which}, in their order; p50 and p95 of pages, processors the platform's share of all cores"
    return Table(caption, headers, tuple(_part(part) for part in shape.parts if part in busiest), kind="wide")


def _part(part: PartFound) -> tuple[str, ...]:
    times = (amount(part.p50_ms, "ms"), amount(part.p95_ms, "ms"), between(part.p95_low_ms, part.p95_high_ms, "ms"))
    rates = (shared(part.share), rounded(part.per_second), rounded(part.per_second_planned), counted(part.failures), counted(part.rejected))
    return (told(part.name), lasted(part.seconds), *rates, *times, amount(part.utilisation, "share"), amount(part.utilisation_predicted, "share"))


def growing(shape: Shape) -> Table:
    """Return what grows, or may."""
    rows = tuple(
        (
            told(one.what),
            ANSWERS[one.answer],
            amount(one.value, one.unit),
            amount(one.limit or None, one.unit),
            f"{amount(one.per_day, one.unit)} a day",
            f"{rounded(one.low)} to {rounded(one.high)}",
            UNKNOWN if one.days_left is None else rounded(one.days_left),
        )
        for one in shape.growing
    )
    headers = ("What", "Answer", "#At the end", "#Limit", "#Grows by", "#99.9 % interval", "#Days to its limit")
    return Table("What may grow while the load stays the same", headers, rows)


def failures(result: Result) -> Table:
    """Return what failed."""
    rows = tuple((told(part.name), told(one.kind), counted(one.count), told(one.first)) for part in result.classes for one in part.failures)
    return Table("Failures by kind, each with the first of them", ("Class of request", "Kind", "#Failed", "The first"), rows, kind="wide")


def loads(found: Capacity) -> Table:
    """Return the load up to which each target is met."""
    methods = {"line": "a line through the levels", "bracket": "between two levels"}
    rows = tuple(
        (told(one.target), amount(one.people.value, "people"), between(one.people.low, one.people.high, "people"), methods[one.method]) for one in found.targets
    )
    return Table("The load up to which each target is met; the first is the capacity", ("Target", "#Met up to", "#95 % interval", "Found by"), rows)


def levels(found: Capacity) -> Table:
    """Return every level."""
    headers = ("Level", "#People", "#A second", "#Lasted", "#p50", "#p95", "#95 % interval", "#p99", "#Processors", "#Failed", "Targets")
    return Table("Levels of load, in their order", headers, tuple(_level(one) for one in found.levels), kind="wide")


def _level(one: LevelFound) -> tuple[str, ...]:
    ended = f", ended: {told(one.ended)}" if one.ended else ""
    times = (amount(one.p50_ms, "ms"), amount(one.p95_ms, "ms"), between(one.p95_low_ms, one.p95_high_ms, "ms"), amount(one.p99_ms, "ms"))
    load = (str(one.number), counted(one.people), rounded(one.requests_per_second), lasted(one.measured_s))
    return (*load, *times, shared(one.utilisation), counted(one.failures), f"{ANSWERS[one.verdict]}{ended}")


def mixes(found: Calibrated) -> Table:
    """Return the levels of a calibration."""
    headers = ("Level", "What came", "#Requests", "#Processors", "#By the plan", "#As fitted", "Counts")
    rows = tuple(
        (
            str(one.number),
            told(one.words),
            counted(one.requests),
            shared(one.utilisation),
            shared(one.planned),
            shared(one.fitted),
            "yes" if one.counts else "no",
        )
        for one in found.levels
    )
    return Table("Levels of a calibration: what all services used, by the plan's demands, and by the measured ones", headers, rows)


def services(platform: Platform, since: float, until: float) -> Table:
    """Return what each service used between two moments (unix time)."""
    inside = [number for number, at in enumerate(platform.at) if since <= at <= until]
    rows = []
    for one in platform.services:
        used, held = ([column[number] for number in inside] for column in (one.cpu_cores, one.memory_mib))
        if inside:
            limit = f"{counted(one.memory_limit_mib)}{SPACE}MiB" if one.memory_limit_mib else UNKNOWN
            rows.append(
                (told(one.name), rounded(mean(used)), shared(mean(used) / platform.cores), rounded(max(used)), f"{counted(max(held))}{SPACE}MiB", limit)
            )
    rows.sort(key=lambda row: -float(row[1].replace(",", "")))
    caption = f"What each service used in the measured part, of {platform.cores} cores"
    return Table(caption, ("Service", "#Cores, mean", "#Of all", "#Cores, most in a second", "#Memory, most", "#Its limit"), tuple(rows))


def inside(found: Programs) -> Table:
    """Return what the programs said, the mean and the most of it."""
    door, database, cache = found.front_door, found.database, found.object_cache
    columns = [
        *(
            row
            for pool in found.pools
            for row in (
                (f"{told(pool.service)}: PHP children at work, of {pool.children}", pool.busy),
                (f"{told(pool.service)}: requests that wait for one", pool.waiting),
            )
        ),
        ("Front door: open connections", door.connections),
        ("Front door: requests a second", door.requests_per_second),
        ("Front door: TLS sessions a second", door.tls_per_second),
        ("Front door: denied a second", door.denied_per_second),
        ("Front door: answers with a 5xx a second", door.errors_per_second),
        *((f"Front door: queued for {told(one.service)}", one.queued) for one in door.backends),
        ("Database: threads at work", database.running),
        ("Database: statements a second", database.queries_per_second),
        ("Database: waits for locked rows, ms in a second", database.row_lock_wait_ms_per_second),
        ("Database: pages asked of the buffer pool a second", database.pages_asked_per_second),
        ("Database: of them read from the disk", database.pages_read_per_second),
        ("Database: temporary tables on disk a second", database.tmp_disk_tables_per_second),
        ("Database: fsyncs of InnoDB a second", database.fsyncs_per_second),
        ("Object cache: hits a second", cache.hits_per_second),
        ("Object cache: misses a second", cache.misses_per_second),
        ("Object cache: memory, MiB", cache.used_mib),
        ("Object cache: thrown out a second", cache.evicted_per_second),
    ]
    there = [(name, [value for value in column if value is not None]) for name, column in columns]
    rows = tuple((name, rounded(mean(values)), rounded(max(values))) for name, values in there if values)
    return Table("What the programs said of themselves in the measured part", ("Figure", "#Mean", "#Most"), rows)


def generator(found: Generator) -> Table:
    """Return the generator's own figures."""
    rows = (
        ("99 of 100 arrivals began late by at most", amount(found.late_p99_ms, "ms")),
        ("Longest time that its loop of events was away", amount(found.loop_worst_ms, "ms")),
        ("Processor, share of one core", shared(found.cpu_mean)),
        ("Waited for a core, share of the time", shared(found.queued_mean)),
        ("Open files and sockets, most", counted(found.sockets_most)),
    )
    return Table("The generator of the load itself", ("Figure", "#Measured"), rows)


def slow(found: tuple[Slow, ...], begin: float) -> Table:
    """Return the slowest requests."""
    rows = tuple(
        (lasted(max(0.0, one.at - begin)), told(one.request_class), amount(one.waited_ms, "ms"), told(one.kind) or "answered", told(one.url)) for one in found
    )
    return Table("The slowest requests", ("After", "Class of request", "#Waited", "Came to", "Address"), rows, kind="wide")


def made(result: Result) -> Table:
    """Return what the report was made from."""
    found = result.measured
    rows = [
        ("Deployment", told(result.platform)),
        ("Test", told(result.scenario)),
        ("Started (UTC)", told(result.started)),
        ("Arrivals open", lasted(result.duration_s)),
        ("Requests", f"{counted(result.requests)}, {counted(result.failures)} failed"),
        ("Digest of the brief in the plan", told(result.plan_digest)[:DIGEST] or UNKNOWN),
        ("Schema version of the result", str(result.schema_.version)),
    ]
    if found:
        rows[4:4] = [("Warm-up, left out", _warm(found)), ("Measured", lasted(found.measured_s))]
    content = next((one.content for one in (found, result.capacity, result.calibrated) if one), None)
    if content:
        rows.append(
            ("Content", f"{counted(content.posts)} posts, {counted(content.pages)} wiki pages ({'rehearsal' if content.seeded else 'of the test space'})")
        )
    return Table("What this page was made from", ("What", "Value"), tuple(rows))


def _warm(found: Measured) -> str:
    return "had not ended: half of the run" if found.warm_up_s is None else lasted(found.warm_up_s)
