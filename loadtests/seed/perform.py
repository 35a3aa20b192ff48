"""Seeding a deployment and taking it all away again; both can be killed at any point and run again."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from loadtests.deployment import Deployment
from loadtests.seed import ranks
from loadtests.seed.amounts import MIB, RESERVE_MIB, needed_mib
from loadtests.seed.content import Content, Wanted, told_blog, told_page
from loadtests.seed.tools import BLOG_PARTS, Answer, BlogsThere, Left, Made, Record, WikiThere, ask, blogs_there, wiki_there
from runtime.errors import PlanError

Say = Callable[[str], None]
BLOGS_AT_ONCE = 5
PAGES_AT_ONCE = 50
REMOVED_AT_ONCE = {"blogs": 10, "wiki": 100}
PROGRESS_S = 2.0


@dataclass(frozen=True)
class Found:
    """What is seeded on a platform."""

    blogs: BlogsThere
    wiki: WikiThere

    @property
    def record(self) -> Record | None:
        """What was asked for, None where nothing was."""
        return self.blogs.record

    @property
    def anything(self) -> bool:
        """Whether there is seeded content, or a trace of it."""
        return self.record is not None or any((self.blogs.blogs, self.blogs.people, self.wiki.pages, self.wiki.talk, self.wiki.files, self.wiki.people))


def found(deployment: Deployment, *, digest: bool = False) -> Found:
    """Return what is seeded; raises PlanError where the platform does not run."""
    return Found(blogs_there(deployment, digest=digest), wiki_there(deployment, digest=digest))


def whole(there: Found, wanted: Wanted) -> bool:
    """Return whether all of ``wanted`` is there already; raises PlanError where something else is."""
    if there.record is None and not there.anything:
        return False
    hint = "remove it first: plan seed --remove"
    if there.record is None:
        raise PlanError("seeded content of an unknown run is there", where="plan seed", hint=hint)
    if there.record.state == "removing":
        raise PlanError(f"a removal of {there.record} was not completed", where="plan seed", hint="complete it first: plan seed --remove")
    if there.record.model_dump(exclude={"state"}) != vars(wanted):
        other = "" if there.record.version == wanted.version else f", as version {there.record.version} writes it (this is {wanted.version})"
        raise PlanError(f"{there.record} in '{there.record.language}' is there already{other}", where="plan seed", hint=f"keep it, or {hint}")
    amounts = Content(wanted).amounts
    counts = (there.blogs.complete, there.blogs.posts, there.wiki.pages, there.wiki.edits)
    return there.record.state == "complete" and counts == (amounts.blogs, amounts.posts, amounts.pages, amounts.edits)


def check_room(deployment: Deployment, wanted: Wanted) -> int:
    """Return the MiB that ``wanted`` takes; raises PlanError where the disk has not that much and a reserve."""
    needed = needed_mib(Content(wanted).amounts)
    free = shutil.disk_usage(deployment.folder).free // MIB
    if free < needed + RESERVE_MIB:
        raise PlanError(
            f"size {wanted.size} takes about {needed} MiB and {RESERVE_MIB} must stay free; {free} MiB are",
            where=str(deployment.folder),
            hint="choose a smaller size, or make room on this disk",
        )
    return needed


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
    with ThreadPoolExecutor(max_workers=len(REMOVED_AT_ONCE)) as pool:
        progress = _Progress(say)
        for one in [pool.submit(_removed, deployment, service, progress) for service in REMOVED_AT_ONCE]:
            one.result()
    ranks.file_of(deployment).unlink(missing_ok=True)
    ask(deployment, "blogs", "forget", {}, Answer)


def _removed(deployment: Deployment, service: str, progress: "_Progress") -> None:
    left = 1
    while left:
        left = ask(deployment, service, "remove", {"most": REMOVED_AT_ONCE[service]}, Left).left
        progress.set({"blogs": "blogs left", "wiki": "pages left"}[service], left)


class _Progress:
    """Says how far it is, every other second at most."""

    def __init__(self, say: Say) -> None:
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
    progress = _Progress(say)
    with ThreadPoolExecutor(max_workers=BLOG_PARTS + 1) as pool:
        working = [pool.submit(_blogs_part, deployment, content, part, progress) for part in range(BLOG_PARTS)]
        working.append(pool.submit(_wiki, deployment, content, progress))
        _await(working)


def _await(working: Sequence[Future[None]]) -> None:
    """Wait for all; the first failure ends the waiting, its fellows stop by themselves after what they have in hand."""
    waiting = set(working)
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for one in done:
            one.result()


def _blogs_part(deployment: Deployment, content: Content, part: int, progress: _Progress) -> None:
    for numbers in _some(range(part, content.amounts.blogs, BLOG_PARTS), BLOGS_AT_ONCE):
        blogs = [told_blog(content.blogs.blog(number)) for number in numbers]
        ask(deployment, "blogs", "fill", {"part": part, "blogs": blogs}, Made)
        progress.add(f"of {content.amounts.blogs:,} blogs", len(numbers))


def _wiki(deployment: Deployment, content: Content, progress: _Progress) -> None:
    for numbers in _some(range(content.amounts.pages), PAGES_AT_ONCE):
        pages = [told for number in numbers for told in told_page(content.wiki.page(number))]
        ask(deployment, "wiki", "fill", {"pages": pages}, Made)
        progress.add(f"of {content.amounts.pages:,} wiki pages", len(numbers))


def _some(numbers: Iterable[int], most: int) -> Iterator[list[int]]:
    every = list(numbers)
    for first in range(0, len(every), most):
        yield every[first : first + most]
