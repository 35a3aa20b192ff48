"""What the Locust process of a steady test is told to drive."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from loadtests.part import Part
from loadtests.seed import ranks
from loadtests.seed.popularity import weights
from loadtests.spaces import Item, Spaces
from loadtests.steady.profile import CONSTANT, Stretch
from loadtests.steady.workload import Workload

SEED = 1


class Shown(Part):
    """A page that is read: ``weight`` is its share of the reading of its kind, ``own`` whether it is of this run's test space."""

    title: str
    url: str
    weight: float
    own: bool = True


class Stage(Part):
    """A level of load, as the Locust process is told it; ``number`` counts from 1."""

    number: int
    share: float = Field(description="of the order's workload")
    workload: Workload | None = Field(default=None, description="in place of a share of the order's: a mix of its own")


class Order(Part):
    """Open arrivals of a workload, and the pages that are there for it."""

    workload: Workload
    posts: tuple[Shown, ...]
    pages: tuple[Shown, ...]
    limit_s: float = Field(description="arrivals end after this")
    most_requests: int = Field(description="or after so many requests")
    probe_s: float = Field(default=2.0, description="time between two looks at a real front page")
    seed: int = SEED
    stop: Path = Field(description="arrivals end when this file is there")
    stage: Path | None = Field(default=None, description="file that holds the present level, of a test of several")
    profile: tuple[Stretch, ...] = Field(default=CONSTANT, description="how much comes when")
    crowd: Workload | None = Field(default=None, description="of a mail, beside the workload")
    people: int = Field(default=0, description="so many at once, each again after the answer, in place of open arrivals; 0: open arrivals")


def shown(spaces: Spaces, exponent: float, seeded: ranks.Popularity | None) -> tuple[tuple[Shown, ...], tuple[Shown, ...]]:
    """Return the posts and the wiki pages that are read.

    Where rehearsal content is there it is read, with the weights of its own ranks. Otherwise it is the test space's: the
    blog's first page is read most, then its posts in their order, by Zipf's law with ``exponent``.
    """
    if seeded is not None:
        return _seeded(seeded.posts), _seeded(seeded.pages)
    front = Item(title=f"Test {spaces.token}", url=spaces.blog.site_url)
    return _own((front, *spaces.blog.posts), exponent), _own(spaces.wiki.pages, exponent)


def _own(items: Sequence[Item], exponent: float) -> tuple[Shown, ...]:
    return tuple(Shown(title=item.title, url=item.url, weight=weight) for item, weight in zip(items, weights(len(items), exponent), strict=True))


def _seeded(items: Sequence[ranks.Item]) -> tuple[Shown, ...]:
    return tuple(Shown(title=item.title, url=item.url, weight=item.weight, own=False) for item in items)
