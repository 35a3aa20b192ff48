"""Which assumptions move the answer most."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from sizing.evidence import Array, Quantity, scores
from sizing.figures import rounded
from sizing.plan import Sensitivity

TENTH: Final = 0.1
LEAST: Final = 1e-9


def sensitivity(quantities: Iterable[Quantity], people: Array, seed: int) -> tuple[Sensitivity, ...]:
    """Return what each uncertain number does to ``people`` (S,), the most important first.

    The share is the squared correlation of the number's normal scores with the logarithm of the answer: as the draws are
    independent, these are the first-order shares of the variance that is linear on this scale (the rest is interaction).
    Low and high are medians of the tenth of the draws in which the number is lowest and highest.
    """
    drawn = people[1:]
    answer = np.log(np.maximum(drawn, LEAST))
    centred = answer - answer.mean()
    spread = float(np.sqrt(np.mean(centred**2)))
    found = [_one(quantity, scores(quantity.name, len(drawn), seed)[1:], drawn, centred, spread) for quantity in quantities if quantity.uncertain]
    return tuple(sorted(found, key=lambda one: (-one.share, one.name)))


def _one(quantity: Quantity, score: Array, people: Array, centred: Array, spread: float) -> Sensitivity:
    correlation = float(np.mean(score * centred)) / spread / float(np.sqrt(np.mean(score**2))) if spread else 0.0
    edge = max(1, round(len(people) * TENTH))
    order = np.argpartition(score, (edge, len(score) - edge - 1)) if len(score) > 2 * edge else np.argsort(score)
    low, high = (float(np.median(people[part])) for part in (order[:edge], order[-edge:]))
    bounds = (quantity.low if quantity.low is not None else quantity.value, quantity.high if quantity.high is not None else quantity.value)
    return Sensitivity(
        name=quantity.name,
        share=float(f"{correlation**2:.4g}"),
        low=rounded(bounds[0]),
        high=rounded(bounds[1]),
        people_at_low=rounded(low),
        people_at_high=rounded(high),
        unit=quantity.unit,
        source=quantity.source,
    )
