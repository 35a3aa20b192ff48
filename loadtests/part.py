"""The parts of what a test writes."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of the record: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)
