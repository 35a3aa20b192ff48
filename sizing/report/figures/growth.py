"""People taking part and the probability that the servers hold, month by month."""

import json
from dataclasses import dataclass
from typing import Final

import altair as alt

from sizing.plan import Growth, Month
from sizing.report.drawing import BAND, DEEP, GREY, INK, RUST, WHITE, WIDTH, Figure, Row, figure, number, spread, values
from sizing.report.figures.lettering import Layer, Style, framed, label, layered
from sizing.report.words import chance, clean, heads, month_of
from sizing.study import Study

MOST_LABELS: Final = 9
MOST_DOTS: Final = 40
PLOT: Final = WIDTH - 10
UPPER, LOWER = 180, 130


@dataclass(frozen=True)
class Course:
    """What both panels need: the months in order and the probability that is asked for."""

    months: tuple[Month, ...]
    growth: Growth
    wanted: float

    @property
    def span(self) -> tuple[float, float]:
        """First and last month of the axis."""
        first, last = self.months[0].month, self.months[-1].month
        return (first, last) if last > first else (first - 1, last + 1)

    def right(self, month: float) -> float:
        """Return the pixel of a month."""
        first, last = self.span
        return (month - first) / (last - first) * PLOT

    def x(self) -> alt.X:
        """Return the axis of months: their dates, or their numbers where they have none."""
        every = -(-len(self.months) // MOST_LABELS)
        shown = self.months[::every]
        names = {str(month.month): clean(month.date or f"month {month.month}") for month in shown}
        axis = alt.Axis(
            values=[month.month for month in shown], labelExpr=f"({json.dumps(names)})[datum.value]", title=None, labelOverlap=False, labelFlush=False
        )
        return alt.X("month:Q", scale=alt.Scale(domain=list(self.span), nice=False), axis=axis)


def growth(study: Study) -> Figure | None:
    """Return the two panels; None where the plan has no months."""
    plan = study.plan
    if plan.growth is None or not plan.growth.months:
        return None
    wanted = plan.interval.wanted if plan.interval else plan.targets.confidence
    course = Course(tuple(sorted(plan.growth.months, key=lambda month: month.month)), plan.growth, wanted)
    chart = alt.VConcatChart(vconcat=[_people(course), _holds(course)], spacing=30)
    return figure(chart, "growth", "People taking part and how sure it is that the servers hold", _caption(course))


def _outgrown(course: Course, height: float, *, named: bool) -> list[Layer]:
    """Return the line, and its name, at the month in which the servers are outgrown."""
    month = course.growth.outgrown_month
    if month is None or not course.span[0] <= month <= course.span[1]:
        return []
    rule = alt.Chart(values([{"month": month}])).mark_rule(color=INK, strokeWidth=1.4, strokeDash=[6, 4])
    found: list[Layer] = [rule.encode(x=course.x(), y=alt.value(-12), y2=alt.value(height))]
    if named:
        words = f"outgrown: {month_of(month, course.growth.outgrown_date)}"
        right, style = _aside(course.right(month), 6, bold=True)
        found.append(label(words, right, -10, style))
    return found


def _orders(course: Course) -> list[Layer]:
    """Return a triangle at each month to order in, and words beside the last."""
    first, last = course.span
    months = sorted({purchase.order_by_month for purchase in course.growth.purchases if first <= purchase.order_by_month <= last})
    if not months:
        return []
    rows: list[Row] = [{"month": month} for month in months]
    marks = alt.Chart(values(rows)).mark_point(shape="triangle-up", filled=True, color=INK, opacity=1, size=110)
    right, style = _aside(course.right(months[-1]), 11)
    return [marks.encode(x=course.x(), y=alt.value(LOWER - 6)), framed("order servers", right, LOWER - 8, style)]


def _aside(right: float, gap: float, *, bold: bool = False) -> tuple[float, Style]:
    """Return where words beside a pixel stand: on the side with more room."""
    late = right > PLOT / 2
    return right + (-gap if late else gap), Style("right" if late else "left", bold=bold)


def _people(course: Course) -> alt.LayerChart:
    rows: list[Row] = [
        {"month": at.month, "people": number(at.taking_part), "low": number(at.taking_part_low), "high": number(at.taking_part_high)} for at in course.months
    ]
    top = max(1.0, *(number(people) or 0.0 for at in course.months for people in (at.taking_part, at.taking_part_high))) * 1.05
    axis = alt.Axis(format=",~f", tickCount=5, title="people taking part")
    people, low, high = (alt.Y(f"{name}:Q", scale=alt.Scale(domain=[0, top], nice=False), axis=axis) for name in ("people", "low", "high"))
    base = alt.Chart(values(rows)).encode(x=course.x())
    band = base.mark_area(color=BAND) if len(rows) > 1 else base.mark_rule(color=GREY, strokeWidth=6)
    edges = base.mark_line(color=GREY, strokeWidth=1, strokeDash=[3, 3])
    dots = alt.OverlayMarkDef(filled=True, color=DEEP, size=30 if len(rows) <= MOST_DOTS else 0)
    line = base.mark_line(color=DEEP, strokeWidth=2.6, point=dots).encode(y=people)
    last = course.months[-1]
    words = label(heads(last.taking_part), course.right(last.month) + 8, UPPER * (1 - (number(last.taking_part) or top) / top), Style(colour=DEEP, bold=True))
    layers = [band.encode(y=low, y2=alt.Y2("high:Q")), edges.encode(y=low), edges.encode(y=high), line, words, *_outgrown(course, UPPER, named=True)]
    return layered(layers, PLOT, UPPER)


def _holds(course: Course) -> alt.LayerChart:
    rows: list[Row] = [{"month": month.month, "holds": month.holds, "enough": month.holds >= course.wanted} for month in course.months]
    y = alt.Y("holds:Q", title="probability of holding", scale=alt.Scale(domain=[0, 1], nice=False), axis=alt.Axis(format=".0%", tickCount=5))
    x = course.x()
    base = alt.Chart(values(rows))
    line = base.mark_line(color=RUST, strokeWidth=2.4).encode(x=x, y=y)
    fill = alt.condition("datum.enough", alt.value(RUST), alt.value(WHITE))
    points = base.mark_point(filled=True, stroke=RUST, strokeWidth=1.6, opacity=1, size=46).encode(x=x, y=y, fill=fill)
    wanted = alt.Chart(values([{"holds": course.wanted}])).mark_rule(color=INK, strokeWidth=1.6, strokeDash=[10, 3, 2, 3]).encode(y=y)
    last = course.months[-1]
    downs = spread([LOWER * (1 - last.holds), LOWER * (1 - course.wanted)], 15, 0, LOWER)
    end = label(chance(last.holds), course.right(last.month) + 8, downs[0], Style(colour=RUST, bold=True))
    words = label(f"wanted {chance(course.wanted)}", PLOT + 8, downs[1])
    return layered([wanted, line, points, *_outgrown(course, LOWER, named=False), *_orders(course), words, end], PLOT, LOWER)


def _caption(course: Course) -> str:
    first, last, growth = course.months[0], course.months[-1], course.growth
    interval = f"interval {heads(last.taking_part_low)} to {heads(last.taking_part_high)}, shaded"
    begin = f"In {month_of(first.month, first.date)} {heads(first.taking_part)} people take part"
    people = f"{begin}, in {month_of(last.month, last.date)} {heads(last.taking_part)} ({interval})." if last is not first else f"{begin} ({interval})."
    held = (
        f"The servers hold until then with a probability of {chance(last.holds)}; {chance(course.wanted)} is wanted (filled dots reach it, hollow ones do not)."
    )
    when = None if growth.outgrown_month is None else month_of(growth.outgrown_month, growth.outgrown_date)
    return f"{people} {held} " + (f"They are outgrown in {when}." if when else "They are not outgrown within these months.")
