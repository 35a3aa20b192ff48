"""What a comparison found, as ``--json`` tells it."""

from typing import Literal

from pydantic import Field

from loadtests.part import Part
from loadtests.recorder import Schema

Outcome = Literal["no regression", "regression"]
Change = Literal["worse", "better", "may be chance"]
SURE = 0.0025
"""The probability that any difference is called sure though all are chance. Half of these are for the worse."""
LEAST = 0.05
LIKELIHOOD = f"all together, at most {SURE:.2%} that chance alone makes any of them"


class Side(Part):
    """One of the two results."""

    file: str
    platform: str
    started: str
    plan_digest: str
    verdict: str
    requests: int


class Difference(Part):
    """One number in both."""

    what: str
    unit: str = Field(description="ms, share, ms a request, cores, people")
    before: float
    after: float
    change: float | None = Field(description="after over before, less one; null: it was nothing before")
    low: float | None = Field(description="with high: holds the true change with 95 % confidence; null: not known")
    high: float | None
    p: float = Field(description="how likely chance alone makes such a difference")
    answer: Change = Field(description="worse and better: sure, all differences judged together")
    regression: bool = Field(description="worse, and by more than the least that counts")


class Comparison(Part):
    """Two results of the same test."""

    schema_: Schema = Field(default=Schema(version=1), alias="schema")
    scenario: str
    verdict: Outcome
    before: Side
    after: Side
    least: float = Field(description="a change that is no larger is no regression")
    sure: float = Field(default=SURE, description="probability that any difference is called sure though all are chance")
    differences: tuple[Difference, ...]
    left_out: tuple[str, ...] = Field(description="what could not be compared, and why")
    notes: tuple[str, ...] = Field(description="what else differs between the two, as far as the results say")

    @property
    def exit_code(self) -> int:
        """0 no regression; 3 the answer is no."""
        return 3 if self.verdict == "regression" else 0
