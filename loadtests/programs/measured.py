"""What the programs said, look by look, as it stands in ``result.json``."""

import math
from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import TypeVar

from pydantic import Field

from loadtests.part import Part

DIGITS = 4
Column = tuple[float | None, ...]
P = TypeVar("P", bound=Part)


class Pool(Part):
    """The PHP children of a service, of all its replicas together; each column one number for each look, null where it was not told, as everywhere below."""

    service: str
    children: int
    busy: Column = Field(description="children that work on a request, at the look")
    waiting: Column = Field(description="requests that wait for a child, at the look")


class Backend(Part):
    """A service as the front door sees it."""

    service: str
    busy: Column = Field(description="requests that it works on, at the look")
    queued: Column = Field(description="requests that wait in the front door for it, at the look")


class FrontDoor(Part):
    """HAProxy; rates are means since the look before."""

    connections: Column = Field(description="open, of clients, at the look")
    connections_per_second: Column
    requests_per_second: Column
    denied_per_second: Column
    errors_per_second: Column = Field(description="answers with a 5xx")
    tls_per_second: Column = Field(description="TLS sessions that began")
    tls_keys_per_second: Column = Field(description="of them with a new key, in the second before the look")
    backends: tuple[Backend, ...]


class Database(Part):
    """MariaDB; rates are means since the look before. Who looks is not counted."""

    running: Column = Field(description="threads that work on a statement, at the look; a copy of the binary log is one")
    connected: Column = Field(description="at the look")
    queries_per_second: Column
    row_lock_waiting: Column = Field(description="at the look")
    row_lock_waits_per_second: Column
    row_lock_wait_ms_per_second: Column = Field(description="of all threads together")
    pages_asked_per_second: Column = Field(description="of InnoDB's buffer pool")
    pages_read_per_second: Column = Field(description="of them those that had to be read from the disk")
    tmp_disk_tables_per_second: Column
    fsyncs_per_second: Column = Field(description="InnoDB's")
    slow_per_second: Column = Field(description="statements of more than long_query_time, 10 s")


class ObjectCache(Part):
    """Valkey; rates are means since the look before."""

    used_mib: Column = Field(description="at the look")
    limit_mib: Column
    hits_per_second: Column
    misses_per_second: Column
    evicted_per_second: Column = Field(description="keys that were thrown out for want of memory")


class Programs(Part):
    """The programs over the run."""

    at: tuple[float, ...] = Field(description="unix time of each look, by the clock of the platform's seconds")
    pools: tuple[Pool, ...]
    front_door: FrontDoor
    database: Database
    object_cache: ObjectCache
    notes: tuple[str, ...] = Field(description="what was not told, and why")

    def inside(self, spans: Sequence[tuple[float, float]]) -> "Programs":
        """Return the looks in ``spans`` (unix times) alone."""
        kept = [number for number, at in enumerate(self.at) if any(since <= at <= until for since, until in spans)]
        found = _mapped(self, lambda column: tuple(column[number] for number in kept))
        return found.model_copy(update={"at": tuple(self.at[number] for number in kept)})

    def coarser(self, most: int) -> "Programs":
        """Return the same in at most ``most`` rows: means of as many looks as that takes."""
        many = math.ceil(len(self.at) / most)
        if many <= 1:
            return self
        found = _mapped(self, lambda column: tuple(_mean(column[at : at + many]) for at in range(0, len(column), many)))
        return found.model_copy(update={"at": tuple(self.at[min(at + many, len(self.at)) - 1] for at in range(0, len(self.at), many))})

    @property
    def even(self) -> bool:
        """Whether there is one number for each look everywhere."""
        return {len(column) for column in columns(self)} <= {len(self.at)}


def columns(part: Part) -> Iterator[Column]:
    """Yield every column of ``part`` and what is in it."""
    for name, value in part:
        if isinstance(value, Part):
            yield from columns(value)
        elif _nested(value):
            yield from (column for one in value for column in columns(one))
        elif isinstance(value, tuple) and name not in {"at", "notes", "pools", "backends"}:
            yield value


def _mapped(part: P, made: Callable[[Column], Column]) -> P:
    """Return ``part`` with each of its columns as ``made`` makes it."""
    changed: dict[str, object] = {}
    for name, value in part:
        if isinstance(value, Part):
            changed[name] = _mapped(value, made)
        elif _nested(value):
            changed[name] = tuple(_mapped(one, made) for one in value)
        elif isinstance(value, tuple) and name not in {"at", "notes"}:
            changed[name] = made(value)
    return part.model_copy(update=changed)


def _nested(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(one, Part) for one in value)


def _mean(values: Column) -> float | None:
    there = [value for value in values if value is not None]
    return round(fmean(there), DIGITS) if there else None
