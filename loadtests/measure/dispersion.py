"""How much late requests come together: then many of them tell no more than a few independent ones would."""

from collections.abc import Sequence

import numpy as np

from loadtests.measure.intervals import BATCHES, LEAST_ORDERED, quantile

DIGITS = 4


def dispersion(series: Sequence[float], share: float) -> float | None:
    """Return the dispersion of what is above the quantile ``share`` of ``series`` (in order of time); None where it holds too little.

    That is the variance of their numbers in ten equal parts over that of independent ones (index of dispersion: Cox and
    Lewis, 1966): about 1 where they are independent, larger where they come together. The number of all divided by it is
    that of as many independent ones.
    """
    if len(series) < LEAST_ORDERED:
        return None
    values = np.asarray(series, dtype=float)
    late = values > quantile(values, share)
    parts = np.array_split(late, BATCHES)
    return round(scatter([int(part.sum()) for part in parts], [len(part) for part in parts]), DIGITS)


def scatter(found: Sequence[int], number: Sequence[int]) -> float:
    """Return the dispersion of ``found`` in ``number`` for each part; 1 where none was found, or all were."""
    share = sum(found) / sum(number) if sum(number) else 0.0
    inside = [(some, many) for some, many in zip(found, number, strict=True) if many]
    if not 0 < share < 1 or len(inside) < 2:  # noqa: PLR2004 - one part scatters about nothing
        return 1.0
    return sum((some - many * share) ** 2 / (many * share * (1 - share)) for some, many in inside) / (len(inside) - 1)
