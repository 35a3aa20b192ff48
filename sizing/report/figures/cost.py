"""What more certainty costs: a step for each choice of servers."""

import math
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Final

import altair as alt

from sizing.report.drawing import DEEP, GREY, INK, WIDTH, Figure, Row, figure, spread, values
from sizing.report.figures.lettering import Layer, Style, Words, framed, label, layered
from sizing.report.words import chance, plural, priced, short
from sizing.study import CostPoint, Study

PLOT: Final = WIDTH - 10
HEIGHT: Final = 250
SIGN: Final = 6.6
MOST_NAMED: Final = 9


@dataclass(frozen=True)
class Level:
    """A step: the same servers from one confidence to another."""

    letter: str
    begin: float
    end: float
    price: float
    servers: str
    machines: int


def ordered(study: Study) -> list[CostPoint]:
    """Return the costs in the order of confidence."""
    return sorted(study.costs, key=lambda point: point.confidence)


def known(points: list[CostPoint]) -> list[CostPoint]:
    """Return the costs for which there are servers."""
    return [point for point in points if point.price_per_month is not None and math.isfinite(point.price_per_month)]


def levels(points: list[CostPoint]) -> list[Level]:
    """Return the steps; between two confidences that were tried the dearer servers count."""
    found: list[Level] = []
    before = None
    for point in known(points):
        begin = point.confidence if before is None else before
        if found and (found[-1].servers, found[-1].price) == (point.servers, point.price_per_month):
            begin = found.pop().begin
        found.append(Level(_letter(len(found)), begin, point.confidence, point.price_per_month or 0.0, point.servers, point.machines))
        before = point.confidence
    return found


def _letter(at: int) -> str:
    return ascii_uppercase[at] if at < len(ascii_uppercase) else str(at + 1)


def cost(study: Study) -> Figure | None:
    """Return the step chart; None where no cost is known."""
    points = ordered(study)
    steps = levels(points)
    if not steps:
        return None
    lowest, highest = points[0].confidence, points[-1].confidence
    domain = (lowest, highest) if highest > lowest else (lowest - 0.05, lowest + 0.05)
    top = max(max(step.price for step in steps) * 1.2, 1.0)
    x = alt.X(
        "x:Q",
        title="confidence that the servers hold",
        scale=alt.Scale(domain=list(domain), nice=False),
        axis=alt.Axis(format=".3~p", values=sorted({point.confidence for point in points}), labelFlush=False),
    )
    y = alt.Y("y:Q", title="price per month", scale=alt.Scale(domain=[0, top], nice=False), axis=alt.Axis(format=",~f", tickCount=5))
    layers = [*_lines(steps, known(points), x, y), *_wanted(study, domain, x), *_names(steps, domain, top), *_nothing(points, domain, x)]
    chart = layered(layers, PLOT, HEIGHT)
    return figure(chart, "cost", "What more certainty costs", _caption(study, points, steps))


def _lines(steps: list[Level], points: list[CostPoint], x: alt.X, y: alt.Y) -> list[alt.Chart]:
    corners: list[Row] = [{"x": point.confidence, "y": point.price_per_month} for point in points]
    flats: list[Row] = [{"x": step.begin, "x2": step.end, "y": step.price} for step in steps]
    base = alt.Chart(values(corners))
    risers = base.mark_line(interpolate="step-before", color=GREY, strokeWidth=1, strokeDash=[3, 3]).encode(x=x, y=y)
    plateaus = alt.Chart(values(flats)).mark_rule(color=DEEP, strokeWidth=3.2).encode(x=x, x2=alt.X2("x2:Q"), y=y)
    dots = base.mark_point(filled=True, color=DEEP, opacity=1, size=50).encode(x=x, y=y)
    return [risers, plateaus, dots]


def _wanted(study: Study, domain: tuple[float, float], x: alt.X) -> list[Layer]:
    wanted = study.plan.interval.wanted if study.plan.interval else study.plan.targets.confidence
    if not domain[0] <= wanted <= domain[1]:
        return []
    right = (wanted - domain[0]) / (domain[1] - domain[0]) * PLOT
    rule = alt.Chart(values([{"x": wanted}])).mark_rule(color=INK, strokeWidth=1.4, strokeDash=[10, 3, 2, 3]).encode(x=x, y=alt.value(-4), y2=alt.value(HEIGHT))
    return [rule, label(f"wanted: {chance(wanted)}", right, -12, Style("center", bold=True))]


def _names(steps: list[Level], domain: tuple[float, float], top: float) -> list[Words]:
    """Return names below a step on the left, where the line is higher to its right; above it on the right, where it is lower to its left."""

    def right(x: float) -> float:
        return (x - domain[0]) / (domain[1] - domain[0]) * PLOT

    below = [step for step in steps if right(step.begin) < PLOT / 2]
    above = [step for step in steps if step not in below]
    room = {step: int((PLOT - right(step.begin) if step in below else right(step.end)) / SIGN) - 4 for step in steps}
    words = {step: f"{step.letter}: {short(step.servers, room[step])}" if len(steps) <= MOST_NAMED else step.letter for step in steps}
    downs = [HEIGHT - step.price / top * HEIGHT for step in below]
    charts = [
        framed(words[step], right(step.begin) + 8, down) for step, down in zip(below, spread([down + 12 for down in downs], 14, 0, HEIGHT - 14), strict=True)
    ]
    ups = spread([HEIGHT - step.price / top * HEIGHT - 12 for step in above], 14, 4, HEIGHT)
    return charts + [framed(words[step], right(step.end) - 5, up, Style("right")) for step, up in zip(above, ups, strict=True)]


def _nothing(points: list[CostPoint], domain: tuple[float, float], x: alt.X) -> list[Layer]:
    """Return a cross at each confidence that nothing reaches, and words beside the first."""
    none = [point.confidence for point in points if point.price_per_month is None]
    if not none:
        return []
    rows: list[Row] = [{"x": confidence} for confidence in none]
    crosses = alt.Chart(values(rows)).mark_point(shape="cross", angle=45, filled=True, color=INK, opacity=1, size=90).encode(x=x, y=alt.value(10))
    right = (min(none) - domain[0]) / (domain[1] - domain[0]) * PLOT
    late = right > PLOT / 2
    return [crosses, framed("nothing in the catalogue holds", right + (-10 if late else 10), 10, Style("right" if late else "left"))]


def _caption(study: Study, points: list[CostPoint], steps: list[Level]) -> str:
    first, last = steps[0], steps[-1]
    said = f"The cheapest servers that hold with {chance(first.end)}: {plural(first.machines, 'machine')} for {priced(first.price)} a month"
    more = f"; with {chance(last.end)}: {plural(last.machines, 'machine')} for {priced(last.price)}" if last is not first else ""
    none = [point.confidence for point in points if point.price_per_month is None]
    chosen = f"Chosen: {priced(study.plan.price_per_month)} a month."
    without = f" Nothing in the catalogue holds with {chance(min(none))} or more." if none else ""
    return f"{said}{more}. {chosen}{without} Dots are the confidences that were tried; the letters are those of the table."
