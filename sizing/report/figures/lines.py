"""Lines with their names at the end, cut where they leave the panel."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from sizing.report.drawing import Row, spread, values
from sizing.report.figures.lettering import Layer, Style, framed

Place = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A line of a panel: its name, places (x, y; y may be infinite), colour, dashes and width."""

    name: str
    places: tuple[Place, ...]
    colour: str
    dash: tuple[int, ...] = (1, 0)
    width: float = 2.0


@dataclass(frozen=True)
class Panel:
    """The scales of a panel: the largest x and y (both begin at 0), in pixels width and height."""

    x: float
    y: float
    width: float
    height: float

    def right(self, x: float) -> float:
        """Return the pixel of ``x``."""
        return x / self.x * self.width

    def down(self, y: float) -> float:
        """Return the pixel of ``y``."""
        return self.height - y / self.y * self.height


def cut(places: Sequence[Place], top: float) -> list[Place]:
    """Return ``places`` up to where they pass ``top`` or have no end."""
    kept: list[Place] = []
    for x, y in places:
        if not math.isfinite(y):
            break
        if y > top:
            if kept:
                before_x, before_y = kept[-1]
                kept.append((before_x + (x - before_x) * (top - before_y) / (y - before_y), top))
            break
        kept.append((x, y))
    return kept


def drawn(lines: Sequence[Line], panel: Panel, x: alt.X, y: alt.Y) -> list[Layer]:
    """Return the charts of ``lines`` and of their names."""
    shown = [(line, kept) for line in lines if (kept := cut(line.places, panel.y))]
    charts: list[Layer] = []
    for line, kept in shown:
        rows: list[Row] = [{"x": at, "y": height} for at, height in kept]
        charts.append(
            alt.Chart(values(rows)).mark_line(color=line.colour, strokeDash=list(line.dash), strokeWidth=line.width, point=_lonely(kept, line)).encode(x=x, y=y)
        )
    return charts + _names(shown, panel)


def _lonely(kept: list[Place], line: Line) -> alt.OverlayMarkDef | bool:
    return alt.OverlayMarkDef(filled=True, color=line.colour, size=50) if len(kept) == 1 else False


def _names(shown: list[tuple[Line, list[Place]]], panel: Panel) -> list[Layer]:
    """Return names above the panel for lines that leave it at the top, beside their ends for the others."""
    leaving = [(line, panel.right(kept[-1][0])) for line, kept in shown if kept[-1][1] >= panel.y]
    staying = [(line, kept[-1]) for line, kept in shown if kept[-1][1] < panel.y]
    rights = spread([right for _, right in leaving], 42, 20, panel.width)
    downs = spread([panel.down(y) for _, (_, y) in staying], 14, 4, panel.height - 4)
    charts: list[Layer] = [framed(line.name, right, -8, Style("center", line.colour, bold=True)) for (line, _), right in zip(leaving, rights, strict=True)]
    return charts + [
        framed(line.name, panel.right(x) + 7, down, Style("left", line.colour, bold=True)) for (line, (x, _)), down in zip(staying, downs, strict=True)
    ]
