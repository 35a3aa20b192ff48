"""Service demands: what one request of a class takes from each resource, measured, with what is not known of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sizing.evidence import NORMAL_95, Array, Quantity, Values, read, scores

CLASSES: Final = (
    "page_anonymous", "page_signed_in", "feed", "search", "comment", "post", "media_view",
    "upload", "sign_in", "wiki_view", "wiki_edit", "asset",
)  # fmt: skip
AT: Final = {kind: at for at, kind in enumerate(CLASSES)}
VARIATION: Final = "variation"
MOST_VARIED: Final = 3.0
"""Where the way in which it is measured ends."""
EDGE: Final = ("frontdoor", "pagecache", "connection")
HEAD: Final = (
    "# Service demands: ms of a resource's CPU for one request of a class ('any': each request that passes it); 'wait' is time without CPU.",
    "# 'spread' is the standard deviation between batches of 'batch' requests; a benchmark on the deployed platform writes this file",
    "# (sizing.demands.written); one line for each number.",
)


@dataclass(frozen=True)
class Measured:
    """One measured demand (ms): median and standard deviation of ``batches`` means of ``batch`` requests."""

    kind: str
    resource: str
    value: float
    spread: float
    batch: int
    batches: int
    source: str
    known: float | None = None
    """Relative standard error, where it does not come from the batches."""

    @property
    def name(self) -> str:
        """Its name among the numbers."""
        return f"demand.{self.kind}.{self.resource}"

    @property
    def error(self) -> float:
        """Standard error of the mean, relative."""
        if self.known is not None:
            return self.known
        return self.spread / self.batches**0.5 / self.value if self.value else 0.0

    @property
    def single(self) -> float:
        """Standard deviation of one request (ms), if requests of a batch are independent."""
        return float(self.spread * self.batch**0.5)


@dataclass(frozen=True)
class Varied:
    """How much requests of a class differ: standard deviation over mean, and its relative standard error."""

    value: float
    error: float
    source: str


@dataclass(frozen=True)
class Demands:
    """Seconds by scenario and class, each (S, C): CPU of PHP (with its nginx) and of the database, and time without CPU; edge (S,).

    ``connection`` (S,) is the front door's CPU time for one that is opened (TLS), beside that of the request.

    ``variation`` (S, C) is the coefficient of variation of one request's CPU time within its class.
    """

    php: Array
    database: Array
    wait: Array
    variation: Array
    frontdoor: Array
    pagecache: Array
    connection: Array

    def only(self, chosen: NDArray[np.intp]) -> "Demands":
        """Return the ``chosen`` scenarios."""
        return Demands(*(getattr(self, one.name)[chosen] for one in fields(self)))


@dataclass(frozen=True)
class Table:
    """Every measured demand."""

    measured_on: str
    lines: tuple[Measured, ...]
    varied: Mapping[str, Varied] = field(default_factory=dict)
    """By class, as far as it was measured."""

    def medians(self, values: Values) -> Demands:
        """Return the demands in each scenario of ``values``, the measurements' own error left out."""
        return self._scenarios(values, {})

    def drawn(self, values: Values, seed: int) -> Demands:
        """Return the demands in each scenario of ``values``, each drawn within the error of its measurement."""
        found = {(one.kind, one.resource): scores(one.name, values.scenarios - 1, seed) for one in self.lines}
        found |= {(kind, VARIATION): scores(variation_of(kind), values.scenarios - 1, seed) for kind in self.varied}
        return self._scenarios(values, found)

    def _scenarios(self, values: Values, drawn: Mapping[tuple[str, str], Array]) -> Demands:
        scale = values["demand_scale"] / 1000
        nothing = np.zeros(values.scenarios)

        def seconds(kind: str, resource: str) -> Array:
            one = self._found.get((kind, resource))
            if one is None:
                return nothing
            score = drawn.get((kind, resource))
            return scale * one.value * (1.0 if score is None else np.exp(score * one.error))

        def table(*resources: str) -> Array:
            return np.stack([sum((seconds(kind, resource) for resource in resources), nothing) for kind in CLASSES], axis=1)

        edge = (seconds("any", role) for role in EDGE)
        return Demands(
            table("php", "nginx"), table("database"), table("wait"), np.stack([self._variation(kind, values, drawn) for kind in CLASSES], axis=1), *edge
        )

    def _variation(self, kind: str, values: Values, drawn: Mapping[tuple[str, str], Array]) -> Array:
        """Return how requests of a class differ (S,): as measured; else as measured for one page, and as pages are assumed to differ from each other."""
        if (one := self.varied.get(kind)) is not None:
            score = drawn.get((kind, VARIATION))
            return np.full(values.scenarios, one.value) if score is None else np.minimum(one.value * np.exp(score * one.error), MOST_VARIED)
        lines = [one for one in self.lines if one.kind == kind and one.resource != "wait"]
        whole = sum(one.value for one in lines)
        within = sum(one.single**2 for one in lines) ** 0.5 / whole if whole else 0.0
        return np.hypot(within, values["page_variation"])

    @property
    def _found(self) -> dict[tuple[str, str], Measured]:
        return {(one.kind, one.resource): one for one in self.lines}

    def quantities(self) -> tuple[Quantity, ...]:
        """Return every demand, and every variation that was measured, as a number with spread and source."""
        variations = (
            Quantity(variation_of(kind), one.value, "ratio", one.source, one.value * np.exp(-NORMAL_95 * one.error), one.value * np.exp(NORMAL_95 * one.error))
            for kind, one in self.varied.items()
        )
        demands_of = (
            Quantity(
                one.name,
                one.value,
                "ms",
                one.source if one.known is not None else f"{one.source}; {self.measured_on}",
                one.value * np.exp(-NORMAL_95 * one.error),
                one.value * np.exp(NORMAL_95 * one.error),
            )
            for one in self.lines
        )
        return (*demands_of, *variations)


def variation_of(kind: str) -> str:
    """Return the name of a class's variation among the numbers."""
    return f"{VARIATION}.{kind}"


@cache
def demands() -> Table:
    """Return ``evidence/demands.yaml``."""
    content = read("demands.yaml")
    return Table(
        content["measured_on"],
        tuple(
            Measured(line["class"], line["resource"], float(line["value"]), float(line["spread"]), line["batch"], content["batches"], line["source"])
            for line in content["demands"]
        ),
    )


def written(measured_on: str, batches: int, lines: list[dict[str, Any]]) -> str:
    """Return ``demands.yaml``: ``lines`` with class, resource, value, spread (both ms), batch and source, one for each number."""
    head = (*HEAD, f"measured_on: {json.dumps(measured_on)}", f"batches: {batches}", "demands:")
    return "\n".join((*head, *(_line(line) for line in lines))) + "\n"


def _line(line: dict[str, Any]) -> str:
    numbers = f"value: {line['value']:g}, spread: {line['spread']:g}, batch: {line['batch']}, unit: ms"
    return f"  - {{class: {line['class']}, resource: {line['resource']}, {numbers}, source: {json.dumps(line['source'])}}}"
