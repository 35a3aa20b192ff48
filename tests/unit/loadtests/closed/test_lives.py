"""What people do one after the other is what open arrivals do: the same classes at the same shares, from the first second."""

from collections import Counter
from itertools import pairwise, takewhile

import pytest

from loadtests.closed.lives import life
from loadtests.closed.predicted import at_once, most
from loadtests.steady.schedule import Action
from tests.unit.loadtests.steady.peaks import BY_CLASS, workload

PEOPLE, SECONDS = 60, 3000.0
SEED = 7


@pytest.fixture(scope="module")
def lives() -> list[list[Action]]:
    return [list(takewhile(lambda action: action.due_s < SECONDS, life(workload(), SEED, person))) for person in range(PEOPLE)]


def test_every_class_comes_as_often_as_little_s_law_says(lives: list[list[Action]]) -> None:
    found = Counter(action.request_class for one in lives for action in one)
    found["page_signed_in"] += found["post"]  # the editor that a post is written in
    found["wiki_view"] += found["wiki_edit"]  # the form
    found["media_view"] = sum(action.pictures for one in lives for action in one)
    share = PEOPLE / at_once(workload())
    assert most(workload(), PEOPLE).share == pytest.approx(share)
    for name, peak in BY_CLASS.items():
        if name != "asset":  # what the pages name decides that
            rate = peak * share
            assert found[name] / SECONDS == pytest.approx(rate, abs=6 * (rate / SECONDS) ** 0.5 + 0.04 * rate), name


def test_the_first_minute_is_like_any_other(lives: list[list[Action]]) -> None:
    first = sum(action.due_s < 60 for one in lives for action in one)
    whole = sum(len(one) for one in lives) * 60 / SECONDS
    assert first == pytest.approx(whole, rel=0.3)
    signing_in = [action for one in lives for action in one if action.request_class == "sign_in"]
    assert sum(action.due_s < 60 for action in signing_in) <= len(signing_in) * 60 / SECONDS + 12, "nobody's life begins with the test"


def test_nobody_is_in_two_visits_at_once_and_each_visit_ends_once(lives: list[list[Action]]) -> None:
    for one in lives:
        assert one[0].due_s >= 0
        for before, after in pairwise(one):
            assert before.due_s <= after.due_s
            assert before.last == (before.visit != after.visit)
            assert before.visit <= after.visit
    numbers = [{action.visit for action in one} for one in lives]
    assert len(set().union(*numbers)) == sum(len(one) for one in numbers), "a visit is of one person"


def test_a_new_visit_follows_when_the_last_page_was_looked_at(lives: list[list[Action]]) -> None:
    gaps = [after.due_s - before.due_s for one in lives for before, after in pairwise(one) if before.last]
    assert sum(gaps) / len(gaps) < 2 * workload().think_time_s


def test_who_is_met_in_the_middle_of_a_visit_holds_the_styles(lives: list[list[Action]]) -> None:
    ever = Counter(action.fresh for one in lives for action in one)
    assert ever[True]
    begun = [life(workload(), SEED, person) for person in range(2000)]
    first = Counter(next(one).fresh for one in begun)
    assert first[True] < 2000 * ever[True] / sum(ever.values())


def test_the_same_seed_and_person_live_the_same_life_and_another_person_does_not() -> None:
    one, again, other = (list(takewhile(lambda action: action.due_s < 200, life(workload(), 1, person))) for person in (3, 3, 4))
    assert one == again
    assert [action.due_s for action in one] != [action.due_s for action in other]
