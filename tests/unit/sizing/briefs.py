"""Briefs for tests: the example, changed at a path."""

import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[3]
PILOT = (ROOT / "examples/pilot.yaml").read_text(encoding="utf-8")


def read(text: str) -> Any:  # noqa: ANN401 - YAML has any shape
    return YAML(typ="safe", pure=True).load(text)


def steps(path: str) -> list[str | int]:
    return [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]


def put(value: Any, path: str, new: object) -> None:  # noqa: ANN401 - mappings and lists, as YAML gives them
    *before, last = steps(path)
    for step in before:
        value = value[step] if isinstance(step, int) else value.setdefault(step, {})
    value[last] = new


def changed(changes: Mapping[str, object]) -> dict[str, Any]:
    """The example, with other values at some paths."""
    value = deepcopy(VALUE)
    for path, new in changes.items():
        put(value, path, new)
    return value


def without(path: str) -> dict[str, Any]:
    """The example, with nothing at ``path``."""
    value = deepcopy(VALUE)
    inner: Any = value
    *before, last = steps(path)
    for step in before:
        inner = inner[step]
    del inner[last]
    return value


VALUE: dict[str, Any] = read(PILOT)
