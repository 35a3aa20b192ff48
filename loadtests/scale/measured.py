"""What a test of scaling found, as it stands in ``result.json``."""

from typing import Literal

from pydantic import Field

from loadtests.capacity.measured import Capacity, Extent
from loadtests.part import Part

By = Literal["cores", "replicas"]


class Gain(Part):
    """What more cores or replicas brought, relative: 0.8 is 80 % more people."""

    to: int
    value: float
    low: float = Field(description="with high: holds the true gain with 95 % confidence")
    high: float
    gains: bool = Field(description="it is surely more than 5 %")


class Step(Part):
    """The search at so many cores or replicas."""

    number: int
    cores: tuple[int, ...] = Field(description="those that the platform might use; empty: all of the machine")
    apart: bool = Field(description="the load generator had cores of its own")
    people: Extent | None = Field(description="the capacity; null: it is not known")
    share: Extent | None = Field(description="the same of the plan's peak")
    binding: str = Field(description="what gives first; '' where nothing is known")
    predicted: int = Field(description="people by the plan, scaled to so many cores or replicas")
    busy: float | None = Field(description="share of these cores that worked at the level nearest to the capacity, whoever for; null: no level tells")
    faults: tuple[str, ...] = Field(description="why the step counts for nothing; empty: it counts")
    reaches: bool = Field(description="the plan's peak is surely within the capacity, and levels came near it or beyond")
    gain: Gain | None = Field(description="by the next step that counts; null: there is none")
    capacity: Capacity | None = Field(description="the search itself; null: no level was driven")


class Point(Part):
    """The fitted capacity, in people."""

    number: int
    people: Extent


class Fit(Part):
    """The law of scaling through the steps: C(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))."""

    one: Extent = Field(description="lambda: people that one carries")
    contention: Extent = Field(description="sigma: share of the work that only one can do at a time")
    coherence: Extent | None = Field(description="kappa: what each must settle with each other; null: two steps do not tell it, and it is taken as 0")
    most: Extent | None = Field(description="where the curve is highest; null: it is not surely anywhere")
    points: tuple[Point, ...] = Field(description="the curve; beyond the highest step it is extrapolated")


class Scale(Part):
    """The answer."""

    by: By
    cores: int = Field(description="of the machine")
    steps: tuple[Step, ...]
    people: int = Field(description="the plan's, whose peak is to be reached")
    reached_with: int | None = Field(description="the smallest step whose capacity is surely no less than the plan's peak; null: none")
    reached_by_fit: int | None = Field(description="the smallest number of which the curve says the same; null: none, or no curve")
    stops_at: int | None = Field(
        description="the first step from which the next one surely gains less than 5 % or may; null: every step gained, or there is one alone"
    )
    because: str = Field(description="why it stops there; '' where it does not")
    fit: Fit | None = Field(description="null: fewer than two steps count")
    notes: tuple[str, ...]
