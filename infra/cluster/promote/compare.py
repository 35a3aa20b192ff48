"""Is what arrived what left? Tables and files of both sides, and what they hold in people's words; pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from runtime.errors import PlanError

Tables = Mapping[str, Mapping[str, Any]]
Files = Mapping[str, list[Any]]
PEOPLE: Final = {
    "accounts of the blogs": re.compile(r"blogs\.wp_users"),
    "posts, pages and their revisions": re.compile(r"blogs\.wp_(\d+_)?posts"),
    "comments": re.compile(r"blogs\.wp_(\d+_)?comments"),
    "accounts of the wiki": re.compile(r"wiki\.user"),
    "wiki pages": re.compile(r"wiki\.page"),
    "wiki revisions": re.compile(r"wiki\.revision"),
}
FILES: Final = "files"
SAID: Final = 5
SIZE, SECOND, DIGEST = 0, 1, 2


@dataclass(frozen=True)
class Holds:
    """What one side holds."""

    tables: Tables = field(default_factory=dict)
    files: Files = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Return how much there is, by what people call it."""
        found = {what: sum(int(held["rows"]) for name, held in self.tables.items() if pattern.fullmatch(name)) for what, pattern in PEOPLE.items()}
        return {**found, FILES: sum(bool(told) for told in self.files.values())}


def same(desk: Holds, cluster: Holds) -> None:
    """Raise PlanError naming what differs between what left the desk and what arrived."""
    found = [*_tables(desk.tables, cluster.tables), *_files(desk.files, cluster.files)]
    if found:
        more = f", and {len(found) - SAID} more" if len(found) > SAID else ""
        raise PlanError(f"what arrived is not what left: {'; '.join(found[:SAID])}{more}", where="cluster", hint="run the same command again")


def to_copy(desk: Files, cluster: Files) -> tuple[str, ...]:
    """Return what of the desk's files must be copied: what the cluster lacks, or has of another size or time, and all folders."""
    return tuple(path for path, told in desk.items() if not told or told[:DIGEST] != cluster.get(path, [])[:DIGEST])


def to_remove(desk: Files, cluster: Files) -> tuple[str, ...]:
    """Return what the cluster has beyond the desk's files, what lies deepest first."""
    return tuple(sorted(cluster.keys() - desk.keys(), reverse=True))


def _tables(desk: Tables, cluster: Tables) -> Iterator[str]:
    for name in sorted(desk.keys() | cluster.keys()):
        left, came = desk.get(name), cluster.get(name)
        if left is None or came is None:
            yield f"table {name} is only {'on the cluster' if left is None else 'on the desk'}"
        elif left["rows"] != came["rows"]:
            yield f"table {name} has {came['rows']} rows of {left['rows']}"
        elif left["digest"] != came["digest"]:
            yield f"table {name} has other content"


def _files(desk: Files, cluster: Files) -> Iterator[str]:
    for path in sorted(desk.keys() | cluster.keys()):
        left, came = desk.get(path), cluster.get(path)
        if left is None or came is None:
            yield f"{path} is only {'on the cluster' if left is None else 'on the desk'}"
        elif left[SIZE:SECOND] + left[DIGEST:] != came[SIZE:SECOND] + came[DIGEST:]:
            yield f"{path} has other content"
