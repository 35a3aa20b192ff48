"""A tornado: how far the servers carry with each uncertain number at its low and at its high end."""

import math
from typing import Final

import altair as alt

from sizing.plan import Sensitivity
from sizing.report.drawing import DEEP, GREY, INK, WIDTH, Figure, Row, figure, shade, values
from sizing.report.figures.lettering import Align, Layer, Style, Words, framed, label, layered
from sizing.report.words import clean, counted, heads, rounded, shared, short, spelled
from sizing.study import Study

MOST: Final = 10
NAME_CELLS: Final = 28
LINE: Final = 30
PLOT: Final = WIDTH - 60


def sensitivity(study: Study) -> Figure | None:
    """Return the tornado of the ten most important numbers; None where none is uncertain."""
    rows = [row for row in study.plan.sensitivity if math.isfinite(row.people_at_low) and math.isfinite(row.people_at_high)][:MOST]
    if not rows:
        return None
    base = float(study.plan.capacity.people)
    people = [base, *(row.people_at_low for row in rows), *(row.people_at_high for row in rows)]
    room = max((max(people) - min(people)) * 0.1, max(people) * 0.02, 1.0)
    # Bars start at the median, not at 0: the axis may begin near them.
    domain = (max(0.0, min(people) - room) if min(people) > 0.6 * max(people) else 0.0, max(people) + room)
    return figure(_chart(rows, base, domain), "sensitivity", "Which numbers the answer hangs on", _caption(rows, base))


def _chart(rows: list[Sensitivity], base: float, domain: tuple[float, float]) -> alt.LayerChart:
    height = LINE * len(rows)
    axis = alt.Axis(title="people that the servers carry", format=",.0f", tickCount=7)
    x = alt.X("x:Q", scale=alt.Scale(domain=list(domain), nice=False, padding=0), axis=axis)
    y = alt.Y("row:Q", scale=alt.Scale(domain=[0, len(rows)], reverse=True, nice=False, padding=0), axis=None)
    layers: list[Layer] = []
    for end, colour, size in (("low", shade(0.3), 16), ("high", DEEP, 9)):
        bars: list[Row] = [{"x": base, "x2": getattr(row, f"people_at_{end}"), "row": at + 0.5} for at, row in enumerate(rows)]
        layers.append(alt.Chart(values(bars)).mark_bar(color=colour, stroke=DEEP, strokeWidth=1, size=size, opacity=1).encode(x=x, x2=alt.X2("x2:Q"), y=y))
    names: list[Row] = [{"row": at + 0.5, "text": short(spelled(row.name), NAME_CELLS), "share": shared(row.share)} for at, row in enumerate(rows)]
    words = alt.Chart(values(names)).mark_text(align="right")
    layers += [words.encode(x=alt.value(-10), y=y, text=alt.Text("text:N")), words.encode(x=alt.value(PLOT + 60), y=y, text=alt.Text("share:N"))]
    rule = alt.Chart(values([{"x": base}])).mark_rule(color=INK, strokeWidth=1.6).encode(x=x, y=alt.value(-6), y2=alt.value(height))
    right = (base - domain[0]) / (domain[1] - domain[0]) * PLOT
    head = [label(f"median: {counted(base)}", right, -14, Style("center", bold=True)), label("share of variance", PLOT + 60, -14, Style("right", GREY))]
    ends = [mark for at, row in enumerate(rows) for mark in _ends(row, LINE * (at + 0.5), base, domain)]
    return layered([*layers, rule, *head, *ends], PLOT, height)


def _ends(row: Sensitivity, down: float, base: float, domain: tuple[float, float]) -> list[Words]:
    """Return the number's own value at the end of each bar; of two bars on one side the shorter is named after the longer."""
    ends = ((row.people_at_low, f"at {rounded(row.low)}"), (row.people_at_high, f"at {rounded(row.high)}"))
    (least, left), (most, right) = sorted(ends)
    left_words, right_words = left, right
    if most < base:
        left_words, right_words = f"{left} ({right}: {heads(most)})", ""
    elif least > base:
        left_words, right_words = "", f"{right} ({left}: {heads(least)})"
    wide = PLOT / (domain[1] - domain[0])
    places: tuple[tuple[float, int, Align, str], ...] = ((least, -6, "right", left_words), (most, 6, "left", right_words))
    return [framed(words, (people - domain[0]) * wide + gap, down, Style(align)) for people, gap, align, words in places if words]


def _caption(rows: list[Sensitivity], base: float) -> str:
    first = rows[0]
    said = f"{spelled(first.name)} between {rounded(first.low)} and {rounded(first.high)} {clean(first.unit)}".rstrip()
    moved = f"moves the answer from {heads(first.people_at_low)} to {heads(first.people_at_high)} people"
    rest = f" The {len(rows)} numbers shown make {shared(math.fsum(row.share for row in rows))} of it." if len(rows) > 1 else ""
    return (
        f"Each bar runs from the median answer ({counted(base)} people) to the median of the tenth of the draws in which one number is lowest, or highest: "
        "thick light bars for its low end, thin dark bars for its high end; the words give that end. "
        f"The most important: {said} {moved} ({shared(first.share)} of the variance of its logarithm).{rest}"
    )
