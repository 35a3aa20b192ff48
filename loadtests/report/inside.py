"""Inside the services over time: PHP children at work, who waits where, the database's threads, and what caches answered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import altair as alt

from loadtests.programs.measured import Column, Programs
from loadtests.report.over_time import COLOURS, PADDING, PLOT, Clock, clock_of, line, phases
from loadtests.report.timeline import Timeline
from loadtests.steady.series import MOST
from sizing.report.drawing import Figure, Row, figure, spread, values
from sizing.report.figures.lettering import Style, label, layered
from sizing.report.words import shared

HEIGHT: Final = 92
SHARE, MANY = ".0%", ",.0f"
Places = list[tuple[float, float | None]]


@dataclass(frozen=True)
class Kept:
    """A panel: its title, the form of its numbers, and lines by name."""

    title: str
    form: str
    lines: dict[str, Places]


def inside(run: Timeline, programs: Programs) -> Figure | None:
    """Return the panels; None where nothing was told."""
    kept = [panel for panel in panels(run, programs) if any(value is not None for places in panel.lines.values() for _, value in places)]
    if not kept:
        return None
    clock = clock_of(run)
    drawn = [_panel(replace(clock, last=number == len(kept) - 1), panel, named=not number) for number, panel in enumerate(kept)]
    chart = alt.VConcatChart(vconcat=drawn, spacing=14, padding=PADDING)
    return figure(chart, "inside", "Inside the services over time", _caption(programs))


def panels(run: Timeline, programs: Programs) -> list[Kept]:
    """Return what is drawn."""
    found = programs.inside([(run.begin, run.begin + run.seconds)]).coarser(MOST)

    def at(column: Sequence[float | None]) -> Places:
        return [(moment - run.begin, value) for moment, value in zip(found.at, column, strict=True)]

    pools, backends, database, cache = found.pools, found.front_door.backends, found.database, found.object_cache
    busy = {pool.service: at([None if one is None else one / max(1, pool.children) for one in pool.busy]) for pool in pools}
    waiting = {f"{pool.service}, PHP": at(pool.waiting) for pool in pools}
    queued = {f"{one.service}, door": at(one.queued) for one in backends if any(one.queued)}
    hits = {
        "objects": at(_share(cache.hits_per_second, cache.misses_per_second)),
        "database": at(_kept(database.pages_asked_per_second, database.pages_read_per_second)),
    }
    series = run.series
    if series and any(value is not None for value in series.page_cache_hits):
        hits = {"pages": [((number + 0.5) * series.step_s, value) for number, value in enumerate(series.page_cache_hits)], **hits}
    return [
        Kept("of the PHP pool", SHARE, busy),
        Kept("requests wait", MANY, {**waiting, **queued}),
        Kept("database threads", MANY, {"at work": at(database.running), "wait for rows": at(database.row_lock_waiting)}),
        Kept("cache hits", SHARE, hits),
    ]


def _share(some: Column, others: Column) -> list[float | None]:
    pairs = zip(some, others, strict=True)
    return [None if one is None or other is None or one + other <= 0 else one / (one + other) for one, other in pairs]


def _kept(asked: Column, read: Column) -> list[float | None]:
    pairs = zip(asked, read, strict=True)
    return [None if one is None or other is None or one <= 0 else max(0.0, 1 - other / one) for one, other in pairs]


def _panel(clock: Clock, panel: Kept, *, named: bool) -> alt.LayerChart:
    most = max((value for places in panel.lines.values() for _, value in places if value is not None), default=0.0)
    top = 1.02 if panel.form == SHARE else max(1.0, 1.1 * most)
    ticks = [0, 0.5, 1] if panel.form == SHARE else sorted({round(top * part / 3) for part in range(4)})
    axis = alt.Axis(format=panel.form, values=ticks)
    y = alt.Y("y:Q", title=panel.title, scale=alt.Scale(domain=[0, top], nice=False, clamp=True), axis=axis)
    layers, ends = phases(clock, HEIGHT, named=named), list[tuple[str, float, str]]()
    for number, (name, places) in enumerate(panel.lines.items()):
        there = [value for _, value in places if value is not None]
        if there:
            colour = COLOURS[number % len(COLOURS)]
            layers.append(line(clock, places, colour, y, (1, 0) if number % 2 == 0 else (5, 2)))
            ends.append((name, there[-1], colour))
    downs = spread([HEIGHT * (1 - min(value, top) / top) for _, value, _ in ends], 15, 4, HEIGHT - 4)
    layers += [label(name, PLOT + 7, down, Style(colour=colour, bold=True)) for (name, _, colour), down in zip(ends, downs, strict=True)]
    nowhere: list[Row] = [{"x": 0.0, "y": 0.0}]
    layers.append(alt.Chart(values(nowhere)).mark_point(opacity=0).encode(x=clock.x, y=y))
    return layered(layers, PLOT, HEIGHT)


def _caption(programs: Programs) -> str:
    fullest = [
        f"{pool.service} {shared(max(there) / max(1, pool.children))} of {pool.children}"
        for pool in programs.pools
        if (there := [value for value in pool.busy if value is not None])
    ]
    pools = f" PHP children at work at most: {', '.join(fullest)}." if fullest else ""
    return f"What the programs say of themselves, one look every two seconds; lines are broken where nothing was told.{pools}"
