"""What programs say in tests: recorded answers of a deployment under load, and runs that never were."""

from pathlib import Path

from loadtests.programs.answers import ASKED, Told
from loadtests.programs.measured import Programs
from loadtests.programs.rows import Look, programs

RECORDED = Path(__file__).parent / "recorded"
BEGIN = 1_000_000.0
CHILDREN = {"blogs": 4, "wiki": 4}


def recorded(role: str) -> str:
    """What the program of a service said."""
    return (RECORDED / f"{'blogs' if role == 'wiki' else role}.txt").read_text(encoding="utf-8")


def told(role: str, **more: float) -> Told:
    """What that says, with some numbers more."""
    found = ASKED[role].told(recorded(role))
    return Told({**found.now, **{name: value for name, value in more.items() if name in found.now}}, {**found.counted, **more_counted(found, more)})


def more_counted(found: Told, more: dict[str, float]) -> dict[str, float]:
    """The counts with what came on top."""
    return {name: found.counted[name] + value for name, value in more.items() if name in found.counted}


def look(number: int, **roles: Told | None) -> Look:
    """A look, two seconds after the one before; None: the role told nothing."""
    whole = {role: told(role) for role in ASKED} | roles
    return Look(BEGIN + 2 * number, 50.0 + 2 * number, {role: {"a": one} for role, one in whole.items() if one is not None})


def run(seconds: int = 120, *, busy: float = 1.0, waiting: float = 0.0) -> Programs:
    """A run of looks at which the blogs' pool was as busy as told in every second one."""
    pool = (told("blogs", busy=busy, waiting=waiting), told("blogs", busy=0.0))
    looks = [
        look(number, blogs=pool[number % 2], objectcache=told("objectcache", hits_per_second=90.0 * number, misses_per_second=10.0 * number))
        for number in range(seconds // 2)
    ]
    return programs(looks, CHILDREN, {})
