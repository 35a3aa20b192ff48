"""``plan seed``: believable content for rehearsals, marked, and taken away again by the same command."""

import time
from typing import Annotated

import typer

from cli.asking import ask
from cli.options import Inventory
from cli.where import Where, alone
from infra import deployment as deployments
from infra import live
from loadtests.deployment import Deployment
from loadtests.seed import perform, ranks, state
from loadtests.seed.amounts import SIZES, Amounts, amounts
from loadtests.seed.content import Wanted
from loadtests.seed.popularity import EXPONENT
from loadtests.seed.state import disk_of
from loadtests.spaces import guard
from runtime import behind, printer
from runtime.errors import PlanError
from runtime.locks import lock

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

SCHEMA_VERSION = 1
LARGEST_SEED = 2**31 - 1


@app.command()
def seed(  # noqa: PLR0913 - each is an option of the command
    *,
    size: Annotated[str, typer.Option(help="How much: s, m or l (3, 20 or 100 blogs).")] = "",
    number: Annotated[int, typer.Option("--seed", help="The same number gives the same content.")] = 1,
    name: Annotated[str, typer.Option("--name", help="Which deployment, where several are on this machine.")] = "",
    inventory: Inventory = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove all seeded content.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Fill the platform with people, blogs, posts, pictures, comments and wiki pages that are marked as test content."""
    _check(size, number, remove=remove)
    if not inventory:
        deployments.load(name)
        live.need_administrator("plan seed")
    behind.people()
    with Where(name, inventory).deployed(driven=False, changes=True) as deployment, alone(deployment), lock(guard(deployment)):
        if remove:
            _remove(deployment, as_json=as_json, yes=yes)
        else:
            _seed(deployment, Wanted(size, number, deployment.plan.platform.language), as_json=as_json, yes=yes)


def _check(size: str, number: int, *, remove: bool) -> None:
    if remove and size:
        raise PlanError("takes no size: all seeded content is removed", where="--remove", hint="leave --size out")
    if not remove:
        amounts(size)
    if not 0 <= number <= LARGEST_SEED:
        raise PlanError(f"{number} is no seed", where="--seed", hint=f"write a whole number from 0 to {LARGEST_SEED}")


def _seed(deployment: Deployment, wanted: Wanted, *, as_json: bool, yes: bool) -> None:
    there = state.found(deployment)
    start, already = time.monotonic(), state.whole(there, wanted)
    if not already:
        needed = state.check_room(deployment, wanted)
        printer.say(f"{_amounts(SIZES[wanted.size])}; about {needed} MiB on {disk_of(deployment)}")
        ask(f"Seed {wanted} on {deployment.plan.platform.name}?", where="plan seed", wanted=not yes)
        with printer.step(f"Seeding {wanted}") as say:
            if there.record is not None:
                say("completing what an interrupted run began")
            perform.seed(deployment, wanted, say)
        there = state.found(deployment)
    _answer(deployment, wanted, there, {"already_there": already, "seconds": round(time.monotonic() - start, 1)}, as_json=as_json)


def _answer(deployment: Deployment, wanted: Wanted, there: state.Found, how: dict[str, object], *, as_json: bool) -> None:
    path = ranks.file_of(deployment)
    if as_json:
        said = {"schema": {"version": SCHEMA_VERSION}, "name": deployment.plan.platform.name, **vars(wanted), "exponent": EXPONENT}
        counts = {"blogs": there.blogs.model_dump(exclude={"record", "digest"}), "wiki": there.wiki.model_dump(exclude={"digest"})}
        printer.data_json({**said, **counts, "popularity": str(path), **how})
        return
    blogs, wiki = there.blogs, there.wiki
    printer.data(f"{deployment.plan.platform.name}: {wanted} is {'there already' if how['already_there'] else 'there'}")
    printer.data(f"  {blogs.people} people, {blogs.complete} blogs, {blogs.posts:,} posts with a picture each, {blogs.comments:,} comments")
    printer.data(f"  {wiki.pages:,} wiki pages, {wiki.edits:,} edits, {wiki.links:,} links, {wiki.remarks:,} remarks, {wiki.files} pictures")
    printer.data(f"  blogs: {deployment.urls['internal']}underdesk-seed-…; wiki: namespace Rehearsal")
    printer.data(f"  popularity: {path}")
    printer.say("next: rehearse; 'plan seed --remove' takes all of it away")


def _amounts(wanted: Amounts) -> str:
    blogs = f"{wanted.people} people, {wanted.blogs} blogs, {wanted.posts:,} posts with pictures, {wanted.comments:,} comments"
    return f"{blogs}, {wanted.pages:,} wiki pages with {wanted.edits:,} edits"


def _remove(deployment: Deployment, *, as_json: bool, yes: bool) -> None:
    there = state.found(deployment)
    if there.anything:
        what = str(there.record) if there.record else "what is left of an interrupted run"
        ask(f"Remove {what} from {deployment.plan.platform.name}?", where="plan seed", wanted=not yes)
        with printer.step(f"Removing {what}") as say:
            perform.remove(deployment, say)
    ranks.file_of(deployment).unlink(missing_ok=True)
    if as_json:
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "name": deployment.plan.platform.name, "removed": there.anything})
    else:
        printer.data(
            f"{deployment.plan.platform.name}: all seeded content is removed" if there.anything else f"{deployment.plan.platform.name}: nothing was seeded"
        )
