"""False alarms and misses of ``plan test --compare`` on simulated steady tests of five minutes.

    python -m benchmarks.comparison

Responses of a run wander together by 7 % (first-order autoregression, ten seconds), all stalls for a second every two minutes,
work varies. Pairs of the same thing tell the false alarms, pairs of which one class is slower the misses.
"""

from collections import Counter

from benchmarks.machine import write
from loadtests.compare.compare import compare
from loadtests.compare.measured import Comparison
from tests.unit.loadtests.compare.runs import run

SAME, SLOWER = 500, 60
RATES = (1.0, 3.0)
CLASS = "page_signed_in"
FACTORS = (1.1, 1.15, 1.25)
FIRST = 1_000_000


def main() -> None:
    """Simulate, print and keep."""
    same = {f"{rate:g}": false_alarms(rate) for rate in RATES}
    slower = [found for rate in (*RATES, 5.0) for factor in FACTORS for found in [misses(rate, factor)]]
    write("comparison", {"pairs": SAME, "pairs_slower": SLOWER, "same": same, "slower": slower})


def false_alarms(rate: float) -> dict[str, int]:
    """Return how many of ``SAME`` pairs of the same thing call any difference sure, and how many a regression."""
    found: Counter[str] = Counter()
    for pair in range(SAME):
        comparison = _beside(2 * pair, rate, 1.0)
        found["sure"] += any(one.answer != "may be chance" for one in comparison.differences)
        found["regression"] += comparison.verdict == "regression"
    told = {"sure": found["sure"], "regression": found["regression"]}
    print(f"the same, rate {rate:g}: {told}", flush=True)
    return told


def misses(rate: float, factor: float) -> dict[str, float]:
    """Return how often a class that is ``factor`` times slower is found, and how many requests it had."""
    hits, requests = 0, 0
    for pair in range(SLOWER):
        comparison = _beside(FIRST + 2 * pair, rate, factor)
        hits += any(one.regression and one.what.endswith(CLASS) for one in comparison.differences)
        requests += comparison.before.requests
    share = 3.2 / 9.94  # of the sample plan's requests
    told = {"rate": rate, "factor": factor, "requests_of_class": round(requests * share / SLOWER), "found": round(hits / SLOWER, 3)}
    print(told, flush=True)
    return told


def _beside(seed: int, rate: float, factor: float) -> Comparison:
    slower = {CLASS: factor} if factor != 1.0 else None
    return compare(("before", run(seed, rate=rate)), ("after", run(seed + 1, rate=rate, slower=slower)))


if __name__ == "__main__":
    main()
