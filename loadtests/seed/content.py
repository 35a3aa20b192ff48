"""All content of one seed, and how it is told to the images' tools."""

from dataclasses import asdict, dataclass, replace
from functools import cached_property

from loadtests.seed import pictures
from loadtests.seed.amounts import Amounts, amounts
from loadtests.seed.blogs import Blog, Blogs
from loadtests.seed.language import Language, spoken
from loadtests.seed.people import Person, people
from loadtests.seed.wiki import Page, Wiki

VERSION = 1  # raised when the same seed gives other content

EXTENTS = {"full": (pictures.WIDTH, pictures.HEIGHT), **pictures.SIZES}


@dataclass(frozen=True)
class Wanted:
    """What names the content: the same four give the same content for ever."""

    size: str
    seed: int
    language: str
    version: int = VERSION

    def __str__(self) -> str:
        return f"size {self.size} with seed {self.seed}"


@dataclass(frozen=True)
class Content:
    """The content of ``wanted``; each blog and page is made when it is asked for."""

    wanted: Wanted

    @property
    def amounts(self) -> Amounts:
        """How much there is of it."""
        return amounts(self.wanted.size)

    @cached_property
    def language(self) -> Language:
        """The words."""
        return spoken(self.wanted.language)

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """Who writes."""
        return people(self.wanted.seed, self.amounts.people)

    @cached_property
    def blogs(self) -> Blogs:
        """The blogs."""
        return Blogs(self.wanted.seed, self.amounts, self.language, self.people)

    @cached_property
    def wiki(self) -> Wiki:
        """The wiki pages."""
        return Wiki(self.wanted.seed, self.amounts, self.language, self.people)


def told_blog(blog: Blog) -> dict[str, object]:
    """Return a blog as ``underdesk-blogs seed fill`` reads it, its pictures drawn."""
    posts = [{**asdict(post), "extents": EXTENTS, "jpegs": pictures.picture(post.picture)} for post in blog.posts]
    return {**asdict(replace(blog, posts=())), "path": blog.path, "posts": posts}


def told_page(page: Page) -> list[dict[str, object]]:
    """Return a page, and its talk page where there is one, as ``underdesk-wiki seed fill`` reads them."""
    drawn = pictures.picture(page.picture)["full"] if page.picture else ""
    article = {"title": page.title, "talk": False, "rank": page.rank, "revisions": _told(page.revisions), "file": page.file, "jpeg": drawn}
    talk = {"title": page.title, "talk": True, "rank": 0, "revisions": _told(page.remarks)}
    return [article, talk] if page.remarks else [article]


def _told(revisions: tuple[object, ...]) -> list[dict[str, object]]:
    return [vars(revision) for revision in revisions]
