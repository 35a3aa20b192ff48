"""The cheapest set of servers: an integer programme, solved by HiGHS."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST: Final = 100_000
ROUNDING: Final = 1e-9
PER_MACHINE: Final = 1e-4
"""Added to each machine's price: of two sets at one price the smaller wins."""


@dataclass(frozen=True)
class Option:
    """One shape in one role of a rung, at a price for each machine.

    Either ``fixed`` machines of it are needed, or as many that ``carries`` (a factor of the people for each) adds up
    to 1 with ``spare`` of them dead, and at least ``least``; it comes in sets of ``times``.
    """

    rung: int
    role: str
    shape: str
    price: float
    fixed: int = 0
    carries: float = 0.0
    least: int = 1
    spare: int = 0
    times: int = 1

    @property
    def possible(self) -> bool:
        """Whether any number of it is enough."""
        return self.fixed > 0 or (self.carries > 0 and 1 / self.carries + self.spare <= MOST)

    @property
    def whole_price(self) -> float:
        """Of as many machines as are needed, if it is chosen; infinite where no number is enough."""
        if not self.possible:
            return math.inf
        sets = self.fixed or max(self.least, math.ceil(1 / min(self.carries, 1.0) + self.spare - ROUNDING))
        return self.price * self.times * sets


@dataclass(frozen=True)
class Programme:
    """Exactly one rung is chosen; in each of its roles exactly one shape."""

    options: tuple[Option, ...]

    def possible(self) -> tuple[Option, ...]:
        """Return the options of rungs in which every role has one."""
        roles: dict[int, set[str]] = {}
        for option in self.options:
            roles.setdefault(option.rung, set()).add(option.role)
        able = [option for option in self.options if option.possible]
        whole = {rung for rung, needed in roles.items() if needed == {option.role for option in able if option.rung == rung}}
        return tuple(option for option in able if option.rung in whole)


def cheapest(programme: Programme) -> list[tuple[Option, int]] | None:
    """Return the chosen options with their numbers of machines; None where no rung is possible.

    Minimise the price over binaries z (is the rung chosen?) and y (is the shape used?) and whole n (sets of it): the z add
    up to 1, the y of each role of a rung to its z, and n >= (1/carries + spare) y, least y <= n <= most y.
    """
    options = programme.possible()
    if not options:
        return None
    rungs = sorted({option.rung for option in options})
    first_set = len(rungs) + len(options)
    rows = list(_rows(options, rungs))
    cost = [0.0] * first_set + [(option.price + PER_MACHINE) * option.times for option in options]
    values = _solved(np.array(cost), [1.0] * first_set + [float(MOST)] * len(options), rows)
    return [(option, round(count) * option.times) for option, count in zip(options, values[first_set:], strict=True) if round(count) > 0]


@dataclass(frozen=True)
class Row:
    """One constraint: low <= sum of ``weights`` (by column) <= high."""

    weights: dict[int, float]
    low: float = 0.0
    high: float = np.inf


def _rows(options: tuple[Option, ...], rungs: list[int]) -> Iterator[Row]:
    """Yield the constraints; columns: z by rung, then y by option, then n by option."""
    yield Row(dict.fromkeys(range(len(rungs)), 1.0), 1.0, 1.0)
    used = {at: len(rungs) + at for at in range(len(options))}
    for rung, role in sorted({(option.rung, option.role) for option in options}):
        mine = {used[at]: 1.0 for at, option in enumerate(options) if (option.rung, option.role) == (rung, role)}
        yield Row(mine | {rungs.index(rung): -1.0}, 0.0, 0.0)
    for at, option in enumerate(options):
        flag, number = used[at], len(rungs) + len(options) + at
        if option.fixed:
            yield Row({number: 1.0, flag: -float(option.fixed)}, 0.0, 0.0)
            continue
        carried = min(option.carries, 1.0)
        yield Row({number: 1.0, flag: -(1 / carried + option.spare)})
        yield Row({number: 1.0, flag: -float(option.least)})
        yield Row({number: 1.0, flag: -float(MOST)}, -np.inf, 0.0)


def _solved(cost: NDArray[np.float64], most: list[float], rows: list[Row]) -> list[float]:
    """Return the whole numbers from 0 to ``most`` that meet ``rows`` at the lowest cost."""
    import highspy  # noqa: PLC0415 - only a choice needs it

    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(cost), len(rows)
    model.col_cost_, model.col_lower_, model.col_upper_ = cost, np.zeros(len(cost)), np.array(most)
    model.row_lower_, model.row_upper_ = np.array([row.low for row in rows]), np.array([row.high for row in rows])
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_ = np.cumsum([0, *(len(row.weights) for row in rows)])
    matrix.index_ = np.array([column for row in rows for column in row.weights])
    matrix.value_ = np.array([weight for row in rows for weight in row.weights.values()])
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(cost)
    from highspy._core import _Highs  # noqa: PLC0415 - without callbacks: Highs prints a banner to stdout when it is made

    solver = _Highs()
    solver.setOptionValue("output_flag", False)  # noqa: FBT003 - its own signature
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.passModel(model)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"the integer programme ended as {solver.modelStatusToString(solver.getModelStatus())}")
    return list(solver.getSolution().col_value)
