"""How long people wait after a jump until pages are as fast again as they must be. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.steady.measured import Answer, Judgement
from loadtests.steady.record import felt_ms
from loadtests.steady.tape import Sample

RECOVERY = "recovery after the jump"
PAGES = 20
LATE = 1
"""Of 20 pages one may be late: then their 95 % quantile is within the target."""
LIMIT_S = 60.0
"""A minute: what waits in the front door's queue is answered or turned away in a sixth of it, what a browser waits for in a quarter."""


@dataclass(frozen=True)
class Recovery:
    """``seconds`` after the jump's end until p95 was within the target; None: it was not, in ``pages`` pages that came."""

    seconds: float | None
    pages: int

    @property
    def seen(self) -> bool:
        """Tell whether enough came to say."""
        return self.pages >= PAGES


def recovery(pages: Sequence[Sample], since: float, target_ms: float) -> Recovery:
    """Return the recovery by the ``pages`` that came after the jump's end (unix time ``since``)."""
    ordered = sorted((page for page in pages if page.at >= since), key=lambda page: page.at)
    late = [felt_ms(page) > target_ms for page in ordered]
    for first in range(len(late) - PAGES + 1):
        if sum(late[first : first + PAGES]) <= LATE:
            return Recovery(ordered[first].at - since if first else 0.0, len(ordered))
    return Recovery(None, len(ordered))


def judged(found: Recovery, seen_s: float) -> Judgement:
    """Return the judgement; ``seen_s`` is how long the base was seen after the jump."""
    value = seen_s if found.seconds is None else found.seconds
    answer: Answer = "met" if found.seconds is not None and value <= LIMIT_S else "undecided"
    if (found.seconds is not None and value > LIMIT_S) or (found.seconds is None and found.seen and seen_s > LIMIT_S):
        answer = "missed"
    return Judgement(
        target=RECOVERY,
        unit="s",
        limit=LIMIT_S,
        value=round(value, 1),
        low=round(value, 1),
        high=round(value, 1),
        number=found.pages,
        method=f"the first {PAGES} pages in a row of which no more than {LATE} is late; where there are none, as long as was looked",
        answer=answer,
    )
