"""Load over the week by group: the sum as an area, the groups as a heat map."""

import math
from dataclasses import dataclass
from typing import Final

import altair as alt

from sizing.report.drawing import DEEP, GREY, INK, WHITE, WIDTH, Figure, Row, figure, shade, values
from sizing.report.figures.lettering import Style, framed, label, layered
from sizing.report.words import clean, counted, rounded, short
from sizing.study import HourLoad, Study

HOURS: Final = 168
DAY: Final = 24
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_ROWS: Final = 24
SHADES: Final = 12
NAME_CELLS: Final = 24
LATE: Final = 110
TALL: Final = 80
HEADROOM: Final = 1.45
SPAN: Final = alt.Scale(domain=[0, HOURS], nice=False)


@dataclass(frozen=True)
class Group:
    """A row: what it is called, and its load by hour."""

    name: str
    loads: tuple[float, ...]


@dataclass(frozen=True)
class Loads:
    """Rows from top to bottom, their sum by hour, and the place of the peak."""

    groups: tuple[Group, ...]
    total: tuple[float, ...]
    hour: int
    row: int

    @property
    def highest(self) -> float:
        """The largest load of any row."""
        return max(max(group.loads) for group in self.groups)


def week(study: Study) -> Figure | None:
    """Return the heat map of the reference week; None where no group makes any load."""
    loads = gathered(study.hours)
    if loads is None:
        return None
    chart = alt.VConcatChart(vconcat=[_total(loads), _map(loads), _legend(loads)], spacing=24)
    return figure(chart, "week", "Load over the week, by group", _caption(loads))


def gathered(hours: tuple[HourLoad, ...]) -> Loads | None:
    """Return the groups in the order in which their day begins; the small ones of many as one row."""
    sums: dict[str, list[float]] = {}
    for load in hours:
        if math.isfinite(load.requests_per_second):
            sums.setdefault(load.group, [0.0] * HOURS)[load.hour % HOURS] += load.requests_per_second
    ranked = sorted((Group(name, tuple(row)) for name, row in sums.items()), key=lambda group: (-max(group.loads), group.name))
    total = tuple(math.fsum(row[hour] for row in sums.values()) for hour in range(HOURS))
    if max(total) <= 0:
        return None
    shown, rest = (ranked, []) if len(ranked) <= MOST_ROWS + 1 else (ranked[:MOST_ROWS], ranked[MOST_ROWS:])
    shown = sorted(shown, key=lambda group: (_busiest_hour(group), -max(group.loads), group.name))
    if rest:
        shown.append(Group(f"{counted(len(rest))} others", tuple(math.fsum(group.loads[hour] for group in rest) for hour in range(HOURS))))
    hour = total.index(max(total))
    named = len(shown) - bool(rest)
    row = max(range(named), key=lambda at: shown[at].loads[hour])
    return Loads(tuple(shown), total, hour, row)


def when(hour: int) -> str:
    """Return an hour of the week in words: ``Mon 08:00``."""
    return f"{DAYS[hour // DAY]} {hour % DAY:02}:00"


def _busiest_hour(group: Group) -> int:
    by_hour = [math.fsum(group.loads[hour::DAY]) for hour in range(DAY)]
    return by_hour.index(max(by_hour))


def _days(height: float, x: alt.X) -> alt.Chart:
    ends = values([{"x": day * DAY} for day in range(len(DAYS) + 1)])
    rules: alt.Chart = alt.Chart(ends).encode(x=x, y=alt.value(0), y2=alt.value(height)).mark_rule(color=GREY, strokeWidth=1)
    return rules


def _total(loads: Loads) -> alt.LayerChart:
    top = max(loads.total)
    steps: list[Row] = [{"x": hour, "load": loads.total[min(hour, HOURS - 1)]} for hour in range(HOURS + 1)]
    y = alt.Y("load:Q", title=["all groups,", "requests/s"], scale=alt.Scale(domain=[0, top * HEADROOM], nice=False), axis=alt.Axis(tickCount=4, format=",~f"))
    x = alt.X("x:Q", scale=SPAN, axis=None)
    area = alt.Chart(values(steps)).mark_area(interpolate="step-after", color=shade(0.45), line={"color": DEEP, "strokeWidth": 1}).encode(x=x, y=y)
    late = loads.hour > LATE
    right = (loads.hour + 0.5) * WIDTH / HOURS
    mark = alt.Chart(values([{"x": loads.hour + 0.5, "load": top}]))
    point = mark.mark_point(shape="triangle-down", filled=True, color=INK, opacity=1, size=60, yOffset=-8).encode(x=x, y=y)
    words = f"peak: {when(loads.hour)} UTC, {rounded(top)} requests/s"
    text = framed(words, right + (-9 if late else 9), TALL * (1 - 1 / HEADROOM) - 10, Style("right" if late else "left", bold=True))
    days = [label(name, (day + 0.5) * WIDTH / len(DAYS), -10, Style("center")) for day, name in enumerate(DAYS)]
    return layered([area, _days(TALL, x), point, text, *days], WIDTH, TALL)


def _map(loads: Loads) -> alt.LayerChart:
    size = 18 if len(loads.groups) > 10 else 26  # noqa: PLR2004 - many rows are thin
    height = size * len(loads.groups)
    y = alt.Y("row:Q", scale=alt.Scale(domain=[0, len(loads.groups)], reverse=True, nice=False), axis=None)
    hours = alt.Axis(values=list(range(0, HOURS + 1, 6)), labelExpr="datum.value % 24", title="hour of the day, UTC", grid=False, labelFontSize=10)
    x = alt.X("x:Q", scale=SPAN, axis=hours)
    cells = alt.Chart(values(_cells(loads))).mark_rect().encode(
        x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("row2:Q"), color=alt.Color("shade:N", scale=None)
    )  # fmt: skip
    peak = values([{"x": loads.hour, "x2": loads.hour + 1, "row": loads.row, "row2": loads.row + 1}])
    halo, ring = (
        alt.Chart(peak).mark_rect(filled=False, stroke=colour, strokeWidth=line).encode(x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("row2:Q"))
        for colour, line in ((WHITE, 5), (INK, 2.5))
    )
    rows: list[Row] = [
        {"row": at + 0.5, "name": short(group.name, NAME_CELLS), "most": rounded(max(group.loads))} for at, group in enumerate(loads.groups)
    ]  # fmt: skip
    names = alt.Chart(values(rows)).mark_text(align="right").encode(x=alt.value(-8), y=y, text=alt.Text("name:N"))
    most = alt.Chart(values(rows)).mark_text(align="left", color=INK).encode(x=alt.value(WIDTH + 8), y=y, text=alt.Text("most:N"))
    head = label("max/s", WIDTH + 8, -10, Style(colour=GREY))
    return layered([cells, _days(height, x), halo, ring, names, most, head], WIDTH, height)


def _cells(loads: Loads) -> list[Row]:
    cells: list[Row] = []
    for row, group in enumerate(loads.groups):
        steps = [step(load / loads.highest) for load in group.loads]
        begin = 0
        for hour in range(1, HOURS + 1):
            if hour == HOURS or steps[hour] != steps[begin]:
                cells.append({"x": begin, "x2": hour, "row": row, "row2": row + 1, "shade": shade(steps[begin] / (SHADES - 1))})
                begin = hour
    return cells


def step(share: float) -> int:
    """Return the shade of a share of the largest cell: equal steps of its square root, so that small groups show."""
    return min(SHADES - 1, int(math.sqrt(max(share, 0.0)) * SHADES))


def _legend(loads: Loads) -> alt.LayerChart:
    wide = 34
    swatches: list[Row] = [{"x": at * wide, "x2": (at + 1) * wide, "shade": shade(at / (SHADES - 1))} for at in range(SHADES)]
    ticks: list[Row] = [{"x": at * wide, "text": rounded((at / SHADES) ** 2 * loads.highest)} for at in range(0, SHADES + 1, 2)]
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, WIDTH], nice=False), axis=None)
    strip = (
        alt.Chart(values(swatches))
        .mark_rect(stroke=GREY, strokeWidth=0.5)
        .encode(x=x, x2=alt.X2("x2:Q"), y=alt.value(0), y2=alt.value(12), color=alt.Color("shade:N", scale=None))
    )
    labels = alt.Chart(values(ticks)).mark_text(baseline="top", fontSize=11).encode(x=x, y=alt.value(16), text=alt.Text("text:N"))
    end = SHADES * wide
    box = values([{"x": end + 152, "x2": end + 158}])
    peak = alt.Chart(box).mark_rect(filled=False, stroke=INK, strokeWidth=2.5).encode(x=x, x2=alt.X2("x2:Q"), y=alt.value(0), y2=alt.value(13))
    notes = [label("requests/s of a group", end + 12, 6), label("peak hour", end + 166, 6)]
    return layered([strip, labels, peak, *notes], WIDTH, 12)


def _caption(loads: Loads) -> str:
    group = loads.groups[loads.row]
    return (
        "Requests per second in each of the 168 UTC hours of the reference week, at the medians; "
        f"{counted(len(loads.groups))} rows, ordered by the hour in which they are busiest. "
        f"The busiest ordinary hour is {when(loads.hour)} UTC with {rounded(max(loads.total))} requests/s, "
        f"of which “{clean(group.name)}” makes {rounded(group.loads[loads.hour])} (outlined: the largest named group of that hour); "
        f"the quietest hour has {rounded(min(loads.total))}. Darker is more; the column on the right gives the largest hour of each row."
    )
