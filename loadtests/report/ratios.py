"""Measured over predicted, one line for each number."""

import math
from typing import Final

import altair as alt

from loadtests.report.beside import Beside
from loadtests.report.over_time import PADDING
from loadtests.report.words import amount, told
from sizing.report.drawing import DEEP, GREY, INK, WIDTH, Figure, Row, figure, values
from sizing.report.figures.lettering import Layer, Style, framed, label, layered
from sizing.report.words import SPACE, rounded, short

NAMES: Final = 190
PLOT: Final = WIDTH - NAMES - 110
ROW: Final = 24
MOST: Final = 30
LEAST_REACH, MOST_REACH = 1.5, 20.0
TICKS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.4, 2, 3, 5, 10, 20)


def ratios(found: list[Beside]) -> Figure | None:
    """Return the figure; None where nothing was predicted."""
    shown = found[:MOST]
    if not shown:
        return None
    reach = min(MOST_REACH, max(LEAST_REACH, *(1.1 * max(one.ratio, 1 / one.ratio) for one in shown)))
    height = ROW * len(shown)
    ticks = [tick for tick in TICKS if 1 / reach <= tick <= reach]
    x = alt.X(
        "x:Q",
        scale=alt.Scale(type="log", domain=[1 / reach, reach], nice=False, clamp=True),
        axis=alt.Axis(title="measured over predicted", values=ticks, format="~g", labelOverlap=False),
    )
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, len(shown)], reverse=True, nice=False), axis=None)
    points: list[Row] = [{"x": _inside(one.ratio, reach), "y": number + 0.5} for number, one in enumerate(shown)]
    bars: list[Row] = [
        {"x": _inside(one.low / one.predicted, reach), "x2": _inside(one.high / one.predicted, reach), "y": number + 0.5}
        for number, one in enumerate(shown)
        if one.low is not None and one.high is not None
    ]
    rule = alt.Chart(values([{"x": 1.0}])).mark_rule(color=INK, strokeWidth=1.4).encode(x=x)
    layers: list[Layer] = [rule, alt.Chart(values(bars)).mark_rule(color=GREY, strokeWidth=4).encode(x=x, x2=alt.X2("x2:Q"), y=y)]
    layers.append(alt.Chart(values(points)).mark_point(filled=True, color=DEEP, opacity=1, size=75).encode(x=x, y=y))
    for number, one in enumerate(shown):
        down = ROW * (number + 0.5)
        layers += [
            label(short(one.what, 30), -8, down, Style("right")),
            label(f"{_bare(one)} / {amount(one.predicted, one.unit)}", PLOT + 8, down),
        ]
    layers.append(framed("as predicted", PLOT / 2, -9, Style("center")))
    return figure(
        alt.VConcatChart(vconcat=[layered(layers, PLOT, height)], padding={**PADDING, "left": NAMES}),
        "ratios",
        "Measured over predicted",
        _caption(found),
    )


def _bare(one: Beside) -> str:
    """Return what was measured without its unit, which stands behind the prediction."""
    return amount(one.measured, one.unit).removesuffix(f"{SPACE}{told(one.unit)}")


def _inside(ratio: float, reach: float) -> float:
    return min(reach, max(1 / reach, ratio if math.isfinite(ratio) and ratio > 0 else 1 / reach))


def _caption(found: list[Beside]) -> str:
    farthest = max(found, key=lambda one: abs(math.log(one.ratio)))
    more = f" The first {MOST} of {len(found)} are drawn." if len(found) > MOST else ""
    return (
        f"Right of the line more was measured than the plan says, left of it less. The farthest is {farthest.what}: "
        f"{rounded(farthest.ratio)} times what was predicted. Grey bars are 95 % intervals; beside each its measured and predicted value.{more}"
    )
