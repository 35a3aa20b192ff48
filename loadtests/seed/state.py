"""What is seeded on a platform, and whether something else may be."""

import shutil
from dataclasses import dataclass

from loadtests import surroundings
from loadtests.deployment import Deployment
from loadtests.seed.amounts import MIB, RESERVE_MIB, needed_mib
from loadtests.seed.content import Content, Wanted
from loadtests.seed.tools import BlogsThere, Record, WikiThere, blogs_there, wiki_there
from runtime.errors import PlanError


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
    needed, room = needed_mib(Content(wanted).amounts), surroundings.of(deployment).room
    free = (shutil.disk_usage(deployment.folder).free if room is None else room.free_bytes) // MIB
    if free < needed + RESERVE_MIB:
        raise PlanError(
            f"size {wanted.size} takes about {needed} MiB and {RESERVE_MIB} must stay free; {free} MiB are",
            where=room.host if room else str(deployment.folder),
            hint="choose a smaller size, or make room on this disk",
        )
    return needed


def disk_of(deployment: Deployment) -> str:
    """Return where seeded content takes room, in words."""
    return "the disk of each host that keeps files or the database" if surroundings.of(deployment).room else f"the disk of {deployment.folder}"
