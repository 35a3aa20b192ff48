"""False alarms and misses of ``plan test --compare`` on simulated runs: responses that wander together, stalls, work that varies."""

from collections import Counter

import pytest

from loadtests.compare.compare import compare
from loadtests.compare.measured import Comparison
from loadtests.verdict import Result
from tests.unit.loadtests.compare.runs import run

PAIRS, SLOWER = 200, 40
CLASS = "page_signed_in"


def beside(before: Result, after: Result) -> Comparison:
    return compare(("before", before), ("after", after))


@pytest.mark.parametrize("rate", [1.0, 3.0])
def test_two_runs_of_the_same_thing_come_out_as_no_regression(rate: float) -> None:
    found = Counter(beside(run(2 * pair, rate=rate), run(2 * pair + 1, rate=rate)).verdict for pair in range(1000, 1000 + PAIRS))
    assert found == {"no regression": PAIRS}


def test_a_class_of_a_few_thousand_requests_that_is_a_seventh_slower_is_found_in_nearly_all() -> None:
    hits = 0
    for pair in range(5000, 5000 + SLOWER):
        comparison = beside(run(2 * pair, rate=4), run(2 * pair + 1, rate=4, slower={CLASS: 1.15}))
        hits += any(one.regression and one.what.endswith(CLASS) for one in comparison.differences)
    assert hits >= 0.9 * SLOWER
