"""Check: defaults filled in as the official plugin does, everything unserved refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.docker_provider.shapes import Leaf, Record, Records, Shape
from infra.docker_provider.values import DEFAULTS, UNKNOWN, Properties, known

WORDS = {str: "text", int: "a whole number", bool: "true or false", list: "a list", dict: "a table"}


@dataclass(frozen=True)
class Refusal:
    """An input that cannot be: at which property, and why."""

    path: str
    reason: str


def with_defaults(shape: Record, given: Properties) -> Properties:
    """Return ``given`` with defaults, their names listed in ``__defaults`` of each record."""
    full = {key: _filled(shape.fields.get(key), value) for key, value in given.items() if key != DEFAULTS}
    defaults = {key: part.default for key, part in shape.fields.items() if isinstance(part, Leaf) and part.default is not None and full.get(key) is None}
    return {DEFAULTS: sorted(defaults), **full, **defaults}


def refusals(shape: Record, given: Properties, path: str = "") -> Iterator[Refusal]:
    """Say what in ``given`` is missing, unknown to this provider, or of a wrong type."""
    for key in shape.required:
        if given.get(key) is None:
            yield Refusal(_join(path, key), "is required")
    for key, value in given.items():
        if key == DEFAULTS or value is None:
            continue
        if key not in shape.fields:
            yield Refusal(_join(path, key), "is not served by the air-gapped Docker provider")
        else:
            yield from _wrong(shape.fields[key], value, _join(path, key))


def _filled(shape: Shape | None, value: Any) -> Any:  # noqa: ANN401 - a property value
    match shape:
        case Record() if isinstance(value, dict):
            return with_defaults(shape, value)
        case Records() if isinstance(value, list):
            return [with_defaults(shape.item, item) if isinstance(item, dict) else item for item in value]
        case _:
            return value


def _wrong(shape: Shape, value: Any, path: str) -> Iterator[Refusal]:  # noqa: ANN401 - a property value
    if value == UNKNOWN:
        return
    match shape:
        case Leaf():
            yield from _wrong_leaf(shape, value, path)
        case Record() if isinstance(value, dict):
            yield from refusals(shape, value, path)
        case Records() if isinstance(value, list):
            for index, item in enumerate(value):
                yield from _wrong(shape.item, item, f"{path}[{index}]")
        case _:
            yield Refusal(path, "must be a list" if isinstance(shape, Records) else "must be a group of properties")


def _wrong_leaf(shape: Leaf, value: Any, path: str) -> Iterator[Refusal]:  # noqa: ANN401 - a property value
    if not isinstance(value, shape.types) or (isinstance(value, bool) and bool not in shape.types):
        yield Refusal(path, f"must be {WORDS[shape.types[0]]}")
    elif known(value):
        try:
            shape.encode(value)
        except ValueError as problem:
            yield Refusal(path, str(problem))


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
