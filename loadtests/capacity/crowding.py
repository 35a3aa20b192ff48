"""How much longer a request takes because others are there."""

import math

from scipy.optimize import brentq

from sizing.queueing.erlang import stretch

FULL = 0.98
"""Beyond, no run of minutes is in a steady state."""


def crowding(cores: int, busy: float) -> float:
    """Return the logarithm of mean response over demand where ``cores`` are ``busy`` (0..1) and shared by all (M/G/c-PS as M/M/c; Kelly, 1979)."""
    return math.log(float(stretch(cores, cores * min(FULL, max(0.0, busy)))))


def busy_at(cores: int, wanted: float) -> float:
    """Return how busy the cores are (0..``FULL``) where ``crowding`` is ``wanted``."""
    if wanted <= 0:
        return 0.0
    if wanted >= crowding(cores, FULL):
        return FULL
    return float(brentq(lambda busy: crowding(cores, busy) - wanted, 0.0, FULL))


def steepness(cores: int, busy: float) -> float:
    """Return the derivative of ``crowding`` by ``busy``."""
    step = 1e-4
    at = min(FULL - step, max(step, busy))
    return (crowding(cores, at + step) - crowding(cores, at - step)) / (2 * step)
