"""A result that was written down, read again: whole and of this shape, or refused."""

import json
from collections.abc import Iterator

from pydantic import ValidationError

from loadtests.steady.meter import Platform
from loadtests.steady.series import Series
from loadtests.verdict import VERSION, Result
from runtime.errors import PlanError
from sizing.reading import problems

MOST, DIGITS = 1e15, 15
MEND = "name the result.json that 'plan test steady', 'plan test capacity' or 'plan calibrate' wrote"


def parse(text: str, name: str) -> Result:
    """Return the result in ``text``, of the file ``name``; raises PlanError where it is none, cut off, or of a later version."""
    try:
        told = json.loads(text, parse_constant=_refused, parse_float=_float, parse_int=_int)
    except (ValueError, RecursionError) as problem:
        raise PlanError("is no JSON of a result, or only the beginning of it", where=name, hint=MEND) from problem
    if not isinstance(told, dict) or not isinstance(told.get("scenario"), str):
        raise PlanError("is no result of a test", where=name, hint=MEND)
    version = told["schema"].get("version") if isinstance(told.get("schema"), dict) else None
    if isinstance(version, int) and version > VERSION:
        raise PlanError(
            f"has schema version {version}, this 'plan' reads up to {VERSION}", where=name, hint="use the version of 'plan' that wrote it, or a later one"
        )
    try:
        result = Result.model_validate(told)
    except ValidationError as problem:
        first = next(iter(problems(problem, name, Result)))
        raise PlanError(first.message, where=first.where, hint=MEND) from None
    for what in _torn(result):
        raise PlanError(what, where=name, hint=MEND)
    return result


def _refused(word: str) -> float:
    raise ValueError(word)


def _float(word: str) -> float:
    """Return a number; raises ValueError where nothing that is measured is so large."""
    value = float(word)
    return value if abs(value) <= MOST else _refused(word)


def _int(word: str) -> int:
    return int(_float(word)) if len(word) > DIGITS else int(word)


def _torn(result: Result) -> Iterator[str]:
    """Yield what does not belong together."""
    if not 0 <= result.failures <= result.requests:
        yield "failures do not fit requests"
    if result.duration_s < 0:
        yield "it lasted less than nothing"
    searches = (result.capacity, *(step.capacity for step in result.scale.steps)) if result.scale else (result.capacity,)
    for found in (result.measured, *searches, result.calibrated):
        if found is not None and not _even(found.platform):
            yield "platform has columns of different lengths"
        if found is not None and found.platform.cores < 1:
            yield "platform has no cores"
    for levelled in (*searches, result.calibrated):
        if levelled is not None and len({one.number for one in levelled.levels}) < len(levelled.levels):
            yield "two levels have the same number"
    for told in (result.measured, *searches):
        if told is not None and told.series is not None and not _level(told.series):
            yield "series has columns of different lengths"


def _even(platform: Platform) -> bool:
    named = [(name, column) for service in platform.services for name, column in service if isinstance(column, tuple)]
    columns = [platform.host_cpu, *(column for name, column in named if column or name != "open_files")]
    return {len(column) for column in columns} <= {len(platform.at)} and (platform.programs is None or platform.programs.even)


def _level(series: Series) -> bool:
    cached = series.page_cache_hits or series.requests
    return {len(column) for column in (series.failures, series.p50_ms, series.p95_ms, cached)} == {len(series.requests)} and series.step_s > 0
