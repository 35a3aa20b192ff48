"""The scenarios by name. One for another platform is a Locust file and an entry here."""

from dataclasses import dataclass, replace
from pathlib import Path

from loadtests.mix import MIX

HERE = Path(__file__).parent
OPTION = "--underdesk-target"
"""By which a Locust process is told where load goes."""


@dataclass(frozen=True)
class Scenario:
    """One Locust file and the bounds it runs in."""

    name: str
    file: Path
    users: int
    limit_s: int
    readers: int
    authors: int
    editors: int
    posts: int
    pages: int
    classes: tuple[str, ...]
    """Request classes that must have been seen for the run to prove anything."""
    processes: int = 1
    """That drive; where there are several, one more hears them all."""


SMOKE = Scenario(
    name="smoke",
    file=HERE / "smoke.py",
    users=6,
    limit_s=40,
    readers=1,
    authors=1,
    editors=1,
    posts=5,
    pages=3,
    classes=(
        *("blog-front", "blog-feed", "blog-search", "blog-post", "sign-in", "comment", "upload", "publish", "picture"),
        *("wiki-page", "wiki-search", "wiki-sign-in", "wiki-edit"),
    ),
)

MIXED = Scenario(
    name="mixed",
    file=HERE / "mixed.py",
    users=1,
    limit_s=1800,
    readers=10,
    authors=2,
    editors=2,
    posts=16,
    pages=12,
    classes=tuple(MIX),
)

STEADY = Scenario(
    name="steady",
    file=HERE / "steady.py",
    users=1,
    limit_s=900,
    readers=8,
    authors=2,
    editors=4,
    posts=120,
    pages=60,
    classes=(),
)

CAPACITY = replace(STEADY, name="capacity", file=HERE / "capacity.py")

CALIBRATE = replace(CAPACITY, name="calibrate")

SCALE = replace(CAPACITY, name="scale")

CLOSED = replace(STEADY, name="closed", file=HERE / "closed.py")

SHAPES = tuple(replace(STEADY, name=name) for name in ("announcement", "week", "soak", "spike"))

SCENARIOS = {scenario.name: scenario for scenario in (SMOKE, MIXED, STEADY, CLOSED, CAPACITY, CALIBRATE, SCALE, *SHAPES)}
