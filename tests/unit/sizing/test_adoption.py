"""Adoption is Bass diffusion: its closed form, its channels, and what it never does."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing.adoption import adoption, bass, timeline
from sizing.audience import Channel
from sizing.evidence import evidence

KINDS = ["portal-link", "announcement-mail", "word-of-mouth", "newsletter", "poster", "manager", "event"]


def channel(kind: str, start: date | None = None) -> Channel:
    return Channel(channel=kind, start=start)


@given(st.floats(0, 1), st.floats(0, 3), st.floats(0, 3), st.floats(0.01, 2))
@settings(max_examples=60, deadline=None)
def test_the_closed_form_is_the_solution_of_basss_equation(share: float, external: float, imitation: float, years: float) -> None:
    expected, steps = share, 4000
    for _ in range(steps):
        half = expected + (external + imitation * expected) * (1 - expected) * years / steps / 2
        expected += (external + imitation * half) * (1 - half) * years / steps
    found = bass(np.array([share]), np.array([external]), np.array([imitation]), years)
    assert found[0] == pytest.approx(expected, abs=1e-5)


def test_from_nobody_it_is_the_formula_of_the_book() -> None:
    p, q, t = 0.03, 0.38, 5.0
    decay = np.exp(-(p + q) * t)
    assert bass(np.zeros(1), np.array([p]), np.array([q]), t)[0] == pytest.approx((1 - decay) / (1 + q / p * decay))


@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_it_never_falls_and_never_exceeds_its_ceiling(kinds: list[str]) -> None:
    values = evidence().drawn(50, 5)
    course = adoption(timeline(channel(kind) for kind in kinds), values, 36)
    assert (np.diff(course, axis=1) >= -1e-12).all()
    assert (course <= values["ceiling"][:, None] + 1e-12).all()


def test_one_more_channel_never_wins_fewer_people() -> None:
    values = evidence().medians()
    few = adoption(timeline([channel("portal-link")]), values, 24)
    for kind in KINDS[1:]:
        assert (adoption(timeline([channel("portal-link"), channel(kind)]), values, 24) >= few - 1e-12).all()


def test_a_channel_works_from_its_day() -> None:
    values = evidence().medians()
    line = timeline([channel("portal-link", date(2027, 1, 1)), channel("event", date(2027, 7, 1))])
    alone = adoption(timeline([channel("portal-link", date(2027, 1, 1))]), values, 12)
    course = adoption(line, values, 12)
    month = dict(line.channels)["event"]
    assert course[0, :month] == pytest.approx(alone[0, :month])
    assert course[0, month] > alone[0, month] * 1.01
    assert line.date(month) in {"2027-06", "2027-07"}


def test_where_no_channel_is_named_everyone_counts_from_the_first_day() -> None:
    values = evidence().medians()
    assert (adoption(timeline([]), values, 3)[0] == values.point("ceiling")).all()
