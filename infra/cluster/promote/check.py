"""Whether a desk can move into a cluster: everything that speaks against it, before anything is changed."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from infra.cluster.promote.there import STATE, There
from infra.deployment import Deployment
from infra.keep import database
from infra.upgrade import schema
from runtime.errors import PlanError

MIB: Final = 1024**2
SPARE: Final = 64 * MIB
MEMBER_TIMES, DESK_TIMES = 3, 2
"""Tables arrive beside those in use, and pass through the binary log; of a dump, text is larger than what it fills."""
A_SECOND: Final = 8 * MIB
ALWAYS_S: Final = 90
"""Guessed where nothing was rehearsed: what of tables and files passes in a second, and what closing, opening and looking take in any case."""
BYTES: Final = "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema IN ('blogs', 'wiki');"
POST: Final = "(SELECT COUNT(*) FROM blogs.wp_{}posts WHERE post_type = 'post' AND post_status NOT IN ('auto-draft', 'trash'))"
NUMBERS: Final = "SELECT blog_id FROM blogs.wp_blogs ORDER BY blog_id;"
PEOPLE: Final = "SELECT COUNT(*) FROM blogs.wp_users;"
FIRST_PAGES: Final = "MediaWiki default"
"""Who made the wiki's first pages."""
EDITS: Final = f"SELECT COUNT(*) FROM wiki.revision JOIN wiki.actor ON rev_actor = actor_id WHERE actor_name <> '{FIRST_PAGES}';"  # noqa: S608 - our name


@dataclass(frozen=True)
class Sizes:
    """How much there is to move: bytes of the desk's tables and of its files."""

    tables: int
    files: int

    @property
    def guessed_s(self) -> float:
        """How long nobody can write, about: files were copied before, but for the last ones."""
        return ALWAYS_S + (DESK_TIMES * self.tables + self.files / 10) / A_SECOND


def sizes(desk: Deployment) -> Sizes:
    """Return how much is on the desk."""
    data = desk.folder / "data"
    found = (path.lstat().st_size for name in ("uploads", "wiki-images") for path in (data / name).rglob("*") if path.is_file())
    return Sizes(int(database.of(desk).ask(BYTES)), sum(found))


def refuse(desk: Deployment, there: There, much: Sizes, *, replace: bool) -> None:
    """Raise PlanError with everything that must be mended before the desk can move."""
    found = [*_desk(desk), *_room(desk, there, much), *_versions(desk, there), *_content(there, replace=replace)]
    if found:
        raise PlanError("; ".join(found), where=f"{desk.name} to {there.cluster.name}", hint="nothing was changed; mend that, then run the same command again")


def _desk(desk: Deployment) -> Iterator[str]:
    if desk.interrupted or not desk.record():
        yield f"the last deploy of {desk.name} did not end: run 'plan deploy' there first"
    if (desk.folder / "upgrade.json").exists():
        yield f"an upgrade of {desk.name} is under way: run 'plan upgrade' there first"


def _room(desk: Deployment, there: There, much: Sizes) -> Iterator[str]:
    if (free := shutil.disk_usage(desk.folder).free) < (need := DESK_TIMES * much.tables + SPARE):
        yield _short("this machine", free, need, "the dump")
    for member in there.cluster.placement.hosts("database"):
        if (free := there.free(member, STATE)) < (need := MEMBER_TIMES * much.tables + SPARE):
            yield _short(member, free, need, "the databases beside its own")
    if (free := there.free(there.web, str(there.data))) < (need := much.files + SPARE):
        yield _short("the store of files", free, need, "the files beside its own")


def _short(where: str, free: int, need: int, what: str) -> str:
    return f"{where} has {free / MIB:,.0f} MiB free, {what} need{'s' if what == 'the dump' else ''} {need / MIB:,.0f}"


def _versions(desk: Deployment, there: There) -> Iterator[str]:
    """Name applications whose tables are newer on the desk: the cluster's programs would not know them."""
    server = database.of(desk)
    for name, statement in (("blogs", schema.BLOGS_HAVE), ("wiki", schema.WIKI_HAVE)):
        have, knows = (schema.wiki_schema(said.strip()) for said in (server.ask(statement), there.ask(statement)))
        if newer(have, knows):
            yield f"the tables of {name} are of {have}, the cluster's programs know {knows}: upgrade the cluster first"


def newer(one: str, other: str) -> bool:
    """Tell whether tables of ``one`` are newer than those of ``other``, as WordPress counts (60421) or MediaWiki (1.43, then what it is extended by)."""
    return _ordered(one) > _ordered(other)


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-", maxsplit=1)[0].split(".") if part.isdigit())


def _content(there: There, *, replace: bool) -> Iterator[str]:
    if not replace and (own := content(there)):
        yield f"the cluster has content of its own ({own}): --replace puts the desk's in its place, and keeps its own until you confirm"


def content(there: There) -> str:
    """Return what people have made on the cluster, "" where it is as it was deployed."""
    numbers = there.ask(NUMBERS).split()
    posts = int(there.ask("SELECT " + " + ".join(POST.format("" if number == "1" else f"{number}_") for number in numbers) + ";"))
    people, edits = int(there.ask(PEOPLE)), int(there.ask(EDITS))
    found = {"posts": max(0, posts - len(numbers)), "accounts": max(0, people - 1), "edits of the wiki": edits}
    return ", ".join(f"{count} {what}" for what, count in found.items() if count)
