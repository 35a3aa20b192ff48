"""Bass's coefficients from the people who came for the first time, week by week."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from sizing.adoption import bass
from sizing.evidence import Array
from sizing.observing.interval import Estimate

WEEKS_PER_YEAR: Final = 365.25 / 7
FEWEST_WEEKS: Final = 8
FEWEST_PEOPLE: Final = 50
DROP: Final = 1.920729410347062
"""Half the 95 % quantile of chi-squared with one degree of freedom."""
BOUNDS: Final = {"p": (1e-4, 30.0), "q": (1e-3, 60.0)}
TOO_WIDE: Final = 10.0
UNBOUNDED: Final = 50.0
LEAST: Final = 1e-300
SMALL: Final = 1e-12
STEPS: Final = 40
NEARLY: Final = 0.999
CLOSE: Final = 0.01
TRIES: Final = ((0.3, 1.0), (0.05, 6.0))


@dataclass(frozen=True)
class Weeks:
    """People who came for the first time in each week (W,), how many had come before the first, and which weeks count.

    ``audience`` is the number of people who may come at all; None: not known. Weeks with a mail to everyone do not count:
    what they bring is no diffusion. They still add to those who take part.
    """

    new: Array
    before: int
    counts: Array
    audience: int | None


@dataclass(frozen=True)
class Diffusion:
    """Hazards per year, and the people who will ever take part; ``missing`` says why one is not known."""

    found: dict[str, Estimate]
    missing: dict[str, str]


def diffusion(weeks: Weeks) -> Diffusion:
    """Return p, q and the market by maximum likelihood, each with its profile-likelihood interval.

    Week by week, given those who take part already, each of the others joins with the probability that Bass's equation gives
    (a binomial for each week: Schmittlein and Mahajan, 1982, conditional on the course so far). Where weeks scatter more than
    that, the likelihood is flattened by as much.
    """
    counting = weeks.counts.astype(bool)
    number, people = int(np.sum(counting)), int(np.sum(weeks.new[counting]))
    if number < FEWEST_WEEKS or people < FEWEST_PEOPLE:
        span = f"{number} whole weeks with {people} people who came for the first time"
        reason = f"not enough: {span}; {FEWEST_WEEKS} weeks and {FEWEST_PEOPLE} people are needed"
        return Diffusion({}, dict.fromkeys(("bass_p", "bass_q", "ceiling"), reason))
    likelihood = _Likelihood(weeks)
    best = likelihood.best()
    allowed = DROP * likelihood.scatter(best)
    at = dict(zip(("p", "q", "market"), np.exp(best), strict=True))
    at["market"] += likelihood.least
    ranges = {name: likelihood.ends(place, best, allowed) for place, name in enumerate(at)}
    found, missing = dict[str, Estimate](), dict[str, str]()
    for name, told in (("p", "bass_p"), ("q", "bass_q")):
        low, high = ranges[name]
        if low <= BOUNDS[name][0] * 1.01 and high > TOO_WIDE * at[name]:
            missing[told] = f"not enough: any value up to {high:.3g} a year fits {number} weeks"
        elif high / max(low, SMALL) > TOO_WIDE**2 or high >= BOUNDS[name][1] * 0.99:
            missing[told] = f"not enough: from {low:.2g} to {high:.3g} a year fits {number} weeks"
        else:
            found[told] = Estimate(at[name], low, high, people)
    low, high = ranges["market"]
    if weeks.audience is None:
        missing["ceiling"] = "not asked: name the brief (--brief), which says how many people there are"
    elif high >= weeks.audience * NEARLY:
        missing["ceiling"] = f"not enough: from {low / weeks.audience:.0%} to everyone fits; the curve has not bent yet"
    else:
        found["ceiling"] = Estimate(at["market"], low, high, people).scaled(1 / weeks.audience)
    return Diffusion(found, missing)


class _Likelihood:
    """Log-likelihood over the logarithms of p, q and the market beyond those who have come."""

    def __init__(self, weeks: Weeks) -> None:
        self.weeks = weeks
        self.new = weeks.new.astype(float)
        self.there = weeks.before + np.concatenate([[0.0], np.cumsum(self.new)[:-1]])
        self.counting = weeks.counts.astype(bool)
        self.least = float(weeks.before + np.sum(self.new))
        most = (weeks.audience or UNBOUNDED * self.least) - self.least
        self.bounds = [(np.log(low), np.log(high)) for low, high in BOUNDS.values()]
        self.bounds.append((np.log(0.5), np.log(max(most, 0.6))))

    def joining(self, logs: Array) -> tuple[Array, Array]:
        """Return those who may still join (W,) and the probability that one does in the week."""
        p, q, more = np.exp(logs)
        market = self.least + more
        share = np.minimum(self.there / market, 1 - SMALL)
        after = bass(share, np.full_like(share, p), np.full_like(share, q), 1 / WEEKS_PER_YEAR)
        return market - self.there, np.clip((after - share) / (1 - share), SMALL, 1 - SMALL)

    def surprise(self, logs: Array) -> float:
        """Return the negative log-likelihood; the market is no whole number, so binomials are taken with gamma functions."""
        from scipy.special import gammaln  # noqa: PLC0415 - a second of import that only observing needs

        left, chance = (one[self.counting] for one in self.joining(logs))
        new = self.new[self.counting]
        ways = gammaln(left + 1) - gammaln(left - new + 1)
        return -float(np.sum(ways + new * np.log(chance) + (left - new) * np.log1p(-chance)))

    def best(self) -> Array:
        """Return the logarithms at which the likelihood is largest."""
        middle = float(np.mean(self.bounds[2]))
        begins = [np.array([np.log(p), np.log(q), market]) for p, q in TRIES for market in (middle, self.bounds[2][1] - 0.01)]
        found = [self._least(self.surprise, begin, self.bounds) for begin in begins]
        return min(found, key=lambda pair: pair[1])[0]

    @staticmethod
    def _least(surprise: Callable[[Array], float], begin: Array, bounds: list[tuple[float, float]]) -> tuple[Array, float]:
        from scipy.optimize import minimize  # noqa: PLC0415 - a second of import that only observing needs

        clipped = np.clip(begin, *np.array(bounds).T)
        found = minimize(surprise, clipped, method="L-BFGS-B", bounds=bounds)
        return found.x, float(found.fun)

    def scatter(self, best: Array) -> float:
        """Return how much more weeks scatter than chance: Pearson's statistic over its degrees of freedom, at least 1."""
        left, chance = (one[self.counting] for one in self.joining(best))
        mean = left * chance
        free = max(int(np.sum(self.counting)) - len(best), 1)
        return max(1.0, float(np.sum((self.new[self.counting] - mean) ** 2 / np.maximum(mean * (1 - chance), SMALL))) / free)

    def ends(self, place: int, best: Array, allowed: float) -> tuple[float, float]:
        """Return the ends of the profile-likelihood interval of one of the three, as its own value."""
        least = self.surprise(best)
        ends = []
        for limit in self.bounds[place]:
            inside, outside, near = float(best[place]), float(limit), best
            below, above = -1.0, self._beyond(place, outside, near, least, allowed)[0]
            if above <= 0:
                ends.append(outside)
                continue
            for _ in range(STEPS):
                at = inside + (outside - inside) * min(max(-below / (above - below), 0.1), 0.9)
                value, where = self._beyond(place, at, near, least, allowed)
                if value <= 0:
                    inside, below, near = at, value, where
                else:
                    outside, above = at, value
                if abs(value) < CLOSE or abs(outside - inside) < CLOSE:
                    break
            ends.append(at)
        low, high = (float(np.exp(end)) for end in ends)
        return (low + self.least, high + self.least) if place == len(BOUNDS) else (low, high)

    def _beyond(self, place: int, value: float, near: Array, least: float, allowed: float) -> tuple[float, Array]:
        """Return how far beyond what is allowed one of the three is (-1 at the best, 0 at an end), and where the others are then."""
        others = [at for at in range(len(near)) if at != place]

        def whole(part: Array) -> Array:
            return np.insert(part, place, value)

        part, found = self._least(lambda part: self.surprise(whole(part)), near[others], [self.bounds[at] for at in others])
        return float(np.sqrt(max(found - least, 0.0) / allowed)) - 1, whole(part)
