"""A search's levels by their load: how long pages took and how busy the cores were, with the lines through them and the targets."""

from typing import Final

import altair as alt

from loadtests.capacity.measured import Capacity, LevelFound
from loadtests.measure.histogram import MOST_MS
from loadtests.report.over_time import HIGHEST, PADDING, Limits
from loadtests.report.words import amount, between, told
from sizing.report.drawing import BAND, DEEP, GREY, INK, RUST, TEAL, WIDTH, Figure, Row, figure, values
from sizing.report.figures.lettering import Layer, Style, framed, layered
from sizing.report.figures.lines import Line, Panel, drawn
from sizing.report.words import counted, shared

PLOT: Final = WIDTH - 40
TIMES, USED = 230, 130
RIGHT_PART: Final = 0.6


def by_load(found: Capacity, limits: Limits) -> Figure | None:
    """Return the two panels; None where no level came to anything."""
    levels = [one for one in found.levels if one.people > 0]
    if not levels:
        return None
    most = max(*(one.people for one in levels), *(one.people for one in found.fitted[-1:]), found.people.value if found.people else 0.0, 1.0) * 1.03
    chart = alt.VConcatChart(vconcat=[_times(found, levels, limits, most), _used(found, levels, limits, most)], spacing=16, padding=PADDING)
    return figure(chart, "by-load", "How long pages take and how busy the cores are, by number of people", _caption(found, levels, limits))


def _x(most: float, *, last: bool) -> alt.X:
    axis = alt.Axis(title="people of the plan's mix", format=",.0f", tickCount=7) if last else alt.Axis(labels=False, title=None, tickCount=7)
    return alt.X("x:Q", scale=alt.Scale(domain=[0, most], nice=False), axis=axis)


def _carried(found: Capacity, most: float, height: float, x: alt.X) -> list[Layer]:
    if found.people is None:
        return []
    band: list[Row] = [{"x": min(most, found.people.low), "x2": min(most, found.people.high)}]
    shade = alt.Chart(values(band)).mark_rect(color=BAND, opacity=1).encode(x=x, x2=alt.X2("x2:Q"), y=alt.value(0), y2=alt.value(height))
    rule = alt.Chart(values([{"x": min(most, found.people.value)}])).mark_rule(color=INK, strokeDash=[6, 4], strokeWidth=1.3)
    return [shade, rule.encode(x=x, y=alt.value(-6), y2=alt.value(height))]


def _points(levels: list[LevelFound], member: str, colour: str, axes: tuple[alt.X, alt.Y], top: float) -> list[Layer]:
    sound = [(one, getattr(one, member)) for one in levels if getattr(one, member) is not None]
    rows: list[Row] = [{"x": one.people, "y": min(value, top), "hollow": one.verdict == "invalid"} for one, value in sound]
    if not rows:
        return []
    fill = alt.condition("datum.hollow", alt.value("transparent"), alt.value(colour))
    return [alt.Chart(values(rows)).mark_point(stroke=colour, strokeWidth=1.6, opacity=1, size=55).encode(x=axes[0], y=axes[1], fill=fill)]


def _times(found: Capacity, levels: list[LevelFound], limits: Limits, most: float) -> alt.LayerChart:
    seen = [value for one in levels for value in (one.p95_ms, one.p99_ms) if value is not None and value < MOST_MS]
    highest = 1.1 * max([*seen, 1.0])
    top = min(max(highest, 1.3 * limits.page_ms), HIGHEST * limits.page_ms) if limits.page_ms else highest
    x, y = _x(most, last=False), alt.Y("y:Q", title="pages (ms)", scale=alt.Scale(domain=[0, top], nice=False), axis=alt.Axis(format=",.0f", tickCount=6))
    layers = _carried(found, most, TIMES, x)
    if found.people:
        late = found.people.value / most > RIGHT_PART
        words = f"carried: {amount(found.people.value, 'people')}"
        layers.append(framed(words, min(1.0, found.people.value / most) * PLOT + (-8 if late else 8), 10, Style("right" if late else "left", bold=True)))
    bars: list[Row] = [
        {"x": one.people, "y": min(top, one.p95_low_ms), "y2": min(top, one.p95_high_ms)}
        for one in levels
        if one.p95_low_ms is not None and one.p95_high_ms is not None
    ]
    layers.append(alt.Chart(values(bars)).mark_rule(color=DEEP, strokeWidth=1.6).encode(x=x, y=y, y2=alt.Y2("y2:Q")))
    if limits.page_ms is not None and limits.page_ms <= top:
        rule = alt.Chart(values([{"y": limits.page_ms}])).mark_rule(color=INK, strokeWidth=1.5, strokeDash=[10, 3, 2, 3]).encode(y=y)
        layers += [rule, framed(f"target: p95 within {amount(limits.page_ms, 'ms')}", 6, TIMES * (1 - limits.page_ms / top) - 10)]
    fitted = Line("fitted", tuple((one.people, one.p95_ms) for one in found.fitted), DEEP)
    layers += drawn([fitted] if found.fitted else [], Panel(most, top, PLOT, TIMES), x, y)
    for member, colour in (("p50_ms", TEAL), ("p99_ms", RUST), ("p95_ms", DEEP)):
        layers += _points(levels, member, colour, (x, y), top)
    for number, (name, colour) in enumerate((("p50", TEAL), ("p95", DEEP), ("p99", RUST))):
        layers.append(framed(f"● {name}", 6 + 52 * number, 10, Style(colour=colour, bold=True)))
    return layered(layers, PLOT, TIMES)


def _used(found: Capacity, levels: list[LevelFound], limits: Limits, most: float) -> alt.LayerChart:
    top = 1.02
    axis = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1])
    x, y = _x(most, last=True), alt.Y("y:Q", title="of all cores", scale=alt.Scale(domain=[0, top], nice=False), axis=axis)
    layers = _carried(found, most, USED, x)
    host = Line("fitted", tuple((one.people, one.host_cpu) for one in found.fitted), GREY, (5, 2))
    layers += drawn([host] if found.fitted else [], Panel(most, top, PLOT, USED), x, y)
    layers += [*_points(levels, "host_cpu", GREY, (x, y), top), *_points(levels, "utilisation", DEEP, (x, y), top)]
    if limits.cpu is not None:
        rule = alt.Chart(values([{"y": limits.cpu}])).mark_rule(color=INK, strokeWidth=1.5, strokeDash=[10, 3, 2, 3]).encode(y=y)
        layers += [rule, framed(f"limit of the platform: {shared(limits.cpu)}", 6, USED * (1 - limits.cpu / top) - 10)]
    layers += [framed("● platform", 6, 8, Style(colour=DEEP, bold=True)), framed("● host", 92, 8, Style(colour=GREY, bold=True))]
    return layered(layers, PLOT, USED)


def _caption(found: Capacity, levels: list[LevelFound], limits: Limits) -> str:
    highest = max(levels, key=lambda one: one.people)
    p95 = f", where pages had a p95 of {amount(highest.p95_ms, 'ms')}" if highest.p95_ms is not None else ""
    target = f" The target is a p95 within {amount(limits.page_ms, 'ms')}." if limits.page_ms is not None else ""
    carried = ""
    if found.people:
        interval = between(found.people.low, found.people.high, "people")
        carried = (
            f"The platform carries {amount(found.people.value, 'people')} (dashed line; 95 % interval {interval}, shaded), {told(found.binding)} gives first. "
        )
    return (
        f"{carried}{len(levels)} levels were driven, the highest at {counted(highest.people)} people{p95}.{target} Bars are 95 % intervals of the p95; "
        "hollow points are levels at which the generator was the bottleneck. Lines end where they leave the panel."
    )
