"""Briefs for tests: the example, changed at a path."""

import re
from copy import deepcopy
from pathlib import Path

from ruamel.yaml import YAML

Value = dict | list | str | int | float | bool | None
ROOT = Path(__file__).resolve().parents[3]
PILOT = (ROOT / "examples/pilot.yaml").read_text(encoding="utf-8")


def read(text: str) -> Value:
    return YAML(typ="safe", pure=True).load(text)


def steps(path: str) -> list[str | int]:
    return [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]


def put(value: Value, path: str, new: Value) -> None:
    *before, last = steps(path)
    for step in before:
        value = value[step] if isinstance(step, int) else value.setdefault(step, {})
    value[last] = new


def changed(changes: dict[str, Value]) -> Value:
    """The example, with other values at some paths."""
    value = deepcopy(VALUE)
    for path, new in changes.items():
        put(value, path, new)
    return value


def without(path: str) -> Value:
    """The example, with nothing at ``path``."""
    value = inner = deepcopy(VALUE)
    *before, last = steps(path)
    for step in before:
        inner = inner[step]
    del inner[last]
    return value


VALUE = read(PILOT)
