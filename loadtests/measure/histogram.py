"""Response times counted in an HdrHistogram: every percentile within 0.1 %, and exactly merged.

Tene, 2012, HdrHistogram. Two histograms of the same range merge by adding their counts, so the merged one is the
histogram of all values together, whoever counted them.
"""

import math
from collections.abc import Iterable

from hdrh.histogram import HdrHistogram

LEAST_US = 1
MOST_MS = 600_000.0
DIGITS = 3
ROUNDING = 1e-9
US_PER_MS = 1000.0


class Histogram:
    """Counts milliseconds from a microsecond to ten minutes; what is outside counts as the nearest end."""

    def __init__(self, values_ms: Iterable[float] = ()) -> None:
        self._counts = HdrHistogram(LEAST_US, int(MOST_MS * US_PER_MS), DIGITS)
        for value in values_ms:
            self.record(value)

    def record(self, value_ms: float) -> None:
        """Count one value."""
        self._counts.record_value(max(LEAST_US, round(min(value_ms, MOST_MS) * US_PER_MS)))

    def merge(self, other: "Histogram") -> None:
        """Add the counts of ``other``."""
        self._counts.add(other._counts)  # noqa: SLF001 - of its own kind

    @property
    def count(self) -> int:
        """How many values."""
        return int(self._counts.get_total_count())

    def percentile(self, percent: float) -> float:
        """Return the least value (ms) that ``percent`` of the values do not exceed (nearest rank); 0 where there are none."""
        if not self.count:
            return 0.0
        rank = max(1, math.ceil(self.count * percent / 100 - ROUNDING))  # the library would round it, down too
        return min(MOST_MS, round(float(self._counts.get_value_at_percentile(100 * rank / self.count)) / US_PER_MS, 3))

    def above(self, value_ms: float) -> int:
        """Return how many values are larger than ``value_ms``, as exactly as percentiles are told."""
        bucket = self._counts.get_counts_array_index(max(LEAST_US, round(min(value_ms, MOST_MS) * US_PER_MS)))
        return sum(self._counts.counts[bucket + 1 :])

    def encode(self) -> str:
        """Return the counts in HdrHistogram's own format (V2, compressed, base64), which its other languages read, too."""
        return bytes(self._counts.encode()).decode("ascii")


def decode(text: str) -> Histogram:
    """Return the histogram of an ``encode``."""
    found = Histogram()
    found._counts.decode_and_add(text.encode("ascii"))  # noqa: SLF001 - of its own kind
    return found


def merged(parts: Iterable[Histogram]) -> Histogram:
    """Return one histogram of everything that ``parts`` counted."""
    whole = Histogram()
    for part in parts:
        whole.merge(part)
    return whole
