"""One number in both results, before it is judged."""

from dataclasses import dataclass

from loadtests.compare.chance import Ratio
from loadtests.compare.measured import Difference


@dataclass(frozen=True)
class Pair:
    """A number before and after; it is worse where it is larger, or where ``larger_is_worse`` says no where it is smaller."""

    what: str
    unit: str
    before: float
    after: float
    ratio: Ratio
    larger_is_worse: bool = True

    def difference(self, least: float, *, sure: bool) -> Difference:
        """Return the difference, judged."""
        ratio, larger = self.ratio, self.after > self.before
        worse = larger == self.larger_is_worse
        return Difference(
            what=self.what,
            unit=self.unit,
            before=_digits(self.before),
            after=_digits(self.after),
            change=_rounded(ratio.value),
            low=_rounded(ratio.low),
            high=_rounded(ratio.high),
            p=float(f"{ratio.p:.3g}"),
            answer="may be chance" if not sure or self.before == self.after else "worse" if worse else "better",
            regression=sure and worse and self.before != self.after and (ratio.value is None or abs(ratio.value) > least),
        )


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


def _digits(number: float) -> float:
    return float(f"{number:.5g}")
