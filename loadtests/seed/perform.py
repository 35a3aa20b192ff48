"""Seeding a deployment and taking it all away again; both can be killed at any point and run again."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial

from loadtests.deployment import Deployment
from loadtests.seed import ranks
from loadtests.seed.content import Content, Wanted, told_blog, told_page
from loadtests.seed.tools import BLOG_PARTS, Answer, Left, Made, ask, wiki_there
from runtime.errors import PlanError

Say = Callable[[str], None]
BLOGS_AT_ONCE = 10
PAGES_AT_ONCE = 100
REMOVED_AT_ONCE = {"blogs": 10, "wiki": 100}
PROGRESS_S = 2.0


def seed(deployment: Deployment, wanted: Wanted, say: Say) -> None:
    """Make what is missing of ``wanted``, and write down its popularity."""
    content = Content(wanted)
    people = [{"login": person.login, "name": person.name} for person in content.people]
    ask(deployment, "blogs", "begin", {**vars(wanted), "people": people}, Answer)
    ask(deployment, "wiki", "begin", {"people": [person.wiki_name for person in content.people]}, Answer)
    _fill(deployment, content, say)
    ranks.write(content, deployment)
    ask(deployment, "wiki", "end", {}, Answer)
    ask(deployment, "blogs", "end", {}, Answer)


def remove(deployment: Deployment, say: Say) -> None:
    """Remove all seeded content; the record of it goes last."""
    _together([partial(_removed, deployment, service) for service in REMOVED_AT_ONCE], say)
    left = wiki_there(deployment)
    if any(left.model_dump(exclude={"digest"}).values()):
        raise PlanError(f"not all of the wiki's seeded content could be removed: {left}", where="wiki", hint="run 'plan seed --remove' again")
    ranks.file_of(deployment).unlink(missing_ok=True)
    ask(deployment, "blogs", "forget", {}, Answer)


def _removed(deployment: Deployment, service: str, progress: "_Progress") -> None:
    left = 1
    while left and not progress.over.is_set():
        left = ask(deployment, service, "remove", {"most": REMOVED_AT_ONCE[service]}, Left).left
        progress.set({"blogs": "blogs left", "wiki": "pages left"}[service], left)


class _Progress:
    """Says how far it is, every other second at most; ``over`` tells all workers to stop after what they have in hand."""

    def __init__(self, say: Say) -> None:
        self.over = threading.Event()
        self._say, self._numbers = say, dict[str, int]()
        self._next = time.monotonic() + PROGRESS_S

    def set(self, what: str, number: int) -> None:
        """Take a number in, and say all of them when it is time."""
        self._numbers[what] = number
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PROGRESS_S
            self._say(", ".join(f"{value:,} {name}" for name, value in self._numbers.items()))

    def add(self, what: str, number: int) -> None:
        """Count something."""
        self.set(what, self._numbers.get(what, 0) + number)


def _fill(deployment: Deployment, content: Content, say: Say) -> None:
    """Let BLOG_PARTS workers for blogs and one for the wiki make their parts, some blogs or pages at a time."""
    _together([*(partial(_blogs_part, deployment, content, part) for part in range(BLOG_PARTS)), partial(_wiki, deployment, content)], say)


def _together(works: Sequence[Callable[["_Progress"], None]], say: Say) -> None:
    """Do all of ``works`` at once; the first failure, or an interrupt, stops the others."""
    progress = _Progress(say)
    with ThreadPoolExecutor(max_workers=len(works)) as pool:
        try:
            for done in as_completed([pool.submit(work, progress) for work in works]):
                done.result()
        finally:
            progress.over.set()


def _blogs_part(deployment: Deployment, content: Content, part: int, progress: _Progress) -> None:
    for numbers in _some(range(part, content.amounts.blogs, BLOG_PARTS), BLOGS_AT_ONCE):
        if progress.over.is_set():
            return
        blogs = [told_blog(content.blogs.blog(number)) for number in numbers]
        ask(deployment, "blogs", "fill", {"part": part, "blogs": blogs}, Made)
        progress.add(f"of {content.amounts.blogs:,} blogs", len(numbers))


def _wiki(deployment: Deployment, content: Content, progress: _Progress) -> None:
    for numbers in _some(range(content.amounts.pages), PAGES_AT_ONCE):
        if progress.over.is_set():
            return
        pages = [told for number in numbers for told in told_page(content.wiki.page(number))]
        ask(deployment, "wiki", "fill", {"pages": pages}, Made)
        progress.add(f"of {content.amounts.pages:,} wiki pages", len(numbers))


def _some(numbers: Iterable[int], most: int) -> Iterator[list[int]]:
    every = list(numbers)
    for first in range(0, len(every), most):
        yield every[first : first + most]
