"""Blogs with posts, pictures and comments."""

from dataclasses import dataclass
from datetime import datetime

from loadtests.seed import calendar, texts
from loadtests.seed.amounts import Amounts
from loadtests.seed.chance import Chance
from loadtests.seed.language import Language
from loadtests.seed.people import MARK, Person
from loadtests.seed.popularity import Popular, divided, ranks, weights
from loadtests.seed.slugs import slug

PICTURE = "<!-- underdesk:picture -->"
AUTHORS = 4
COMMENT_DAYS = 20


@dataclass(frozen=True)
class Comment:
    """What a reader wrote below a post."""

    by: str
    at: str
    text: str


@dataclass(frozen=True)
class Post:
    """A post; in its blocks PICTURE stands where its picture is shown. ``picture`` names what is drawn."""

    slug: str
    title: str
    by: str
    at: str
    blocks: str
    tag: str
    picture: str
    caption: str
    rank: int
    comments: tuple[Comment, ...]


@dataclass(frozen=True)
class Blog:
    """A blog; ``slug`` is the last part of its path."""

    slug: str
    title: str
    tagline: str
    authors: tuple[str, ...]
    posts: tuple[Post, ...]

    @property
    def path(self) -> str:
        """Where it lies on the internal host; the beginning is the mark of seeded content."""
        return f"/{MARK}{self.slug}/"


class Blogs:
    """How all blogs of one seed are written; each is made when it is asked for, and does not depend on the others."""

    def __init__(self, seed: int, wanted: Amounts, language: Language, people: tuple[Person, ...]) -> None:
        """Divide popularity, comments, titles and names among the blogs."""
        chance, posts = Chance(seed, "blogs"), wanted.posts
        comments = divided(wanted.comments, weights(posts))
        self.seed, self.wanted, self.language, self.people = seed, wanted, language, people
        self._ranks = ranks(chance, posts)
        self._comments = [comments[rank - 1] for rank in self._ranks]
        self._subjects = texts.subjects(language, chance, language.post_titles, posts)
        self._names = chance.some([(team, place) for team in language.teams for place in language.places], wanted.blogs)
        self._writers = Popular(weights(len(people)))

    def blog(self, number: int) -> Blog:
        """Return blog ``number``, from 0."""
        team, place = self._names[number]
        chance = Chance(self.seed, "blog", number)
        authors = chance.some(self.people, AUTHORS)
        name = slug(f"{team} {place}")
        first = number * self.wanted.posts_per_blog
        moments = sorted(calendar.moment(chance) for _ in range(self.wanted.posts_per_blog))
        posts: list[Post] = []
        for at, moment in enumerate(moments):
            posts.append(self._post(first + at, moment, authors, f"/{MARK}{name}/", posts))
        return Blog(name, f"{team} {place}", chance.pick(self.language.taglines), tuple(person.login for person in authors), tuple(posts))

    def _post(self, number: int, moment: datetime, authors: list[Person], path: str, earlier: list[Post]) -> Post:
        chance = Chance(self.seed, "post", number)
        frame, thing, place = self._subjects[number]
        author = chance.pick(authors)
        writer = texts.Writer(self.language, chance, thing, place, author.name)
        title = writer.fill(frame)
        name = slug(title)
        taken = sum(post.slug == name or post.slug.startswith(f"{name}-") for post in earlier)
        linked = chance.pick(earlier) if earlier else None
        return Post(
            slug=f"{name}-{taken + 1}" if taken else name,
            title=title,
            by=author.login,
            at=calendar.written(moment),
            blocks=_blocks(writer, _address(path, linked), linked.title if linked else ""),
            tag=place,
            picture=f"{self.seed}/post/{number}",
            caption=writer.say(self.language.captions),
            rank=self._ranks[number],
            comments=self._discussion(writer, moment, self._comments[number]),
        )

    def _discussion(self, writer: texts.Writer, moment: datetime, number: int) -> tuple[Comment, ...]:
        said, chance = [], writer.chance
        for _ in range(number):
            person = self.people[self._writers.draw(chance)]
            said.append(Comment(person.login, calendar.written(calendar.later(chance, moment, COMMENT_DAYS)), writer.say(self.language.comments)))
        return tuple(sorted(said, key=lambda comment: comment.at))


def address(blog: Blog, post: Post) -> str:
    """Return the path of a post on its host."""
    return _address(blog.path, post)


def _address(path: str, post: Post | None) -> str:
    return f"{path}{post.at[:4]}/{post.at[5:7]}/{post.slug}/" if post else path


def _blocks(writer: texts.Writer, link: str, linked: str) -> str:
    """Return a report, or a how-to with steps, as WordPress's blocks."""
    language = writer.language
    first, second = writer.headings(2)
    middle = _list(writer.steps()) if writer.chance.share() < 0.4 else _paragraph(writer.paragraph())  # noqa: PLR2004 - two in five are how-tos
    parts = [
        _paragraph(writer.paragraph(writer.say(language.openings))),
        PICTURE,
        _heading(first),
        middle,
        _paragraph(writer.paragraph()),
        _heading(second),
        _paragraph(writer.paragraph()),
        _paragraph(writer.say(language.closings) + (f' {language.more} <a href="{link}">{linked}</a>.' if linked else "")),
    ]
    return "\n\n".join(parts)


def _paragraph(text: str) -> str:
    return f"<!-- wp:paragraph -->\n<p>{text}</p>\n<!-- /wp:paragraph -->"


def _heading(text: str) -> str:
    return f'<!-- wp:heading -->\n<h2 class="wp-block-heading">{text}</h2>\n<!-- /wp:heading -->'


def _list(items: list[str]) -> str:
    lines = "".join(f"<!-- wp:list-item -->\n<li>{item}</li>\n<!-- /wp:list-item -->" for item in items)
    return f'<!-- wp:list {{"ordered":true}} -->\n<ol class="wp-block-list">{lines}</ol>\n<!-- /wp:list -->'
