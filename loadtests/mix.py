"""Which requests come, and when: drawn from a seed, so that a run can be repeated."""

import random
from collections.abc import Iterator, Mapping

CACHEABLE = {"blog-post": 0.22, "blog-front": 0.08, "blog-feed": 0.03, "wiki-page": 0.17}
UNCACHEABLE = {
    "blog-post-signed-in": 0.14,
    "blog-front-signed-in": 0.07,
    "blog-search-signed-in": 0.04,
    "wiki-page-signed-in": 0.13,
    "wiki-editor": 0.03,
    "comment": 0.04,
    "publish": 0.02,
    "wiki-edit": 0.03,
}
MIX = {**CACHEABLE, **UNCACHEABLE}
"""Shares of request classes; half of them reach PHP and the database, nine in a hundred write."""


def classes(seed: int, mix: Mapping[str, float] = MIX) -> Iterator[str]:
    """Yield request classes without end, drawn by their shares."""
    draw = random.Random(seed)  # noqa: S311 - a workload, not a secret
    names, weights = tuple(mix), tuple(mix.values())
    while True:
        yield draw.choices(names, weights)[0]


def gaps(seed: int, rate_per_second: float) -> Iterator[float]:
    """Yield seconds between arrivals without end: Poisson arrivals of ``rate_per_second``."""
    draw = random.Random(seed)  # noqa: S311 - a workload, not a secret
    while True:
        yield draw.expovariate(rate_per_second)
