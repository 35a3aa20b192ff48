"""From looks to columns: numbers of the moment as they are, counts as what came in a second since the look before. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

from loadtests.programs.answers import BACKENDS, Told
from loadtests.programs.measured import DIGITS, Backend, Column, Database, FrontDoor, ObjectCache, Pool, Programs

MOST_NOTES = 10
Row = Mapping[str, float]


@dataclass(frozen=True)
class Look:
    """What was told at one moment: unix time ``at``, ``clock`` (s) that nobody sets; by role and container, whole roles alone."""

    at: float
    clock: float
    told: Mapping[str, Mapping[str, Told]]


def programs(looks: Sequence[Look], children: Mapping[str, int], missing: Mapping[tuple[str, str], int]) -> Programs:
    """Return the columns; a look in which a role told nothing, or began anew, is a gap in its rates."""

    def of(role: str) -> dict[str, Column]:
        rows = list(_rows(looks, role))
        names = dict.fromkeys(name for row in rows for name in row)
        return {name: tuple(_rounded(row.get(name)) for row in rows) for name in names}

    nothing: Column = (None,) * len(looks)
    door = of("frontdoor")
    return Programs(
        at=tuple(round(look.at, 3) for look in looks),
        pools=tuple(
            Pool(
                service=role,
                children=many * max(len(look.told.get(role, ())) for look in looks),
                busy=found.get("busy", nothing),
                waiting=found.get("waiting", nothing),
            )
            for role, many in children.items()
            for found in [of(role)]
        ),
        front_door=FrontDoor(
            **{name: door.get(name, nothing) for name in FrontDoor.model_fields if name != "backends"},
            backends=tuple(Backend(service=name, busy=door.get(f"{name}.busy", nothing), queued=door.get(f"{name}.queued", nothing)) for name in BACKENDS),
        ),
        database=Database(**_filled(Database, of("database"), nothing)),
        object_cache=ObjectCache(**_filled(ObjectCache, of("objectcache"), nothing)),
        notes=tuple(_notes(missing, len(looks))),
    )


def _filled(model: type[Database | ObjectCache], found: Mapping[str, Column], nothing: Column) -> dict[str, Column]:
    return {name: found.get(name, nothing) for name in model.model_fields}


def _rows(looks: Sequence[Look], role: str) -> Iterator[Row]:
    """Yield what a role told at each look."""
    if looks:
        yield _now(looks[0], role)
    for before, now in pairwise(looks):
        yield {**_now(now, role), **_rates(before, now, role)}


def _now(look: Look, role: str) -> Row:
    told = look.told.get(role)
    return reduce(Told.plus, told.values()).now if told else {}


def _rates(before: Look, now: Look, role: str) -> Row:
    """Return what came in a second; nothing where the containers are others, or a program began to count anew."""
    old, new, seconds = before.told.get(role, {}), now.told.get(role, {}), now.clock - before.clock
    if not new or set(old) != set(new) or seconds <= 0:
        return {}
    came = [{name: value - old[one].counted[name] for name, value in told.counted.items()} for one, told in new.items()]
    if any(value < 0 for row in came for value in row.values()):
        return {}
    return {name: sum(row[name] for row in came) / seconds for name in came[0]}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _notes(missing: Mapping[tuple[str, str], int], looks: int) -> Iterator[str]:
    for (role, why), many in sorted(sorted(missing.items(), key=lambda one: -one[1])[:MOST_NOTES]):
        yield f"{role} told nothing at {many} of {looks} looks: {why}"
