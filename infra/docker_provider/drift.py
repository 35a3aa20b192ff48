"""What is really there, against what was asked for."""

from typing import Any

from infra.docker_provider.shapes import Record, Records, Shape
from infra.docker_provider.values import DEFAULTS, Properties, without_defaults


def over(live: Properties, inputs: Properties, shape: Record) -> Properties:
    """Return a state: ``inputs`` over the ``live`` values.

    A list that is given stays as it was given: what Docker adds inside it (a gateway)
    or drops (``0s``) is no change of the user's.
    """
    merged = dict(live)
    for key, value in without_defaults(inputs).items():
        part = shape.fields.get(key)
        nested = isinstance(part, Record) and isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = over(merged[key], value, part) if nested and isinstance(part, Record) else value
    return merged


def refreshed(shape: Shape, given: Any, expected: Any, live: Any, *, extras: bool = True) -> Any:  # noqa: ANN401 - property values
    """Return the inputs ``given`` with each value that drifted replaced by the live one.

    ``expected`` are the inputs after the same way to Docker's API and back as ``live``,
    so that only a real difference shows. Without ``extras`` what is live and was never
    asked for does not count.
    """
    if expected == live:
        return given
    match shape:
        case Record() if isinstance(live, dict):
            return _record(shape, given or {}, expected or {}, live, extras=extras)
        case Records() if isinstance(live, list) and shape.key:
            return _records(shape, given or [], expected or [], live, extras=extras)
        case _:
            return live


def _record(shape: Record, given: Properties, expected: Properties, live: Properties, *, extras: bool) -> Properties:
    result = dict(given)
    for key, part in shape.fields.items():
        if not extras and key not in given:
            continue
        value = refreshed(part, given.get(key), expected.get(key), live.get(key), extras=extras)
        if value is None:
            result.pop(key, None)
        else:
            result[key] = value
    if DEFAULTS in given:
        result[DEFAULTS] = [key for key in given[DEFAULTS] if key in result and expected.get(key) == live.get(key)]
    return result


def _records(shape: Records, given: list[Properties], expected: list[Properties], live: list[Properties], *, extras: bool) -> list[Properties]:
    asked = {item[shape.key]: item for item in given}
    hoped = {item[shape.key]: item for item in expected}
    found = {item[shape.key]: item for item in live}
    order = [key for key in asked if key in found] + [key for key in found if extras and key not in asked]
    return [_record(shape.item, asked.get(key, {}), hoped.get(key, {}), found[key], extras=extras) for key in order]
