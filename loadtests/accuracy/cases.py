"""From a result to its cases: the load that came, what was measured at it, and how sure that is. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import mean
from typing import Final, Literal

from loadtests.accuracy.binding import searched
from loadtests.accuracy.record import Load, Noise, Numbers
from loadtests.accuracy.stations import PROCESSORS
from loadtests.calibrate.measured import Calibrated, MixDriven
from loadtests.calibrate.rows import REST, group
from loadtests.capacity.level import Load as Weights
from loadtests.capacity.measured import Capacity, LevelFound
from loadtests.measure.intervals import mean_interval
from loadtests.steady.findings import OTHERS
from loadtests.steady.measured import Came, Judgement, Measured
from loadtests.steady.meter import Platform
from loadtests.steady.workload import assumption
from loadtests.verdict import Result
from sizing.demands import CLASSES
from sizing.figures import rounded
from sizing.plan import Plan
from sizing.workload import PAGES

P95_OF: Final = "p95 of "
NOBODY: Final = 1e-3
"""Requests a second: with fewer nobody came, and what works is the background."""
WARM_PART, WARM_MOST_S = 0.25, 10.0
"""Of the measured part of a calibration's level: so much was left out before it (a fifth of the whole, 10 s at most)."""


@dataclass(frozen=True)
class Case:
    """One load and what was seen of it."""

    level: int | None
    words: str
    load: Load
    measured: Numbers
    noise: Noise
    below_knee: bool = True
    undisturbed: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Window:
    """The measured part of a run (unix times) in the platform's accounts, and the cores that its plan has."""

    platform: Platform
    begin: float
    end: float
    cores: int

    def cores_by_station(self) -> dict[str, list[float]]:
        """Return the cores that each station used, second by second, and the whole platform."""
        inside = [number for number, at in enumerate(self.platform.at) if self.begin <= at <= self.end]
        found: dict[str, list[float]] = {PROCESSORS: [0.0] * len(inside)}
        for service in self.platform.services:
            for name in {PROCESSORS, group(service.name)} - {REST}:
                before = found.setdefault(name, [0.0] * len(inside))
                found[name] = [whole + service.cpu_cores[number] for whole, number in zip(before, inside, strict=True)]
        return found

    @property
    def host_cores(self) -> float:
        """Cores that worked, whoever for."""
        busy = [busy for at, busy in zip(self.platform.at, self.platform.host_cpu, strict=True) if self.begin <= at <= self.end]
        return mean(busy) * self.platform.cores if busy else 0.0

    def used(self) -> tuple[dict[str, float], dict[str, float]]:
        """Return the utilisation by station, and the relative half width of its interval where there are seconds enough."""
        series = {name: values for name, values in self.cores_by_station().items() if values and mean(values) > 0}
        found = {name: rounded(mean(values) / self.cores) for name, values in series.items()}
        sure = {name: mean_interval(values) for name, values in series.items()}
        return found, {name: rounded(one.half_width / one.value) for name, one in sure.items() if one is not None}


def cases(plan: Plan, result: Result) -> tuple[Case, ...]:
    """Return the cases of a valid ``result`` on the machine of ``plan``; none where it holds no load."""
    return tuple(_cases(plan, result))


def _cases(plan: Plan, result: Result) -> Iterator[Case]:
    looks = _looks(result)
    if result.measured is not None:
        yield from _steady(plan, result, result.measured, looks)
    if result.capacity is not None:
        yield from _search(plan, result.capacity, looks)
    if result.calibrated is not None:
        yield from (_mix(plan, result.calibrated, one, looks) for one in result.calibrated.levels if _counts(one))


def _looks(result: Result) -> float:
    probed = next((one.probe.requests for one in (result.measured, result.capacity, result.calibrated) if one is not None), 0)
    return rounded(probed / result.duration_s) if result.duration_s else 0.0


def _steady(plan: Plan, result: Result, found: Measured, looks: float) -> Iterator[Case]:
    if found.measured_s <= 0 or not result.classes:
        return
    end = found.open_at + result.duration_s
    rates = {one.name: one.per_second or 0.0 for one in result.classes if one.name in CLASSES}
    pages = {one.name: one for one in result.classes if one.name in PAGES and one.p95_low_ms is not None and one.p95_high_ms is not None}
    p95 = {name: one.p95_ms for name, one in pages.items()}
    sure = {name: ((one.p95_high_ms or 0.0) - (one.p95_low_ms or 0.0)) / 2 / one.p95_ms for name, one in pages.items()}
    seen = Window(found.platform, end - found.measured_s, end, plan.servers[0].cores)
    told = _Told(None, "steady", found.workload.share, rates, looks, counted="by class", came=found.came, generator=found.generator.cpu_mean)
    yield _seen(plan, seen, told, (p95, sure), found.notes)


def _search(plan: Plan, found: Capacity, looks: float) -> Iterator[Case]:
    levels = [_level(plan, found.platform, one, looks) for one in found.levels if one.verdict != "invalid" and not one.ended and one.measured_s > 0]
    if found.share is not None and found.people is not None and found.people.value > 0:
        generator, others = _beside(levels)
        told = _Told(None, "capacity", found.share.value, _scaled(plan, found.share.value), looks, generator=generator * found.share.value)
        load = _load(plan, told, others)
        yield Case(
            level=None,
            words="capacity",
            load=load,
            measured=Numbers(people=found.people.value, binding=searched(found.binding), binding_near=_near(found, found.people.value)),
            noise=Noise(people=found.half_width),
            notes=found.notes,
        )
    yield from levels


def _beside(levels: Sequence[Case]) -> tuple[float, float]:
    """Return the cores that the generator took at the plan's peak (a line through the levels and nothing), and what others took, whatever came."""
    shares = sum(one.load.share**2 for one in levels)
    generator = sum(one.load.generator_cores * one.load.share for one in levels) / shares if shares else 0.0
    return generator, mean(one.load.others_cores for one in levels) if levels else 0.0


def _near(found: Capacity, people: float) -> tuple[str, ...]:
    """Return what else may give first: resources whose target is met up to a load that is not surely more than ``people``."""
    names = (searched(one.target) for one in found.targets if one.people.low <= people)
    return tuple(name for name in dict.fromkeys(names) if name != searched(found.binding))


def _level(plan: Plan, platform: Platform, one: LevelFound, looks: float) -> Case:
    begin = one.open_at + one.warm_up_s
    told = _Told(one.number, "a level of the search", one.share_asked, _scaled(plan, one.share), looks, generator=one.generator.cpu_mean).better(one.came)
    return _seen(plan, Window(platform, begin, begin + one.measured_s, plan.servers[0].cores), told, _judged(one.judgements), ())


def _mix(plan: Plan, found: Calibrated, one: MixDriven, looks: float) -> Case:
    begin = one.open_at + min(WARM_MOST_S, WARM_PART * one.measured_s)
    times = one.requests / one.measured_s / one.workload.requests_per_second
    rates = {name: rate * times for name, rate in one.workload.per_second.items()}
    told = _Told(one.number, f"a level of the calibration: {one.words}", one.workload.share, rates, looks, generator=one.generator.cpu_mean).better(one.came)
    p95, sure = _judged(one.judgements)
    if one.p95_ms is not None and not one.judgements:
        p95 = {_commonest(plan): one.p95_ms}
    return _seen(plan, Window(found.platform, begin, begin + one.measured_s, plan.servers[0].cores), told, (p95, sure), ())


def _counts(one: MixDriven) -> bool:
    return one.counts and one.measured_s > 0 and one.requests > 0 and one.workload.requests_per_second > NOBODY


def _commonest(plan: Plan) -> str:
    """Return the class of pages that a calibration tells the p95 of."""
    return max(PAGES, key=lambda kind: plan.peak.by_class.get(kind, 0.0))


def _judged(judgements: Sequence[Judgement]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the p95 of each class of pages that was judged, and how sure it is."""
    told = {one.target.removeprefix(P95_OF): one for one in judgements if one.target.startswith(P95_OF) and one.unit == "ms"}
    found = {name: one for name, one in told.items() if name in PAGES and one.value > 0}
    return {name: one.value for name, one in found.items()}, {name: (one.high - one.low) / 2 / one.value for name, one in found.items()}


@dataclass(frozen=True)
class _Told:
    """A load as the result tells it."""

    level: int | None
    words: str
    asked: float
    rates: dict[str, float]
    looks: float
    counted: Literal["by class", "in all"] = "in all"
    came: Came | None = None
    generator: float = 0.0

    def better(self, came: Came | None) -> "_Told":
        """Return the load as it was counted by class, where it was."""
        return self if came is None else replace(self, rates={k: v for k, v in came.per_second.items() if k in CLASSES}, counted="by class", came=came)


def _seen(plan: Plan, seen: Window, told: _Told, pages: tuple[dict[str, float], dict[str, float]], notes: tuple[str, ...]) -> Case:
    used, sure = seen.used()
    others = max(0.0, seen.host_cores - used.get(PROCESSORS, 0.0) * seen.cores - told.generator)
    p95, p95_sure = ({name: rounded(value) for name, value in one.items()} for one in pages)
    return Case(
        level=told.level,
        words=told.words,
        load=_load(plan, told, others),
        measured=Numbers(utilisation=used, p95_ms=p95, page_cache_hits=told.came.page_cache_hits if told.came else None),
        noise=Noise(utilisation=sure, p95_ms=p95_sure),
        below_knee=seen.host_cores / seen.cores <= assumption(plan, "cpu_limit"),
        undisturbed=others / seen.cores <= OTHERS,
        notes=notes,
    )


def _load(plan: Plan, told: _Told, others: float) -> Load:
    weights = Weights.of(plan)
    came = sum(weight * told.rates.get(name, 0.0) for name, weight in weights.weights.items())
    return Load(
        asked=rounded(told.asked),
        share=rounded(came / weights.whole) if weights.whole else 0.0,
        requests_per_second=rounded(sum(told.rates.values())),
        per_second={name: rounded(told.rates[name]) for name in CLASSES if told.rates.get(name)},
        counted=told.counted,
        looks_per_second=told.looks,
        generator_cores=rounded(told.generator),
        others_cores=rounded(others),
    )


def _scaled(plan: Plan, share: float) -> dict[str, float]:
    return {name: rate * share for name, rate in plan.peak.by_class.items()}
