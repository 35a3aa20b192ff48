"""The popularity of seeded content, written down: load tests pick pages by the same ranks."""

from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from loadtests.deployment import Deployment
from loadtests.seed.blogs import address
from loadtests.seed.content import Content
from loadtests.seed.popularity import EXPONENT, weights
from loadtests.seed.wiki import NAMESPACE
from runtime import files


class Item(BaseModel):
    """A post or a wiki page; the weights of one kind sum to 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    url: str
    rank: int = Field(description="1 is read most")
    weight: float = Field(description="share of the reading of its kind: rank ** -exponent over their sum")


class Popularity(BaseModel):
    """Who is read most, by kind, in the order of the ranks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = 1
    size: str
    seed: int
    exponent: float
    posts: tuple[Item, ...]
    pages: tuple[Item, ...]


def file_of(deployment: Deployment) -> Path:
    """Return where the popularity of the seeded content stands."""
    return deployment.folder / "seed" / "popularity.json"


def popularity(content: Content, deployment: Deployment) -> Popularity:
    """Return the ranks of all posts and pages of ``content``, with their addresses on ``deployment``."""
    blogs, wiki = (deployment.urls[use].rstrip("/") for use in ("internal", "wiki"))
    made = [content.blogs.blog(number) for number in range(content.amounts.blogs)]
    posts = [(post.title, blogs + address(blog, post), post.rank) for blog in made for post in blog.posts]
    pages = [(title, f"{wiki}/wiki/{NAMESPACE}:{quote(title.replace(' ', '_'), safe=':/')}", rank) for title, rank in content.wiki.ranked()]
    return Popularity(size=content.wanted.size, seed=content.wanted.seed, exponent=EXPONENT, posts=_items(posts), pages=_items(pages))


def _items(things: list[tuple[str, str, int]]) -> tuple[Item, ...]:
    shares = weights(len(things))
    return tuple(Item(title=title, url=url, rank=rank, weight=shares[rank - 1]) for title, url, rank in sorted(things, key=lambda thing: thing[2]))


def write(content: Content, deployment: Deployment) -> Path:
    """Write the popularity of ``content`` into the folder of ``deployment``."""
    path = file_of(deployment)
    files.write(path, popularity(content, deployment).model_dump_json(indent=1) + "\n")
    return path


def read(deployment: Deployment) -> Popularity:
    """Return what is written down; raises PlanError where nothing is seeded."""
    return Popularity.model_validate_json(files.read(file_of(deployment), hint="run 'plan seed' first"))
