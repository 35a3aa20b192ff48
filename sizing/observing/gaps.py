"""Times between what one person does and the next thing: which are thinking, and which lie between two visits."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from sizing.evidence import Array

SHORTEST_S: Final = 0.5
LONGEST_S: Final = 40 * 86_400.0
BINS: Final = 240
EDGES: Final = np.geomspace(SHORTEST_S, LONGEST_S, BINS + 1)
STEP: Final = float(np.log(EDGES[1] / EDGES[0]))
FIRST: Final = float(np.log(SHORTEST_S))
NEAR_S: Final = 3 * 3600.0
NEAR: Final = int(np.searchsorted(EDGES, NEAR_S))
MIDDLES: Final = np.sqrt(EDGES[1:] * EDGES[:-1])
FEWEST_THOUGHTS: Final = 200
FEWEST_AWAY: Final = 30
LEAST: Final = 1e-12
HOUR_S: Final = 3600.0


@dataclass(frozen=True)
class Gaps:
    """Two kinds of gaps: log-normal thinking (``mu``, ``sigma`` of the logarithm of seconds), and, up to three hours, absences at a hazard ``away`` per second.

    ``share`` of the gaps up to three hours are absences. ``counts`` are what it was fitted to.
    """

    counts: Array
    mu: float
    sigma: float
    away: float
    share: float

    @cached_property
    def absent(self) -> Array:
        """The probability that a gap is an absence, by bin."""
        thought, away = _shapes(self.mu, self.sigma, self.away)
        inside = self.share * away / np.maximum(self.share * away + (1 - self.share) * thought, LEAST)
        # Beyond where the two are alike nothing turns back, whatever the tails say; three hours are an absence.
        inside[int(np.argmax(thought)) :] = np.maximum.accumulate(inside[int(np.argmax(thought)) :])
        return np.concatenate([inside, np.ones(BINS - NEAR)])

    @property
    def absences(self) -> float:
        """How many gaps lie between two visits."""
        return float(np.sum(self.absent * self.counts))

    @property
    def think_s(self) -> float:
        """Mean think time: of all gaps, each as far as it is thinking; the log-normal shape only tells the two apart."""
        weights = (1 - self.absent) * self.counts
        return float(np.sum(weights * MIDDLES) / np.sum(weights))

    @property
    def crossing_s(self) -> float:
        """The gap that is as likely the one as the other."""
        past = int(np.argmax(_shapes(self.mu, self.sigma, self.away)[0]))
        return float(MIDDLES[past + int(np.argmax(self.absent[past:] > 0.5))])  # noqa: PLR2004 - as likely as not


def place(gap_s: float) -> int:
    """Return the bin of a gap of SHORTEST_S and more."""
    return min(BINS - 1, int((float(np.log(gap_s)) - FIRST) / STEP))


def told_apart(counts: Array, near_to: Gaps | None = None) -> Gaps | None:
    """Return the two kinds of gaps in ``counts`` (by bin), looked for from ``near_to``; None where one of them is too rare to be told."""
    from scipy.optimize import minimize  # noqa: PLC0415 - a second of import that only observing needs

    near = counts[:NEAR]
    minutes = int(np.searchsorted(EDGES, HOUR_S / 6))
    early = counts[:minutes]
    if np.sum(early) < FEWEST_THOUGHTS or np.sum(near[minutes:]) < FEWEST_AWAY:
        return None
    found = minimize(_surprise, _begin(early, near, near_to), args=(near,), method="L-BFGS-B", bounds=[(-1, 8), (-2.5, 1), (-16, -6.5), (-12, 5)])
    mu, log_sigma, log_away, logit = found.x
    told = Gaps(counts, float(mu), float(np.exp(log_sigma)), float(np.exp(log_away)), float(1 / (1 + np.exp(-logit))))
    return told if SHORTEST_S < told.crossing_s < NEAR_S / 2 else None


def _begin(early: Array, near: Array, near_to: Gaps | None) -> Array:
    if near_to is not None:
        return np.array([near_to.mu, np.log(near_to.sigma), np.log(near_to.away), np.log(near_to.share / (1 - near_to.share))])
    logs = np.log(MIDDLES[: len(early)])
    mu = float(np.average(logs, weights=early))
    sigma = float(np.sqrt(np.average((logs - mu) ** 2, weights=early)))
    rare = float(np.log(np.sum(near[len(early) :]) / np.sum(early)))
    return np.array([mu, np.log(max(sigma, 0.1)), np.log(1 / HOUR_S / 4), rare])


def _surprise(parameters: Array, near: Array) -> float:
    """Return the mean negative log-likelihood of the gaps up to three hours, by bin."""
    mu, log_sigma, log_away, logit = parameters
    thought, away = _shapes(float(mu), float(np.exp(log_sigma)), float(np.exp(log_away)))
    share = 1 / (1 + np.exp(-logit))
    return -float(np.sum(near * np.log(share * away + (1 - share) * thought + LEAST)) / np.sum(near))


def _shapes(mu: float, sigma: float, away: float) -> tuple[Array, Array]:
    """Return the probability of each bin up to three hours: of thinking, and of absences."""
    from scipy.special import ndtr  # noqa: PLC0415 - a second of import that only observing needs

    edges = EDGES[: NEAR + 1]
    thought = np.diff(ndtr((np.log(edges) - mu) / sigma))
    gone = -np.diff(np.exp(-away * edges))
    return thought / max(float(np.sum(thought)), LEAST), gone / max(float(np.sum(gone)), LEAST)
