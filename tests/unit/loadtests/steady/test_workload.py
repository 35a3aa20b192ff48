"""What is driven is what the plan says: rates by class, visits at random, people there from the first second."""

from collections import Counter
from itertools import takewhile

import numpy as np
import pytest

from loadtests.seed.ranks import Item as Ranked
from loadtests.seed.ranks import Popularity
from loadtests.spaces import BlogSpace, Item, Spaces, WikiSpace
from loadtests.steady.order import shown
from loadtests.steady.run import check_sign_ins
from loadtests.steady.schedule import Action, actions
from loadtests.steady.workload import of_plan
from runtime.errors import PlanError
from tests.unit.loadtests.steady.peaks import BY_CLASS, plan, workload
from tests.unit.sample_plan import SAMPLE

SECONDS = 4000.0


@pytest.fixture(scope="module")
def drawn() -> list[Action]:
    return list(takewhile(lambda action: action.due_s < SECONDS, actions(workload(), 7)))


def test_every_class_comes_at_the_rate_of_the_plan(drawn: list[Action]) -> None:
    found = Counter(action.request_class for action in drawn)
    found["page_signed_in"] += found["post"]  # the editor that a post is written in
    found["wiki_view"] += found["wiki_edit"]  # the form
    found["media_view"] = sum(action.pictures for action in drawn)
    for name, rate in BY_CLASS.items():
        if name != "asset":  # what the pages name decides that
            assert found[name] / SECONDS == pytest.approx(rate, abs=5 * (rate / SECONDS) ** 0.5 + 0.04 * rate), name


def test_browsers_that_hold_nothing_are_as_many_as_the_plan_counts_on(drawn: list[Action]) -> None:
    fresh = {action.visit: action.fresh for action in drawn}
    assert np.mean(list(fresh.values())) * 12 * workload().visits_per_second == pytest.approx(BY_CLASS["asset"], rel=0.25)


def test_arrivals_are_in_order_and_as_many_in_the_first_minute_as_in_any(drawn: list[Action]) -> None:
    due = np.array([action.due_s for action in drawn])
    assert np.all(np.diff(due) >= 0)
    assert due[0] >= 0
    begun = [np.sum([action.due_s < 60 for action in takewhile(lambda one: one.due_s < 60, actions(workload(), seed))]) for seed in range(40)]
    assert np.mean(begun) == pytest.approx(60 * len(due) / SECONDS, rel=0.08)


def test_pages_come_as_poisson_arrivals_do(drawn: list[Action]) -> None:
    gaps = np.diff([action.due_s for action in drawn if action.request_class.startswith(("page", "wiki_view"))])
    assert np.std(gaps) == pytest.approx(np.mean(gaps), rel=0.08)


def test_the_same_seed_is_the_same_schedule_and_another_is_not() -> None:
    first, again, other = (list(takewhile(lambda action: action.due_s < 100, actions(workload(), seed))) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_only_who_is_signed_in_writes(drawn: list[Action]) -> None:
    assert all(action.signed_in for action in drawn if action.request_class in {"comment", "post", "upload", "wiki_edit", "page_signed_in", "sign_in"})


def test_each_visit_ends_once(drawn: list[Action]) -> None:
    ended = Counter(action.visit for action in drawn if action.last)
    assert set(ended.values()) == {1}


def test_half_the_share_is_half_the_load() -> None:
    assert workload(0.5).requests_per_second == pytest.approx(workload().requests_per_second / 2)
    assert workload(0.5).visits_per_second == pytest.approx(workload().visits_per_second / 2)


def test_a_plan_that_does_not_tell_its_peak_is_refused_with_the_mend() -> None:
    with pytest.raises(PlanError, match="does not tell the workload") as caught:
        of_plan(SAMPLE, 1.0)
    assert "plan size" in caught.value.hint
    with pytest.raises(PlanError, match="has no number"):
        of_plan(plan().model_copy(update={"assumptions": ()}), 1.0)


def test_more_sign_ins_than_the_front_door_lets_one_address_try_are_refused() -> None:
    check_sign_ins(plan(), workload())
    with pytest.raises(PlanError, match="sign-ins a minute from this one address") as caught:
        check_sign_ins(plan(), workload(10.0))
    assert "--share" in caught.value.hint


def test_a_platform_without_anybody_signed_in_is_driven_too() -> None:
    outside = of_plan(plan(page_signed_in=0.0, sign_in=0.0, comment=0.0, post=0.0, upload=0.0, wiki_view=0.0, wiki_edit=0.0), 1.0)
    kinds = {action.request_class for action in takewhile(lambda action: action.due_s < 500, actions(outside, 1))}
    assert kinds == {"page_anonymous", "feed", "search"}


def spaces() -> Spaces:
    posts = tuple(Item(title=f"Test post {number}", url=f"https://a.example/{number}/", id=number) for number in range(1, 4))
    pages = (Item(title="UnderdeskTest:abcdef/Page 1", url="https://w.example/1"),)
    blog = BlogSpace(site_url="https://a.example/t/", users=(), posts=posts)
    wiki = WikiSpace(namespace="N", users=(), pages=pages)
    return Spaces(token="abcdef", blog=blog, wiki=wiki)  # noqa: S106 - names the space


def test_pages_are_read_by_zipfs_law_the_first_page_most() -> None:
    posts, pages = shown(spaces(), 0.9, None)
    assert [post.title for post in posts] == ["Test abcdef", "Test post 1", "Test post 2", "Test post 3"]
    assert posts[0].weight / posts[3].weight == pytest.approx(4**0.9)
    assert sum(post.weight for post in posts) == pytest.approx(1.0)
    assert all(one.own for one in (*posts, *pages))


def test_rehearsal_content_is_read_with_the_weights_of_its_own_ranks() -> None:
    ranked = Ranked(title="Report", url="https://a.example/r/", rank=1, weight=1.0)
    posts, pages = shown(spaces(), 0.9, Popularity(size="s", seed=1, exponent=0.9, posts=(ranked,), pages=(ranked,)))
    assert [(one.title, one.weight, one.own) for one in (*posts, *pages)] == [("Report", 1.0, False)] * 2
