"""What is telling in what the programs said, in words. Pure."""

from collections.abc import Callable, Iterator
from statistics import fmean

from loadtests.programs.measured import Column, Pool, Programs

OFTEN = 0.1
"""Of the looks: less comes by chance, as two people who ask at once."""
LOCKED_MS = 100.0
"""Of a second: more than a tenth of a thread waits for rows that others hold."""
THROWN = 1.0
NAMES = {"blogs": "the blogs'", "wiki": "the wiki's"}


def telling(found: Programs | None) -> tuple[str, ...]:
    """Return what was full, or waited for; nothing where nothing was."""
    return tuple(_telling(found)) if found else ()


def _telling(found: Programs) -> Iterator[str]:
    for pool in found.pools:
        yield from _pool(pool)
    for backend in found.front_door.backends:
        share = _share(backend.queued, lambda many: many >= 1)
        if share >= OFTEN:
            yield f"requests for {backend.service} queued in the front door at {share:.0%} of the looks, up to {_most(backend.queued):.0f}"
    waited = _mean(found.database.row_lock_wait_ms_per_second)
    if waited >= LOCKED_MS:
        yield f"the database's threads waited {waited:.0f} ms in each second for rows that others had locked"
    thrown = _mean(found.object_cache.evicted_per_second)
    if thrown >= THROWN:
        yield f"the object cache was full: it threw out {thrown:.0f} objects a second"


def _pool(pool: Pool) -> Iterator[str]:
    share = _share(pool.busy, lambda busy: busy >= pool.children > 0)
    if share >= OFTEN:
        whose = NAMES.get(pool.service, pool.service)
        yield f"{whose} PHP pool of {pool.children} was full at {share:.0%} of the looks; up to {_most(pool.waiting):.0f} waited"


def _share(column: Column, said: Callable[[float], bool]) -> float:
    there = [value for value in column if value is not None]
    return sum(map(said, there)) / len(there) if there else 0.0


def _mean(column: Column) -> float:
    there = [value for value in column if value is not None]
    return fmean(there) if there else 0.0


def _most(column: Column) -> float:
    return max((value for value in column if value is not None), default=0.0)
