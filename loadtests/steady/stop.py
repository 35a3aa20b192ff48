"""When arrivals end before their limit: the answer is known, or people suffer."""

from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.measure.intervals import share_low
from loadtests.steady.analysis import Parts, suffering
from loadtests.steady.measured import Judgement
from loadtests.steady.record import Record
from loadtests.steady.tape import Sample

LEAST_S = 30.0
"""The measured part is at least so long: a minute's habits (caches that expire, checks every few seconds) come up in it."""
LEAST_FAILED = 20
PRECISE, PRECISE_OF_TARGET = 0.05, 0.02
"""Half of the interval's width: 5 % of the p95, or 2 % of its target, is as much as anybody needs to know."""
SILENT_S = 15.0
SILENT = "the load generator told nothing any more"
GROWTH = 1.25
"""Looks come at times that grow by a quarter: few looks, so that a lucky moment is hardly met (Law and Carson, 1979)."""
SUFFER = "aborted: real first pages were slower than the target"


@dataclass
class Looks:
    """The times at which it is asked whether the answer is known."""

    next_s: float = LEAST_S

    def due(self, open_s: float) -> bool:
        """Tell whether it is time, arrivals being open for ``open_s``; the next look is a quarter later."""
        if open_s < self.next_s:
            return False
        self.next_s = open_s * GROWTH
        return True


def at_once(record: Record, now: float, target_ms: float, errors_limit: float) -> str:
    """Return why arrivals end now; '' where they go on."""
    if suffering(record.probes, target_ms):
        return SUFFER
    if failing(record.samples, errors_limit):
        failed = sum(bool(sample.kind) for sample in record.samples)
        return f"the answer is known: {failed} of {len(record.samples)} requests failed"
    heard = max(record.began("open") or now, record.last_beat)
    return SILENT if now - heard > SILENT_S else ""


def failing(samples: Sequence[Sample], limit: float) -> bool:
    """Tell whether many requests failed, and surely more than the share ``limit``."""
    failed = sum(bool(sample.kind) for sample in samples)
    return failed >= LEAST_FAILED and share_low(failed, len(samples)) > limit


def known(judgements: Sequence[Judgement], found: Parts) -> str:
    """Return that the answer is known, and how precisely; '' where it is not."""
    pages = judgements[0]
    precise = (pages.high - pages.low) / 2 <= max(PRECISE * pages.value, PRECISE_OF_TARGET * pages.limit)
    if not found.settled or found.measured_s < LEAST_S or not decided(judgements) or not (precise or pages.answer == "missed"):
        return ""
    return f"the answer is known: p95 of all pages within ± {(pages.high - pages.low) / 2:.0f} ms"


def decided(judgements: Sequence[Judgement]) -> bool:
    """Tell whether every target is met or missed."""
    return bool(judgements) and all(judgement.answer != "undecided" for judgement in judgements)
