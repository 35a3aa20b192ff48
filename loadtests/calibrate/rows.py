"""From what was seen to rows of the regression: requests of each class, and the processor time of each service, part by part. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlsplit

from loadtests.calibrate.regression import Row
from loadtests.capacity.level import Span
from loadtests.costs import Costs, costs
from loadtests.steady.meter import Platform
from loadtests.steady.record import HITS, Record
from loadtests.steady.tape import Sample
from sizing.workload import CACHED, STATIC

BATCH_S = 5.0
LEAST_LOOKS = 3
SHORTEST_S = 1e-3
DATABASE = frozenset({"database", "objectcache"})
SERVICES = ("frontdoor", "pagecache", "blogs", "wiki", "database")
WIKI_STYLES = "wiki_styles"
"""PHP makes the wiki's styles and scripts; the plan has one number for all of them, so these are told apart and left out."""
REST = "rest"
"""Services that no request passes: jobs, mail, copies."""


def group(service: str) -> str:
    """Return the name that a service's time is counted under: the object cache is the database's, as in the plan's demands."""
    return "database" if service in DATABASE else service if service in SERVICES else REST


@dataclass(frozen=True)
class Asked:
    """A request while it was under way (unix times), and what it costs: numbers by service, each with how many times."""

    since: float
    until: float
    costs: Mapping[str, Mapping[str, float]]


def rows(record: Record, platform: Platform, spans: Sequence[Span], names: frozenset[str], wiki_host: str = "") -> list[Row]:
    """Return a row for each service and part (``BATCH_S``, or all of a shorter one) of each level; ``names`` are the numbers that there are.

    Parts end where the meter looked, so that time and requests are those of the same seconds; a request that ends in
    another part than it began is divided by time.
    """
    told = sorted((_asked(sample, names, wiki_host) for sample in (*record.samples, *record.probes)), key=lambda one: one.since)
    return [row for span in spans for since, until, used in parts(platform, span) for row in _rows(span, since, until, used, told)]


def parts(platform: Platform, span: Span) -> Iterator[tuple[float, float, dict[str, float]]]:
    """Yield parts of the measured time, as equal as the looks allow: begin, end, and CPU seconds by service."""
    looks = [number for number, at in enumerate(platform.at) if span.begin <= at <= span.end]
    if len(looks) < LEAST_LOOKS:
        return
    many = max(1, int((platform.at[looks[-1]] - platform.at[looks[0]]) / BATCH_S))
    edges = [looks[round(part * (len(looks) - 1) / many)] for part in range(many + 1)]
    for first, last in pairwise(edges):
        used: dict[str, float] = defaultdict(float)
        for service in platform.services:
            used[group(service.name)] += sum(
                service.cpu_cores[number] * (platform.at[number] - platform.at[number - 1]) for number in range(first + 1, last + 1)
            )
        yield platform.at[first], platform.at[last], used


def _rows(span: Span, since: float, until: float, used: Mapping[str, float], told: Sequence[Asked]) -> Iterator[Row]:
    counts: dict[str, dict[str, float]] = {service: defaultdict(float) for service in used}
    for one in told:
        if one.since >= until:
            break
        inside = min(until, one.until) - max(since, one.since)
        if inside > 0:
            for service, costs in one.costs.items():
                for name, times in costs.items():
                    counts.setdefault(service, defaultdict(float))[name] += times * inside / (one.until - one.since)
    for service, cpu_s in used.items():
        yield Row(service, span.number, until - since, cpu_s, dict(counts[service]))


def _asked(sample: Sample, names: frozenset[str], wiki_host: str) -> Asked:
    costs = {service: {name: times for name, times in each.items() if name in names} for service, each in _costs(sample, wiki_host).items()}
    return Asked(sample.at, sample.at + max(SHORTEST_S, sample.waited_ms / 1000), costs)


def _costs(sample: Sample, wiki_host: str) -> Costs:
    """Return what a request costs where, with what the page cache said instead of a hit ratio."""
    kind, hit = sample.request_class, sample.cache in HITS
    answered = kind == "probe" or hit
    found = costs(kind, asks=answered or kind in CACHED or bool(sample.cache), missed=0.0 if answered else 1.0, connections=sample.connections)
    if kind in STATIC and not answered and wiki_host and urlsplit(sample.url).hostname == wiki_host:
        del found["blogs"]
        found["wiki"] = {WIKI_STYLES: 1.0}
    return found
