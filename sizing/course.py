"""How the rates of requests go up and down over a time: a week by hours, the time around a mail by five minutes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from sizing import plan
from sizing.demands import CLASSES
from sizing.evidence import Array
from sizing.figures import rounded

BEFORE: Final = 3
AROUND: Final = 12
"""An hour of 5-minute steps around the worst one: three before it, so that the rise is in it, and eight after."""
SECONDS_PER_HOUR: Final = 3600.0


@dataclass(frozen=True)
class Course:
    """Visits of one kind, step by step: ``visits`` an hour and requests at ``rates`` (C,) a second where a factor (T,) is 1."""

    visits: float
    rates: Array
    factors: Array

    def scaled(self, people: float) -> "Course":
        """Return the course of ``people`` times the people."""
        return replace(self, visits=self.visits * people, rates=self.rates * people)


def course(visits: Sequence[Array], mixes: Sequence[Array], at: int) -> Course:
    """Return the course of visits an hour (T,) inside and outside, each with its mix (C,), against that of step ``at``; factors count requests."""
    rates = np.sum([each[:, None] * mix for each, mix in zip(visits, mixes, strict=True)], axis=0) / SECONDS_PER_HOUR
    whole = np.sum(rates, axis=1)
    factors = whole / whole[at] if whole[at] > 0 else np.zeros_like(whole)
    return Course(float(sum(each[at] for each in visits)), np.asarray(rates[at]), np.asarray(factors))


def told_course(found: Course) -> plan.Course:
    """Return a course in the words of the plan, six figures each."""
    return plan.Course(
        sessions_per_hour=rounded(found.visits),
        by_class={kind: rounded(float(rate)) for kind, rate in zip(CLASSES, found.rates, strict=True)},
        factors=tuple(rounded(float(factor)) for factor in found.factors),
    )
