"""The numbers that the answer stands on: each with value, spread and source; drawn as scenarios.

A number is known by its median (``value``) and its 5 % and 95 % quantiles (``low``, ``high``); a number without
them is a choice, not an estimate. Shares are drawn on the logit scale, everything else on the log scale, with one
width below the median and another above it, so that value, low and high are hit exactly.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

Array = NDArray[np.float64]

FOLDER: Final = Path(__file__).parent
FILES: Final = ("people.yaml", "content.yaml", "machine.yaml", "engine.yaml", "recovery.yaml")
NORMAL_95: Final = 1.6448536269514722
SHARE: Final = "share"
NARROWEST_SHARE: Final = 1e-9
REMEMBERED: Final = 256


@dataclass(frozen=True)
class Quantity:
    """A number: median ``value``; 5 % and 95 % quantiles where it is uncertain; unit, source and a note."""

    name: str
    value: float
    unit: str
    source: str
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def uncertain(self) -> bool:
        """Whether it is drawn; choices and facts are not."""
        return self.low is not None and self.high is not None

    def at(self, normal: Array) -> Array:
        """Return the values (S,) at standard normal scores (S,): 0 gives the median, ±1.645 the quantiles."""
        if self.low is None or self.high is None or self.low == self.high:
            return np.full_like(normal, self.value)
        share = self.unit.startswith(SHARE)
        low, middle, high = (_logit(x) if share else float(np.log(x)) for x in (self.low, self.value, self.high))
        moved = middle + normal / NORMAL_95 * np.where(normal < 0, middle - low, high - middle)
        return 1 / (1 + np.exp(-moved)) if share else np.exp(moved)


def _logit(share: float) -> float:
    inside = min(max(share, NARROWEST_SHARE), 1 - NARROWEST_SHARE)
    return float(np.log(inside / (1 - inside)))


@dataclass(frozen=True)
class Values:
    """Scenarios: each number by name, an array of shape (S,)."""

    arrays: Mapping[str, Array]
    scenarios: int

    def __getitem__(self, name: str) -> Array:
        """Return one number in all scenarios; KeyError where no evidence has the name."""
        return self.arrays[name]

    def point(self, name: str) -> float:
        """Return a number that does not differ between the scenarios, or its first."""
        return float(self.arrays[name][0])

    def only(self, chosen: NDArray[np.intp]) -> "Values":
        """Return the ``chosen`` scenarios."""
        return Values(_Chosen(self.arrays, chosen), len(chosen))


class _Chosen(Mapping[str, Array]):
    """Some scenarios of arrays, each taken out when it is first asked for: a solver asks for few of them."""

    def __init__(self, whole: Mapping[str, Array], chosen: NDArray[np.intp]) -> None:
        self.whole, self.chosen, self.taken = whole, chosen, dict[str, Array]()

    def __getitem__(self, name: str) -> Array:
        if name not in self.taken:
            self.taken[name] = self.whole[name][self.chosen]
        return self.taken[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole)

    def __len__(self) -> int:
        return len(self.whole)


@dataclass(frozen=True)
class Evidence:
    """All numbers, by name."""

    items: tuple[Quantity, ...]

    def __getitem__(self, name: str) -> float:
        """Return a median; KeyError where no evidence has the name."""
        return self._by_name[name].value

    def quantity(self, name: str) -> Quantity:
        """Return a number with its spread and source; KeyError where no evidence has the name."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Quantity]:
        return {item.name: item for item in self.items}

    def names(self) -> frozenset[str]:
        """Return every name."""
        return frozenset(self._by_name)

    def replaced(self, source: str, values: Mapping[str, float | None]) -> "Evidence":
        """Return evidence in which ``values`` (None: no change) are known from ``source``, without a spread."""
        known = {name: value for name, value in values.items() if value is not None}
        fixed = {name: Quantity(name, value, self.quantity(name).unit, source) for name, value in known.items()}
        return Evidence(tuple(fixed.get(item.name, item) for item in self.items))

    def medians(self) -> Values:
        """Return one scenario: every number at its median."""
        return Values({item.name: np.array([item.value]) for item in self.items}, 1)

    def drawn(self, draws: int, seed: int) -> Values:
        """Return ``draws`` + 1 scenarios: the medians, then independent draws; one number's draws do not depend on the others."""
        arrays = {item.name: item.at(scores(item.name, draws, seed)) if item.uncertain else np.full(draws + 1, item.value) for item in self.items}
        return Values(arrays, draws + 1)


@lru_cache(maxsize=REMEMBERED)
def scores(name: str, draws: int, seed: int) -> Array:
    """Return 0 (the median) and then ``draws`` stratified standard normal scores, reproducible by name and seed.

    One score in each of S equal slices of probability, in random order (Latin hypercube: McKay, Beckman & Conover, 1979):
    each number's own distribution is met exactly, so that fewer draws are needed.
    """
    return np.concatenate([np.zeros(1), _normal_quantiles(draws)[np.argsort(_mixed(f"{seed}/{name}", draws))]])


def _mixed(key: str, count: int) -> NDArray[np.uint64]:
    """Return ``count`` evenly scattered whole numbers that ``key`` determines, on every machine and with every numpy (SplitMix64: Steele et al., 2014)."""
    start = np.frombuffer(hashlib.sha256(key.encode()).digest()[:8], dtype="<u8").astype(np.uint64)
    state = start + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(state ^ (state >> np.uint64(31)))


@cache
def _normal_quantiles(count: int) -> Array:
    from statistics import NormalDist  # noqa: PLC0415 - only drawn scenarios need it

    normal = NormalDist()
    return np.array([normal.inv_cdf((at + 0.5) / count) for at in range(count)])


@cache
def evidence() -> Evidence:
    """Return the numbers of people, content, machine and engine."""
    return Evidence(tuple(_quantity(name, line) for file in FILES for name, line in read(file).items()))


def _quantity(name: str, line: Mapping[str, Any]) -> Quantity:
    low, high = (float(line[key]) if key in line else None for key in ("low", "high"))
    return Quantity(name, float(line["value"]), line["unit"], line["source"], low, high, line.get("note", ""))


def read(name: str) -> Any:  # noqa: ANN401 - mappings, and one list
    """Return the content of one of the files beside this one."""
    return YAML(typ="safe").load(FOLDER / name)
