"""The numbers that the answer stands on, each with its source."""

import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from sizing.plan import Assumption

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Evidence:
    """The assumptions by name, with what the brief knows better in their place."""

    items: tuple[Assumption, ...]

    def __getitem__(self, name: str) -> float:
        """Return a value; KeyError where no evidence has the name."""
        return self._values[name]

    @cached_property
    def _values(self) -> dict[str, float]:
        return {item.name: float(item.value) for item in self.items}

    def replaced(self, **values: float | None) -> "Evidence":
        """Return evidence in which ``values`` (None: no change) come from the brief."""
        known = {name: value for name, value in values.items() if value is not None}
        return Evidence(tuple(_from_brief(item, known[item.name]) if item.name in known else item for item in self.items))


def _from_brief(item: Assumption, value: float) -> Assumption:
    return Assumption(name=item.name, value=value, unit=item.unit, source="the brief")


@dataclass(frozen=True)
class Demands:
    """Service demand (CPU ms; ``wait`` without CPU) by class and resource."""

    ms: dict[str, dict[str, float]]
    spread: dict[str, float]
    items: tuple[Assumption, ...]

    def get(self, kind: str, resource: str) -> float:
        """Return the demand of one request in ms, 0 where the class does not visit the resource."""
        return self.ms.get(kind, {}).get(resource, 0.0)


@cache
def evidence() -> Evidence:
    """Return ``evidence.yaml``."""
    return Evidence(tuple(Assumption(name=name, **line) for name, line in _read("evidence.yaml").items()))


@cache
def demands() -> Demands:
    """Return ``demands.yaml``; ``spread`` is each class's relative spread of its whole demand."""
    content = _read("demands.yaml")
    ms: dict[str, dict[str, float]] = {}
    squares: dict[str, float] = {}
    items = []
    for line in content["demands"]:
        kind, resource = line["class"], line["resource"]
        ms.setdefault(kind, {})[resource] = float(line["value"])
        squares[kind] = squares.get(kind, 0.0) + float(line["spread"]) ** 2
        source = f"{line['source']}; {content['measured_on']}" if line["source"].startswith("measured") else line["source"]
        items.append(Assumption(name=f"demand.{kind}.{resource}", value=line["value"], unit=line["unit"], source=source))
    spread = {kind: squares[kind] ** 0.5 / max(sum(ms[kind].values()), 1e-9) for kind in ms}
    return Demands(ms, spread, tuple(items))


def written(measured_on: str, lines: list[dict[str, Any]]) -> str:
    """Return ``demands.yaml``: ``lines`` with class, resource, value, spread (both ms) and source, one for each number."""
    head = (
        "# Service demands: ms of a resource's CPU for one request of a class ('any': each request that passes it); 'wait' is time without CPU.",
        "# A benchmark on the deployed platform writes this file (sizing.evidence.written); one line for each number.",
        f"measured_on: {json.dumps(measured_on)}",
        "demands:",
    )
    return "\n".join((*head, *(_line(line) for line in lines))) + "\n"


def _line(line: dict[str, Any]) -> str:
    numbers = f"value: {line['value']:g}, spread: {line['spread']:g}, unit: ms"
    return f"  - {{class: {line['class']}, resource: {line['resource']}, {numbers}, source: {json.dumps(line['source'])}}}"


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe", pure=True).load(FOLDER / name)
    return content
