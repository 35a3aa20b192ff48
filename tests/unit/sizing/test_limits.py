"""What a drill runs with is less than what people are served with, and never more."""

from sizing.evidence import evidence
from sizing.limits import container_memory, least
from tests.unit.sample_plan import LIMITS

VALUES = evidence().medians()


def test_the_least_is_one_of_each_and_the_smallest_pool() -> None:
    small = least(LIMITS, VALUES)
    assert (small.blogs.replicas, small.wiki.replicas) == (1, 1)
    assert small.database.buffer_pool_mib == VALUES.point("smallest_buffer_pool")
    assert container_memory(small) < container_memory(LIMITS)


def test_what_is_small_already_stays_as_it_is() -> None:
    database = LIMITS.database.model_copy(update={"buffer_pool_mib": 64})
    assert least(LIMITS.model_copy(update={"database": database}), VALUES).database == database
