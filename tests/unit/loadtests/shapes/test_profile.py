"""As much comes, and of the same mix, as the profile says; the one that does not change is the schedule of the steady test."""

import random
from collections import Counter
from itertools import pairwise, takewhile

import numpy as np
import pytest

from loadtests.shapes import curves
from loadtests.steady.profile import Steps, Stretch, everyone
from loadtests.steady.schedule import Action, actions, scheduled, visit
from loadtests.steady.workload import Workload
from tests.unit.loadtests.shapes.shaped import CROWD_FACTORS, order, plan
from tests.unit.loadtests.steady.peaks import workload

PROFILE = (
    Stretch(name="base", seconds=100.0, share=0.5),
    Stretch(name="jump", seconds=20.0, share=2.0),
    Stretch(name="night", seconds=50.0, share=0.0),
    Stretch(name="day", seconds=80.0, share=1.0),
)
EDGES = (0.0, 100.0, 120.0, 170.0, 250.0)
CHI_SQUARE_2 = 18.4
"""Two degrees of freedom: exceeded by chance once in 10,000."""


def single() -> Workload:
    """Visits of one page, and nothing else: their requests are independent of each other."""
    return workload().model_copy(update={"pages": 1.0, "between": {}, "sign_ins": 0.0, "wiki": 0.0})


def counts(found: list[Action]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.histogram([action.due_s for action in found], EDGES)[0].astype(np.int64)


def test_every_part_gets_as_many_as_the_profile_says() -> None:
    seeds = 40
    found = np.sum([counts(list(actions(single(), seed, everyone(PROFILE)))) for seed in range(seeds)], axis=0)
    rates = single().visits_per_second * seeds * np.array([50.0, 40.0, 0.0, 80.0])
    assert found[2] == 0
    there = [0, 1, 3]
    assert float(np.sum((found[there] - rates[there]) ** 2 / rates[there])) < CHI_SQUARE_2
    assert np.sum(found) == pytest.approx(np.sum(rates), abs=4 * float(np.sum(rates)) ** 0.5)


def test_a_jump_is_there_at_once_and_gone_at_once_whatever_a_visit_lasts() -> None:
    seeds, rate = 60, sum(rate for name, rate in workload().per_second.items() if name not in {"asset", "media_view"})
    found = [action.due_s for seed in range(seeds) for action in actions(workload(), seed, everyone(PROFILE))]
    first, last, after = (sum(begin <= due < begin + 5 for due in found) / 5 / seeds for begin in (100, 115, 120))
    assert first == pytest.approx(2 * rate, rel=0.1)
    assert last == pytest.approx(2 * rate, rel=0.1)
    assert after == 0


def test_the_mix_does_not_change_with_the_share() -> None:
    found = [action for seed in range(30) for action in actions(workload(), seed, everyone(PROFILE))]
    parts = [[action for action in found if begin <= action.due_s < end] for begin, end in ((0, 100), (100, 120), (170, 250))]
    for kind in ("page_anonymous", "page_signed_in", "wiki_view"):
        shares = [sum(action.request_class == kind for action in part) / len(part) for part in parts]
        assert max(shares) - min(shares) < 0.05, kind


def as_it_was(seed: int, seconds: float) -> list[Action]:
    """The steady schedule as it was before there were profiles: all visits, in the order of their actions."""
    draw, at, found = random.Random(seed), -workload().longest_visit_s, []  # noqa: S311 - the same dice
    while (at := at + draw.expovariate(workload().visits_per_second)) < seconds:
        found += visit(workload(), draw, 0, at)[0]
    return sorted(action for action in found if 0 <= action.due_s < seconds)


def test_the_profile_that_does_not_change_is_the_steady_schedule_to_the_bit() -> None:
    whole = list(takewhile(lambda action: action.due_s < 200, actions(workload(), 5)))
    twice = (Stretch(name="one", seconds=100.0), Stretch(name="two"))
    assert list(takewhile(lambda action: action.due_s < 200, actions(workload(), 5, everyone(twice)))) == whole
    told = [(action.due_s, action.request_class, action.signed_in, action.fresh, action.pick, action.pictures) for action in whole]
    assert told == [(one.due_s, one.request_class, one.signed_in, one.fresh, one.pick, one.pictures) for one in as_it_was(5, 200)]


def test_each_visit_ends_once_though_parts_of_it_are_left_out() -> None:
    found = list(actions(workload(), 3, everyone(PROFILE)))
    assert set(Counter(action.visit for action in found if action.last).values()) == {1}
    assert {action.visit for action in found if action.last} == {action.visit for action in found}
    assert all(first.due_s <= then.due_s for first, then in pairwise(found))


def test_a_profile_ends_and_nothing_comes_from_one_that_is_empty() -> None:
    assert max(action.due_s for action in actions(workload(), 1, everyone(PROFILE))) < 250
    assert list(actions(workload(), 1, everyone((Stretch(name="night", seconds=50.0, share=0.0),)))) == []
    steps = Steps((10.0, 20.0), (1.0, 2.0))
    assert [steps.at(when) for when in (-5.0, 0.0, 9.99, 10.0, 19.9, 20.0, 99.0)] == [1.0, 1.0, 1.0, 2.0, 2.0, 0.0, 0.0]


def test_the_crowd_of_a_mail_comes_beside_everyone_else_and_only_after_the_mail() -> None:
    curve = curves.announcement(plan(), 1.0, 1200.0)
    found = list(scheduled(order(curve)))
    assert all(first.due_s <= then.due_s for first, then in pairwise(found))
    crowd, others = ([action for action in found if (action.visit >= 10_000_000) is many] for many in (True, False))
    assert min(action.due_s for action in crowd) >= 300
    assert min(action.due_s for action in others) < 10
    assert not {action.request_class for action in crowd} & {"comment", "post", "upload", "feed", "wiki_edit"}
    fresh = {action.visit for action in crowd if action.fresh}
    expected = 100 * sum(CROWD_FACTORS)
    assert len(fresh) == pytest.approx(expected, abs=5 * expected**0.5), "one for each visit that begins: who is met in the middle of it holds styles already"
    worst = [action for action in crowd if 300 <= action.due_s < 400 and action.request_class.startswith(("page", "wiki"))]
    assert len(worst) / 100 == pytest.approx(5.0, rel=0.25)
