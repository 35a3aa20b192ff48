"""The regression: exact where counts are exact, believing the plan where they say nothing, and wider where levels contradict each other."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from loadtests.calibrate.regression import Belief, Prior, Row, fit

BELIEF = Belief({"page": Prior(0.04, 0.3), "edit": Prior(0.08, 0.3)}, {"blogs": Prior(0.02, 3.0)}, 0.2)
COUNTS = ((0, 0), (100, 0), (200, 0), (0, 50), (0, 100), (60, 60))


def rows(page: float, edit: float, idle: float, counts: tuple[tuple[int, int], ...] = COUNTS) -> list[Row]:
    return [
        Row("blogs", level, 10.0, 10 * idle + pages * page + edits * edit, {"page": pages, "edit": edits})
        for level, (pages, edits) in enumerate(counts)
        for _ in range(3)
    ]


@given(page=some.floats(0.02, 0.1), edit=some.floats(0.03, 0.2), idle=some.floats(0.005, 0.1))
def test_counts_without_noise_give_the_demands_back(page: float, edit: float, idle: float) -> None:
    found = fit(rows(page, edit, idle), BELIEF).numbers
    assert found["page"].value == pytest.approx(page, rel=0.02)
    assert found["edit"].value == pytest.approx(edit, rel=0.02)
    assert found["background.blogs"].value == pytest.approx(idle, rel=0.05)
    assert all(one.low <= one.value <= one.high for one in found.values())


def test_what_nobody_asked_for_keeps_the_plans_number_moved_as_all_are() -> None:
    found = fit(rows(0.08, 0.08, 0.02, ((0, 0), (100, 0), (200, 0))), BELIEF).numbers
    assert found["page"].value == pytest.approx(0.08, rel=0.02)
    assert 1.1 * 0.08 < found["edit"].value < 2 * 0.08
    assert found["edit"].told < 0.5 < found["page"].told


def test_demands_are_never_negative_nor_nothing() -> None:
    found = fit(rows(0.04, -0.01, 0.02), BELIEF).numbers
    assert 0 < found["edit"].low < found["edit"].value


def test_levels_that_contradict_each_other_make_every_interval_wider() -> None:
    quiet = [replace(row, cpu_s=row.cpu_s * (1 + 0.02 * (number % 3 - 1))) for number, row in enumerate(rows(0.05, 0.1, 0.02))]
    torn = [replace(row, cpu_s=row.cpu_s * (1.3 if row.level % 2 else 0.8)) for row in quiet]
    calm, loud = fit(quiet, BELIEF), fit(torn, BELIEF)
    assert loud.drift > calm.drift
    assert loud.numbers["page"].high / loud.numbers["page"].low > calm.numbers["page"].high / calm.numbers["page"].low


def test_a_sum_is_known_better_than_its_parts_where_they_always_come_together() -> None:
    found = fit(rows(0.05, 0.1, 0.02, ((0, 0), (50, 50), (100, 100), (150, 150))), BELIEF)
    both = {"page": 0.04, "edit": 0.08}
    assert found.deviation(both) < found.deviation({"page": 0.04}) + found.deviation({"edit": 0.08})
