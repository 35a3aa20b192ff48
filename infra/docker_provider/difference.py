"""Diff: what an update changes, path by path, between the old inputs and the new ones.

Inputs, not the state, are compared: a refresh puts drift into the inputs (``drift``),
and what Docker adds by itself never looks like a change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from infra.docker_provider.shapes import Leaf, Record, Records, Shape
from infra.docker_provider.values import DEFAULTS, Properties, known, without_defaults

Kind = Literal["ADD", "DELETE", "UPDATE"]


@dataclass(frozen=True)
class Change:
    """One change, at a path such as ``taskSpec.containerSpec.env.V``."""

    path: str
    kind: Kind


def changes(shape: Record, old: Properties, new: Properties) -> list[Change]:
    """Return what differs; the order of sets and values that are only defaults do not count."""
    return list(_record(shape, old, new, ""))


def _record(shape: Record, old: Properties, new: Properties, path: str) -> Iterator[Change]:
    for key in sorted((set(old) | set(new)) - {DEFAULTS}):
        before, after = old.get(key), new.get(key)
        if _only_default(key, before, old, after) or _only_default(key, after, new, before):
            continue
        yield from _change(shape.fields.get(key, Leaf("")), before, after, f"{path}.{key}" if path else key)


def _only_default(key: str, value: Any, within: Properties, other: Any) -> bool:  # noqa: ANN401 - property values
    return value is not None and other is None and key in within.get(DEFAULTS, ())


def _change(shape: Shape, before: Any, after: Any, path: str) -> Iterator[Change]:  # noqa: ANN401 - property values
    if _absent(before) and _absent(after):
        return
    if _absent(before):
        yield Change(path, "ADD")
    elif _absent(after):
        yield Change(path, "DELETE")
    elif not isinstance(after, type(before)) or _leaf(shape, before):
        if _comparable(shape, before) != _comparable(shape, after):
            yield Change(path, "UPDATE")
    elif isinstance(before, dict):
        yield from _record(shape if isinstance(shape, Record) else Record(""), before, after, path)
    else:
        yield from _list(shape, before, after, path)


def _leaf(shape: Shape, value: object) -> bool:
    return not isinstance(value, dict | list) or (isinstance(shape, Leaf) and not shape.ordered)


def _comparable(shape: Shape, value: Any) -> Any:  # noqa: ANN401 - a property value
    unordered = isinstance(shape, Leaf) and not shape.ordered and isinstance(value, list)
    return sorted(map(str, value)) if unordered else value


def _list(shape: Shape, before: Sequence[Any], after: Sequence[Any], path: str) -> Iterator[Change]:
    if not known(list(after)):
        if before != after:
            yield Change(path, "UPDATE")
        return
    item: Shape = shape.item if isinstance(shape, Records) else Leaf("")
    for (index_before, index_after), (was, now) in _pairs(shape, before, after):
        index = index_before if index_after is None else index_after
        yield from _change(item, was, now, f"{path}[{index}]")


def _pairs(shape: Shape, before: Sequence[Any], after: Sequence[Any]) -> Iterator[tuple[tuple[int | None, int | None], tuple[Any, Any]]]:
    """Pair the items of two lists by their key, by position where they have none."""
    key = shape.key if isinstance(shape, Records) else ""
    old = {item[key] if key else index: (index, item) for index, item in enumerate(before)}
    new = {item[key] if key else index: (index, item) for index, item in enumerate(after)}
    for name in [*new, *(name for name in old if name not in new)]:
        index_before, was = old.get(name, (None, None))
        index_after, now = new.get(name, (None, None))
        yield (index_before, index_after), (was, now)


def _absent(value: Any) -> bool:  # noqa: ANN401 - a property value
    return value is None or value is False or value == "" or without_defaults(value) in ([], {})
