"""What is told of a closed test beside what is told of open arrivals."""

from pydantic import Field

from loadtests.part import Part


class Closed(Part):
    """So many people at once. Latency counts from the send, and a slow platform is asked for less."""

    people: int
    people_at_peak: float = Field(description="that are there at once at the plan's peak, where every answer comes at once (Little's law)")
    think_time_s: float = Field(description="mean, after the answer")
    predicted_per_second: float = Field(description="requests, by the closed queueing model with the plan's demands")
    most_per_second: float = Field(description="requests, where every answer comes at once")
