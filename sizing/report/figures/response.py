"""Utilisation and response against people, with what is planned and how far the servers carry."""

import math
from dataclasses import dataclass
from typing import Final

import altair as alt

from sizing.plan import Interval, Plan
from sizing.report.drawing import BAND, DEEP, GREY, INK, RUST, TEAL, WIDTH, Figure, Row, figure, values
from sizing.report.figures.lettering import Layer, Style, Words, framed, label, layered
from sizing.report.figures.lines import Line, Panel, cut, drawn
from sizing.report.words import counted, heads, shared, timed
from sizing.study import CurvePoint, Study

BUSY, BUSIEST = 1.1, 1.5
TARGETS: Final = 2.5
MARKS: Final = 62
UPPER, LOWER = 150, 230
PLOT: Final = WIDTH - 40
WIDE_SIGN: Final = 7.2


@dataclass(frozen=True)
class Sheet:
    """What the panels share: the curve, the plan and the largest number of people shown."""

    curve: tuple[CurvePoint, ...]
    plan: Plan
    people: float

    def x(self, axis: alt.Axis | None) -> alt.X:
        """Return the axis of people."""
        return alt.X("x:Q", scale=alt.Scale(domain=[0, self.people], nice=False), axis=axis)


def response(study: Study) -> Figure | None:
    """Return the two panels; None where there is no curve."""
    curve = tuple(sorted((point for point in study.curve if math.isfinite(point.people) and point.people >= 0), key=lambda point: point.people))
    if not curve or curve[-1].people <= 0:
        return None
    sheet = Sheet(curve, study.plan, _most(curve[-1].people, study.plan))
    chart = alt.VConcatChart(vconcat=[_marks(sheet), _utilisation(sheet), _quantiles(sheet)], spacing=10)
    return figure(chart, "response", "How full the servers are and how long a page takes, by number of people", _caption(sheet))


def _most(last: float, plan: Plan) -> float:
    people = max(last, plan.people, plan.capacity.people) * 1.02
    high = plan.interval.high if plan.interval else 0.0
    return max(people, min(high, people * 1.6) * 1.02) if math.isfinite(high) else people


def _band(sheet: Sheet, height: float, x: alt.X) -> list[alt.Chart]:
    interval = sheet.plan.interval
    if interval is None:
        return []
    rows: list[Row] = [{"x": min(interval.low, sheet.people), "x2": min(interval.high, sheet.people)}]
    return [alt.Chart(values(rows)).mark_rect(color=BAND, opacity=1).encode(x=x, x2=alt.X2("x2:Q"), y=alt.value(0), y2=alt.value(height))]


def _rules(sheet: Sheet, height: float, x: alt.X) -> list[alt.Chart]:
    places = ((sheet.plan.people, INK, [1, 0]), (sheet.plan.capacity.people, INK, [6, 4]))
    return [
        alt.Chart(values([{"x": place}])).mark_rule(color=colour, strokeDash=dash, strokeWidth=1.3).encode(x=x, y=alt.value(-8), y2=alt.value(height))
        for place, colour, dash in places
    ]


def _beside(text: str, right: float, down: float) -> Words:
    """Return words right of a pixel, or left of it where they would leave the panel."""
    fits = right + 12 + len(text) * WIDE_SIGN < PLOT
    return framed(text, right + (12 if fits else -12), down, Style("left" if fits else "right", bold=True))


def _marks(sheet: Sheet) -> alt.LayerChart:
    """Return lines of words above the panels: the people planned, and how far the servers carry."""
    plan, panel, x = sheet.plan, Panel(sheet.people, 1, PLOT, MARKS), sheet.x(None)
    interval = plan.interval
    words = f"carried: {counted(plan.capacity.people)}" + (f" ({_range(interval)})" if interval else "")
    points: list[Row] = [{"x": plan.people, "y": 8, "shape": "diamond"}, {"x": plan.capacity.people, "y": 28, "shape": "circle"}]
    marks = alt.Chart(values(points)).mark_point(filled=True, color=INK, opacity=1, size=80)
    down = alt.Y("y:Q", scale=alt.Scale(domain=[0, MARKS], reverse=True, nice=False, padding=0), axis=None)
    layers: list[Layer] = [
        *_rules(sheet, MARKS + 16, x),
        marks.encode(x=x, y=down, shape=alt.Shape("shape:N", scale=None)),
        _beside(f"planned: {counted(plan.people)} people", panel.right(plan.people), 8),
        _beside(words, panel.right(plan.capacity.people), 28),
    ]
    if interval:
        bar: list[Row] = [{"x": min(interval.low, sheet.people), "x2": min(interval.high, sheet.people)}]
        drawn_bar = alt.Chart(values(bar)).mark_rect(color=BAND, stroke=GREY, strokeWidth=1, opacity=1)
        layers.insert(0, drawn_bar.encode(x=x, x2=alt.X2("x2:Q"), y=alt.value(42), y2=alt.value(54)))
        layers += [label("\u2192", PLOT + 4, 48)] if interval.high > sheet.people else []
    return layered(layers, PLOT, MARKS)


def _range(interval: Interval) -> str:
    return f"{shared(interval.confidence)} interval {heads(interval.low)} to {heads(interval.high)}"


def _utilisation(sheet: Sheet) -> alt.LayerChart:
    uses = (("processors", "cpu", DEEP, (1, 0), 2.4), ("PHP workers", "fpm", RUST, (7, 3), 2.0), ("turned away", "rejected", GREY, (2, 2), 2.0))
    lines = [Line(name, tuple((point.people, getattr(point, key)) for point in sheet.curve), colour, dash, width) for name, key, colour, dash, width in uses]
    lines = lines if any(point.rejected > 0.001 for point in sheet.curve) else lines[:2]  # noqa: PLR2004 - a line along the axis says nothing
    most = max((y for line in lines for _, y in line.places if math.isfinite(y)), default=1.0)
    panel = Panel(sheet.people, min(max(most, BUSY), BUSIEST), PLOT, UPPER)
    y = alt.Y("y:Q", title="in use at the peak", scale=alt.Scale(domain=[0, panel.y], nice=False), axis=alt.Axis(format=".0%", tickCount=5))
    full = alt.Chart(values([{"y": 1.0}])).mark_rule(color=INK, strokeWidth=1, strokeDash=[2, 3]).encode(y=y)
    x = sheet.x(alt.Axis(labels=False, title=None, tickCount=7))
    layers = [*_band(sheet, UPPER, x), *_rules(sheet, UPPER, x), full, *drawn(lines, panel, x, y)]
    return layered(layers, PLOT, UPPER)


def _quantiles(sheet: Sheet) -> alt.LayerChart:
    target = sheet.plan.targets.page_p95_ms
    kinds = (("p99", "p99_ms", RUST, (7, 3), 2.0), ("p95", "p95_ms", DEEP, (1, 0), 2.8), ("p50", "p50_ms", TEAL, (2, 2), 2.4))
    lines = [Line(name, tuple((point.people, getattr(point, key)) for point in sheet.curve), colour, dash, width) for name, key, colour, dash, width in kinds]
    most = max((y for line in lines for _, y in cut(line.places, math.inf)), default=0.0)
    panel = Panel(sheet.people, max(min(most * 1.05, target * TARGETS), target * 1.25, 1.0), PLOT, LOWER)
    y = alt.Y("y:Q", title="response of the slowest page (ms)", scale=alt.Scale(domain=[0, panel.y], nice=False), axis=alt.Axis(format=",.0f", tickCount=6))
    line = alt.Chart(values([{"y": target}])).mark_rule(color=INK, strokeWidth=1.6, strokeDash=[10, 3, 2, 3]).encode(y=y)
    words = framed(f"target: p95 within {timed(target)}", 8, panel.down(target) - 10)
    x = sheet.x(alt.Axis(title="people", format=",.0f", tickCount=7))
    layers = [*_band(sheet, LOWER, x), *_rules(sheet, LOWER, x), line, *drawn(lines, panel, x, y), words]
    return layered(layers, PLOT, LOWER)


def _caption(sheet: Sheet) -> str:
    plan = sheet.plan
    at = min(sheet.curve, key=lambda point: abs(point.people - plan.people))
    interval = f"; {_range(plan.interval)}, the shaded band" if plan.interval else ""
    return (
        f"At the peak, at the medians of all numbers. At {counted(at.people)} people (planned: {counted(plan.people)}, solid vertical line) "
        f"processors are {shared(at.cpu)} and PHP workers {shared(at.fpm)} in use; "
        f"the slowest page takes {timed(at.p50_ms)} (p50), {timed(at.p95_ms)} (p95, target {timed(plan.targets.page_p95_ms)}) and {timed(at.p99_ms)} (p99). "
        f"The servers carry {counted(plan.capacity.people)} people (dashed vertical line{interval}). "
        "Lines end where they leave the panel or where waiting has no end."
    )
