"""How long levels are."""

from dataclasses import dataclass

LEVELS = 10
LEAST_S, MOST_S = 12.0, 120.0
WARM_PART, WARM_MOST_S = 0.2, 10.0
LAST_PART = 0.5


@dataclass(frozen=True)
class Pace:
    """Seconds: of all levels together, of one, and of its beginning that is left out.

    The beginning is the same for all levels, not found in each: a rule that cuts where response times are high cuts
    crowded minutes, and what is left flatters the platform.
    """

    limit_s: float
    level_s: float
    warm_s: float

    @classmethod
    def of(cls, limit_s: float) -> "Pace":
        """Return the pace of a search of ``limit_s``."""
        level_s = min(MOST_S, max(LEAST_S, limit_s / LEVELS))
        return cls(limit_s, level_s, min(WARM_MOST_S, WARM_PART * level_s))

    def next_s(self, gone_s: float) -> float:
        """Return how long the level lasts that begins after ``gone_s``; 0 where too little is left for one. The last takes what would be left over."""
        left = self.limit_s - gone_s
        if left < LAST_PART * self.level_s:
            return 0.0
        return left if left < (1 + LAST_PART) * self.level_s else self.level_s
