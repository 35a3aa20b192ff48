"""The run over time: how long pages took, what came, and what each service used, one above the other."""

from dataclasses import dataclass, replace
from typing import Final

import altair as alt

from loadtests.measure.histogram import MOST_MS
from loadtests.report.timeline import WARM, Timeline
from loadtests.report.words import amount, lasted
from sizing.report.drawing import BAND, DEEP, GREY, INK, RUST, TEAL, WIDTH, Figure, Row, figure, spread, values
from sizing.report.figures.lettering import Layer, Style, framed, label, layered
from sizing.report.words import shared

PLOT: Final = WIDTH - 40
TIMES, CAME, USED = 200, 60, 170
OCHRE: Final = "#b98a1f"
COLOURS: Final = (DEEP, TEAL, OCHRE, RUST, GREY)
ABOVE, HIGHEST = 1.3, 4.0
"""Of the target: a panel reaches so far at least, and no farther."""
MOST_NAMES: Final = 12
PADDING: Final = {"left": 5, "top": 5, "right": 34, "bottom": 5}
"""Names at the right end may be written in a wider type than they were measured in."""
FULL, SMALL = 1.0, 0.05


@dataclass(frozen=True)
class Limits:
    """What is held against: the p95 of pages (ms) and the share of the cores; None where the result does not tell."""

    page_ms: float | None
    cpu: float | None


@dataclass(frozen=True)
class Clock:
    """The axis that all panels share, in seconds or minutes."""

    run: Timeline
    unit_s: float
    last: bool = False
    """Of the panel at the bottom: words stand below it alone."""

    def of(self, seconds: float) -> float:
        """Return seconds since the beginning in the axis' unit."""
        return seconds / self.unit_s

    def right(self, seconds: float) -> float:
        """Return the pixel."""
        return min(PLOT, max(0.0, seconds / self.run.seconds * PLOT))

    @property
    def x(self) -> alt.X:
        """The axis."""
        unit = {1.0: "seconds", 60.0: "minutes", 3600.0: "hours"}[self.unit_s]
        axis = alt.Axis(labels=self.last, title=f"{unit} since the first arrival" if self.last else None, tickCount=8)
        return alt.X("x:Q", scale=alt.Scale(domain=[0, self.of(self.run.seconds)], nice=False), axis=axis)


def clock_of(run: Timeline) -> Clock:
    """Return the axis of a run, in the unit that suits its length."""
    return Clock(run, 1.0 if run.seconds <= 300 else 60.0 if run.seconds <= 3 * 3600 else 3600.0)  # noqa: PLR2004 - five minutes, three hours


def over_time(run: Timeline, limits: Limits) -> Figure:
    """Return the panels."""
    clock = clock_of(run)
    panels: list[alt.LayerChart | alt.Chart] = []
    if run.series and run.series.requests:
        panels += [_times(clock, limits), _came(clock)]
    panels.append(_used(replace(clock, last=True), limits, named=not panels))
    chart = alt.VConcatChart(vconcat=panels, spacing=14, padding=PADDING)
    return figure(chart, "over-time", "Pages, requests and processors over time" if len(panels) > 1 else "Processors over time", _caption(run, limits))


def phases(clock: Clock, height: float, *, named: bool = False) -> list[Layer]:
    """Return the shades of a panel, with the names of what they are where they have room."""
    there = clock.run.phases
    rows: list[Row] = [{"x": clock.of(one.begin), "x2": clock.of(min(one.end, clock.run.seconds))} for one in there if one.shaded and one.end > one.begin]
    found: list[Layer] = []
    if rows:
        base = alt.Chart(values(rows)).mark_rect(color=BAND, opacity=1)
        found.append(base.encode(x=clock.x, x2=alt.X2("x2:Q"), y=alt.value(0), y2=alt.value(height)))
    if named and len(there) <= MOST_NAMES:
        found += [label(one.name, (clock.right(one.begin) + clock.right(one.end)) / 2, -9, Style("center", GREY)) for one in there if one.end > one.begin]
    return found


def line(clock: Clock, places: list[tuple[float, float | None]], colour: str, y: alt.Y, dash: tuple[int, ...] = (1, 0)) -> alt.Chart:
    """Return a line through ``places`` (s since the beginning, value); it is broken where there is no value."""
    rows: list[Row] = [{"x": clock.of(at), "y": value} for at, value in places]
    point = alt.OverlayMarkDef(filled=True, color=colour, size=40) if sum(value is not None for _, value in places) == 1 else False
    drawn: alt.Chart = alt.Chart(values(rows)).mark_line(color=colour, strokeWidth=2, strokeDash=list(dash), point=point).encode(x=clock.x, y=y)
    return drawn


def _times(clock: Clock, limits: Limits) -> alt.LayerChart:
    series = clock.run.series
    if series is None:
        raise ValueError("no series")
    middle = [(number + 0.5) * series.step_s for number in range(len(series.requests))]
    seen = [value for value in series.p95_ms if value is not None and value < MOST_MS]
    top = _top(max(seen, default=1.0), limits.page_ms)
    y = alt.Y("y:Q", title="pages (ms)", scale=alt.Scale(domain=[0, top], nice=False), axis=alt.Axis(format=",.0f", tickCount=5))
    layers = phases(clock, TIMES, named=True)
    ends = []
    for name, column, colour, dash in (("p95", series.p95_ms, DEEP, (1, 0)), ("p50", series.p50_ms, TEAL, (5, 2))):
        capped = [None if value is None else min(value, top) for value in column]
        layers.append(line(clock, list(zip(middle, capped, strict=True)), colour, y, dash))
        ends.append((name, next((value for value in reversed(capped) if value is not None), 0.0), colour))
    downs = spread([TIMES * (1 - value / top) for _, value, _ in ends], 15, 4, TIMES - 4)
    layers += [label(name, PLOT + 7, down, Style(colour=colour, bold=True)) for (name, _, colour), down in zip(ends, downs, strict=True)]
    if limits.page_ms is not None and limits.page_ms <= top:
        rule = alt.Chart(values([{"y": limits.page_ms}])).mark_rule(color=INK, strokeWidth=1.5, strokeDash=[10, 3, 2, 3]).encode(y=y)
        layers += [rule, framed(f"target: p95 within {amount(limits.page_ms, 'ms')}", 6, TIMES * (1 - limits.page_ms / top) - 10)]
    return layered(layers, PLOT, TIMES)


def _top(seen: float, target: float | None) -> float:
    if target is None or target <= 0:
        return max(1.0, 1.1 * seen)
    return max(ABOVE * target, min(1.1 * seen, HIGHEST * target)) if seen > target / 4 else max(1.0, 1.4 * seen)


def _came(clock: Clock) -> alt.LayerChart:
    series = clock.run.series
    if series is None:
        raise ValueError("no series")
    rows: list[Row] = []
    for number, (many, failed) in enumerate(zip(series.requests, series.failures, strict=True)):
        end = min(clock.run.seconds, (number + 1) * series.step_s)
        rows.append({"x": clock.of(number * series.step_s), "x2": clock.of(end), "y": many / series.step_s, "failed": failed / series.step_s})
    top = max(1e-9, *(many / series.step_s for many in series.requests)) * 1.1
    y = alt.Y("y:Q", title="requests/s", scale=alt.Scale(domain=[0, top], nice=False), axis=alt.Axis(tickCount=2))
    base = alt.Chart(values(rows)).encode(x=clock.x, x2=alt.X2("x2:Q"))
    bars = base.mark_rect(color=GREY, opacity=0.45).encode(y=y, y2=alt.value(CAME))
    of_failed = alt.Y("failed:Q", scale=alt.Scale(domain=[0, top], nice=False))
    failures = base.transform_filter("datum.failed > 0").mark_rect(color=RUST, opacity=1).encode(y=of_failed, y2=alt.value(CAME))
    words = [label("failed", PLOT + 7, CAME - 6, Style(colour=RUST, bold=True))] if sum(series.failures) else []
    return layered([*phases(clock, CAME), bars, failures, *words], PLOT, CAME)


def _used(clock: Clock, limits: Limits, *, named: bool) -> alt.LayerChart:
    use = clock.run.use
    whole = [sum(column) for column in zip(*use.services.values(), strict=True)] if use.services else [0.0]
    top = min(FULL, max(1.15 * max([*whole, *use.host, 0.01]), 1.15 * (limits.cpu or 0.0) if max(whole) > (limits.cpu or 0.0) / 3 else 0.0))
    axis = alt.Axis(format=".0%" if top > SMALL else ".1%", tickCount=5)
    y = alt.Y("y:Q", title="of all cores", scale=alt.Scale(domain=[0, top], nice=False, clamp=True), axis=axis)
    layers, below = phases(clock, USED, named=named), [0.0] * len(use.at)
    ends: list[tuple[str, float, str]] = []
    for (name, column), colour in zip(use.services.items(), COLOURS, strict=False):
        above = [low + value for low, value in zip(below, column, strict=True)]
        rows: list[Row] = [{"x": clock.of(at), "y": low, "y2": high} for at, low, high in zip(use.at, below, above, strict=True)]
        layers.append(alt.Chart(values(rows)).mark_area(color=colour, opacity=0.85).encode(x=clock.x, y=y, y2=alt.Y2("y2:Q")))
        ends.append((name, (below[-1] + above[-1]) / 2 if above else 0.0, colour))
        below = above
    if use.host:
        layers.append(line(clock, list(zip(use.at, use.host, strict=True)), INK, y, (2, 2)))
        ends.append(("host", use.host[-1], INK))
    downs = spread([USED * (1 - min(value, top) / top) for _, value, _ in ends], 15, 4, USED - 4)
    layers += [label(name, PLOT + 7, down, Style(colour=colour, bold=True)) for (name, _, colour), down in zip(ends, downs, strict=True)]
    if limits.cpu is not None and limits.cpu <= top:
        rule = alt.Chart(values([{"y": limits.cpu}])).mark_rule(color=INK, strokeWidth=1.5, strokeDash=[10, 3, 2, 3]).encode(y=y)
        layers += [rule, framed(f"limit: {shared(limits.cpu)}", 6, USED * (1 - limits.cpu / top) - 10)]
    if not use.at:
        layers.append(alt.Chart(values([{"x": 0.0, "y": 0.0}])).mark_point(opacity=0).encode(x=clock.x, y=y))
    return layered(layers, PLOT, USED)


def _caption(run: Timeline, limits: Limits) -> str:
    return " ".join(part for part in (_paged(run, limits), _worked(run), _shaded(run)) if part)


def _paged(run: Timeline, limits: Limits) -> str:
    series = run.series
    if series is None or not series.requests:
        return ""
    seen = [value for value in series.p95_ms if value is not None and value < MOST_MS]
    worst = f"; in the slowest step pages had a p95 of {amount(max(seen), 'ms')}" if seen else ""
    target = f" (target {amount(limits.page_ms, 'ms')})" if limits.page_ms is not None else ""
    return f"Each step is {lasted(series.step_s)} long{worst}{target}."


def _worked(run: Timeline) -> str:
    most = max((sum(column) for column in zip(*run.use.services.values(), strict=True)), default=None)
    if most is None:
        return ""
    return f"The platform's services used at most {shared(most)} of all cores in a step; 'host' is whatever worked there, the generator included."


def _shaded(run: Timeline) -> str:
    warm = next((one for one in run.phases if one.name == WARM), None)
    if warm is None:
        return "Every second level is shaded; the numbers above are those of the levels." if run.phases else ""
    return f"The warm-up of {lasted(warm.end)}, left out of every figure, is shaded." if warm.end > 0 else "No warm-up had to be left out."
