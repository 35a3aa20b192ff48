"""What all figures share: colours that differ in lightness, the type, and the way from a chart to SVG that a page can hold."""

import math
import re
from dataclasses import dataclass
from html import escape
from typing import Final

import altair as alt
import vl_convert

INK: Final = "#1b2733"
GREY: Final = "#56616d"
GRID: Final = "#e4e8ed"
DEEP: Final = "#123c69"
RUST: Final = "#c2501e"
TEAL: Final = "#3f9a9a"
BAND: Final = "#dfe7f0"
WHITE: Final = "#ffffff"
WIDTH: Final = 700
FONT: Final = "Liberation Sans, Arial, Helvetica, sans-serif"
LIGHT_TO_DARK: Final = ("#f6f3e6", "#d3e2bf", "#8bc2b0", "#3d92a8", "#1d5b8b", "#0e2953")
Row = dict[str, str | float | bool | None]
AXIS: Final = {
    "labelFont": FONT, "titleFont": FONT, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelColor": INK, "titleColor": INK,
    "gridColor": GRID, "domainColor": GREY, "tickColor": GREY, "titlePadding": 8, "labelOverlap": "greedy",
}  # fmt: skip
STYLE: Final = {
    "aria": False, "background": WHITE, "font": FONT, "axis": AXIS, "text": {"font": FONT, "fontSize": 12, "fill": INK}, "view": {"stroke": None},
}  # fmt: skip
Drawing = alt.VConcatChart | alt.LayerChart
SVG_START: Final = re.compile(r'^<svg [^>]*?width="([\d.]+)" height="([\d.]+)"[^>]*>')
HIDDEN: Final = re.compile(r'<path class="(?:background|foreground)" aria-hidden="true" d="(?:M0,0h0v0h0Z)?"[^>]*/>')
ROLE: Final = re.compile(r' (?:class|role|aria-roledescription|aria-hidden|pointer-events)="[^"]*"')
OPAQUE: Final = re.compile(r' (?:opacity="1"|transform="translate\(0,0\)")')
LONG: Final = re.compile(r"(-?\d+\.\d{2})\d+")


@dataclass(frozen=True)
class Figure:
    """A figure: SVG that may be put into a page, and what it shows in words."""

    key: str
    title: str
    svg: str
    caption: str


def figure(chart: Drawing, key: str, title: str, caption: str) -> Figure:
    """Return ``chart`` as a figure; the same chart gives the same bytes, and nothing is fetched."""
    spec = chart.to_dict() | {"config": STYLE}
    drawn = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    words = f"<title>{escape(title)}</title><desc>{escape(caption)}</desc>"
    return Figure(key, title, _embedded(drawn, key, words), caption)


def _embedded(svg: str, key: str, words: str) -> str:
    """Return SVG for a page, with ``words`` first: no name spaces, scaled by its box, nothing invisible, and ids that no other figure has."""
    start = SVG_START.match(svg)
    if start is None:
        raise ValueError("this is no SVG of vl-convert")
    width, height = start.groups()
    body = OPAQUE.sub("", ROLE.sub("", HIDDEN.sub("", svg[start.end() :])))
    body = LONG.sub(r"\1", body)
    for at, name in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', body))):
        body = body.replace(f'id="{name}"', f'id="{key}-{at}"').replace(f"url(#{name})", f"url(#{key}-{at})")
    names = f'role="img" aria-labelledby="{key}-title" aria-describedby="{key}-caption"'
    return f'<svg {names} width="{width}" height="{height}" viewBox="0 0 {width} {height}">{words}{body}'


def values(rows: list[Row]) -> alt.InlineData:
    """Return rows as a chart's data."""
    return alt.InlineData(values=rows)


def number(value: float) -> float | None:
    """Return what a chart can draw: nothing for what has no end."""
    return value if math.isfinite(value) else None


def spread(places: list[float], gap: float, lowest: float, highest: float) -> list[float]:
    """Return ``places`` (pixels) moved apart to ``gap`` in their order, inside the bounds where they fit."""
    order = sorted(range(len(places)), key=lambda at: places[at])
    moved = list(places)
    for before, at in zip([None, *order], order, strict=False):
        moved[at] = max(lowest, places[at]) if before is None else max(places[at], moved[before] + gap)
    limit = highest
    for at in reversed(order):
        moved[at] = min(moved[at], limit)
        limit = moved[at] - gap
    return moved


def shade(share: float) -> str:
    """Return the colour of 0 (light) to 1 (dark); lightness falls all the way."""
    place = min(max(share, 0.0), 1.0) * (len(LIGHT_TO_DARK) - 1)
    at = min(int(place), len(LIGHT_TO_DARK) - 2)
    pairs = zip(_parts(LIGHT_TO_DARK[at]), _parts(LIGHT_TO_DARK[at + 1]), strict=True)
    return "#" + "".join(f"{round(low + (high - low) * (place - at)):02x}" for low, high in pairs)


def _parts(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
