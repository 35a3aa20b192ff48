"""False alarms and misses of ``plan test --compare`` on simulated runs: responses that wander together, stalls, work that varies."""

from collections import Counter

import pytest

from loadtests.compare.compare import compare
from loadtests.compare.measured import Comparison
from loadtests.verdict import Result
from tests.unit.loadtests.compare.runs import run

PAIRS, SLOWER = 200, 30
CLASS = "page_signed_in"


def beside(before: Result, after: Result) -> Comparison:
    return compare(("before", before), ("after", after))


@pytest.mark.parametrize("wander", [0.03, 0.07])
def test_two_runs_of_the_same_thing_come_out_as_no_regression(wander: float) -> None:
    found = Counter(beside(run(pair, wander=wander), run(pair + 1, wander=wander)).verdict for pair in range(20_000, 20_000 + 2 * PAIRS, 2))
    assert found == {"no regression": PAIRS}


def test_a_class_of_a_few_thousand_requests_that_is_a_seventh_slower_is_found_in_nearly_all() -> None:
    found = [beside(run(pair, rate=3), run(pair + 1, rate=3, slower={CLASS: 1.15})) for pair in range(50_000, 50_000 + 2 * SLOWER, 2)]
    hits = sum(any(one.regression and one.what.endswith(CLASS) for one in comparison.differences) for comparison in found)
    assert hits >= 0.9 * SLOWER
