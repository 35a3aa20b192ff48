"""Shapes: what a property looks like in Pulumi, and what it is called in Docker's API.

One declaration of a property serves all: its check and default, its difference,
its way to Docker's API and back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.docker_provider.durations import nanoseconds, text_of


@dataclass(frozen=True)
class Leaf:
    """A value without parts of its own, at ``wire`` (a dotted path) in Docker's API.

    ``keep_zero``: zero is a value of its own, not "not given".
    """

    wire: str
    types: tuple[type, ...] = (str,)
    default: object = None
    encode: Callable[[Any], Any] = lambda value: value
    decode: Callable[[Any], Any] = lambda value: value
    keep_zero: bool = False
    ordered: bool = True


@dataclass(frozen=True)
class Record:
    """A group of named properties."""

    wire: str
    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class Records:
    """A list of records; ``key`` tells them apart whatever their order, "" means by position.

    ``pack`` and ``unpack`` turn the whole list into what Docker's API has in its place.
    """

    wire: str
    item: Record
    key: str = ""
    pack: Callable[[Any], Any] | None = None
    unpack: Callable[[Any], Any] | None = None


Shape = Leaf | Record | Records


def text(wire: str, default: str | None = None) -> Leaf:
    """Return a text."""
    return Leaf(wire, default=default)


def number(wire: str, default: int | None = None, *, keep_zero: bool = False) -> Leaf:
    """Return a whole number."""
    return Leaf(wire, (int,), default, keep_zero=keep_zero)


def flag(wire: str) -> Leaf:
    """Return a flag, true or false."""
    return Leaf(wire, (bool,))


def words(wire: str, *, ordered: bool = True) -> Leaf:
    """Return a list of texts."""
    return Leaf(wire, (list,), ordered=ordered)


def table(wire: str) -> Leaf:
    """Return a table of texts by text."""
    return Leaf(wire, (dict,))


def duration(wire: str, default: str | None = None) -> Leaf:
    """Return a duration: ``1m30s`` here, nanoseconds in Docker's API."""
    return Leaf(wire, (str,), default, encode=nanoseconds, decode=lambda value: text_of(value) if value else None)


def ratio(wire: str, default: str) -> Leaf:
    """Return a fraction, written as text here."""
    return Leaf(wire, (str,), default, encode=float, decode=lambda value: str(float(value)) if value else None)


def labels(wire: str = "Labels") -> Records:
    """Return labels: a list of label and value here, a table in Docker's API."""
    item = Record("", {"label": text("label"), "value": text("value")}, ("label", "value"))
    return Records(
        wire,
        item,
        key="label",
        pack=lambda pairs: {pair["label"]: pair["value"] for pair in pairs},
        unpack=lambda entries: [{"label": label, "value": value} for label, value in sorted((entries or {}).items())],
    )
