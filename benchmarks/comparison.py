"""False alarms and misses of ``plan test --compare`` on simulated steady tests of five minutes.

    python -m benchmarks.comparison

Responses of a run wander together (log standard deviation ``WANDERS``, forgotten in ten seconds), all stalls for a second every two
minutes, work varies. Pairs of the same thing tell the false alarms, pairs of which one class is slower the misses.
"""

from collections import Counter

from benchmarks.machine import write
from loadtests.compare.compare import compare
from loadtests.compare.measured import LEAST, SURE, Comparison
from tests.unit.loadtests.compare.runs import run

SAME, SLOWER = 400, 40
CALM, RESTLESS = 0.03, 0.07
CASES = ((1.0, CALM), (1.0, RESTLESS), (3.0, CALM))
CLASS = "page_signed_in"
SLOW = ((1.0, 1.15, CALM), (3.0, 1.15, CALM), (3.0, 1.15, RESTLESS), (1.0, 1.25, CALM), (1.0, 1.25, RESTLESS))
FIRST = 1_000_000
Row = dict[str, float]


def main() -> None:
    """Simulate, print and keep."""
    slower = [misses(*case) for case in SLOW]
    same = [false_alarms(*case) for case in CASES]
    write("comparison", {"sure": SURE, "least": LEAST, "pairs_same": SAME, "same": same, "pairs_slower": SLOWER, "slower": slower})


def false_alarms(rate: float, wander: float) -> Row:
    """Return how many pairs of the same thing call any difference sure, and how many a regression."""
    found: Counter[str] = Counter()
    requests = 0
    for pair in range(SAME):
        comparison = compare(("before", run(2 * pair, rate=rate, wander=wander)), ("after", run(2 * pair + 1, rate=rate, wander=wander)))
        found["sure"] += any(one.answer != "may be chance" for one in comparison.differences)
        found["regression"] += comparison.verdict == "regression"
        requests += comparison.before.requests
    return _told({"requests": round(requests / SAME), "wander": wander, "any_sure": found["sure"], "regressions": found["regression"]})


def misses(rate: float, factor: float, wander: float) -> Row:
    """Return how often a class that is ``factor`` times slower is found, and how many requests it had."""
    hits = requests = 0
    for pair in range(FIRST, FIRST + SLOWER):
        before, after = run(2 * pair, rate=rate, wander=wander), run(2 * pair + 1, rate=rate, wander=wander, slower={CLASS: factor})
        requests += next(part.requests for part in before.classes if part.name == CLASS)
        hits += _found(compare(("before", before), ("after", after)))
    return _told({"requests_of_class": round(requests / SLOWER), "factor": factor, "wander": wander, "found": round(hits / SLOWER, 3)})


def _found(comparison: Comparison) -> bool:
    return any(one.regression and one.what.endswith(CLASS) for one in comparison.differences)


def _told(row: Row) -> Row:
    print(row, flush=True)
    return row


if __name__ == "__main__":
    main()
