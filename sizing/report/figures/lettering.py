"""Words in a figure, placed by pixels, and the panel that they stand in: drawn last, as few marks as there are kinds of type."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

import altair as alt

from sizing.report.drawing import INK, WHITE, Row, values

Align = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Style:
    """How words look: which end stands at the place, colour and weight."""

    align: Align = "left"
    colour: str = INK
    bold: bool = False


PLAIN: Final = Style()


@dataclass(frozen=True)
class Words:
    """Words at a pixel; those with a halo stay readable on lines."""

    text: str
    right: float
    down: float
    style: Style
    halo: bool

    @property
    def kind(self) -> tuple[Align, bool, bool]:
        """What one mark has in common."""
        return self.style.align, self.style.bold, self.halo


Layer = alt.Chart | alt.LayerChart | Words


def label(text: str, right: float, down: float, style: Style = PLAIN) -> Words:
    """Return words at a pixel."""
    return Words(text, right, down, style, halo=False)


def framed(text: str, right: float, down: float, style: Style = PLAIN) -> Words:
    """Return words at a pixel that stay readable on lines."""
    return Words(text, right, down, style, halo=True)


def layered(layers: Sequence[Layer], width: float, height: float) -> alt.LayerChart:
    """Return a panel of a size in pixels: the marks in their order, then the words."""
    marks = [layer for layer in layers if not isinstance(layer, Words)]
    words = sorted((layer for layer in layers if isinstance(layer, Words)), key=lambda word: word.kind)
    written = [mark for _, alike in groupby(words, key=lambda word: word.kind) for mark in _written(list(alike))]
    return alt.LayerChart(layer=[*marks, *written], width=width, height=height)


def _written(words: list[Words]) -> list[alt.Chart]:
    """Return marks of words that are alike: their halo, where they have one, and themselves."""
    align, bold, halo = words[0].kind
    weight: Literal["bold", "normal"] = "bold" if bold else "normal"
    rows: list[Row] = [{"right": word.right, "down": word.down, "text": word.text, "colour": word.style.colour} for word in words]
    base = alt.Chart(values(rows)).encode(x=alt.X("right:Q", scale=None), y=alt.Y("down:Q", scale=None), text=alt.Text("text:N"))
    type_ = base.mark_text(align=align, baseline="middle", fontWeight=weight).encode(fill=alt.Fill("colour:N", scale=None))
    return [base.mark_text(align=align, baseline="middle", fontWeight=weight, fill=WHITE, stroke=WHITE, strokeWidth=4), type_] if halo else [type_]
