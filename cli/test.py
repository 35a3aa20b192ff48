"""``plan test``: load on what was deployed, and a verdict."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from cli import report as page
from cli.asking import ask
from cli.options import Generators, Inventory, Processes
from cli.where import Where, alone
from infra import deployment as deployments
from infra import history
from loadtests import spaces
from loadtests.deployment import Deployment
from loadtests.perform import Say, keep, last_file, perform
from loadtests.scale import confine
from loadtests.scenarios.registry import SCENARIOS
from loadtests.verdict import Result
from runtime import files, printer
from runtime.errors import PlanError
from runtime.locks import lock

app = typer.Typer(
    no_args_is_help=True, invoke_without_command=True, rich_markup_mode=None, add_completion=False, help="Test by load what was deployed, and compare results."
)

RESULT = Path("result.json")
DURATION_S = 900
SEARCH_S = 780
"""Making test spaces, signing in and removing everything take the rest of a quarter of an hour."""
REQUESTS = 100_000
WEEK_S, SOAK_S, SPIKE_S = 1680, 7200, 300
SOAK_SHARE = 0.8
LONGEST_SOAK_S = 12 * 3600
"""What the editor gave an author's browser to write with is good for half a day at least, and is asked for once."""
SHAPE_REQUESTS = 1_000_000
SCALE_MINUTES = 15.0
LONGEST_S = 24 * 3600
MOST_AT_ONCE = 2000
"""Each has a browser with a connection or some."""
LEAST = 0.05
NEXT = {
    "passed": "open the first page, sign in, and invite your first people",
    "failed": "plan status --check, then plan doctor",
    "invalid": "plan doctor, then run the test again",
}

Name = Annotated[str, typer.Option("--name", help="Which deployment, where several are on this machine.")]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
ShareOfPlan = Annotated[float | None, typer.Option(min=0.001, max=1000, help="Part of the plan's peak.  [default: 1]")]
PeopleOfPlan = Annotated[int | None, typer.Option(min=1, help="The peak of so many people, of the plan's mix, in place of --share.")]
MostRequests = Annotated[int, typer.Option(min=1, help="Or after so many requests.")]


@app.callback()
def story(
    context: typer.Context,
    *,
    compare: Annotated[
        tuple[Path, Path] | None, typer.Option("--compare", metavar="BEFORE AFTER", help="Compare two results of the same test; exit 3 on a regression.")
    ] = None,
    least: Annotated[float, typer.Option(min=0.0, max=10.0, help="With --compare: a change for the worse that is no larger is no regression.")] = LEAST,
    as_json: Annotated[bool, typer.Option("--json", help="With --compare: answer as JSON.")] = False,
) -> None:
    """Test by load what was deployed, and compare results."""
    if compare is not None and context.invoked_subcommand is None:
        from cli.compare import compare as told  # noqa: PLC0415 - imported when needed

        told(*compare, least, as_json=as_json)
    if compare is not None or as_json or least != LEAST or context.invoked_subcommand is None:
        raise PlanError("stands alone, with two files", where="plan test --compare", hint="plan test --compare BEFORE.json AFTER.json", exit_code=2)


@app.command()
def smoke(*, name: Name = "", inventory: Inventory = None, generators: Generators = "", as_json: Json = False) -> None:
    """Let six people read, search, comment, sign in, post, edit and upload, and look at what they see."""
    with Where(name, inventory, generators).deployed() as deployment:
        with printer.step("Smoke test") as say:
            result = perform(deployment, SCENARIOS["smoke"], say)
        kept = last_file(deployment, result.scenario)
    _judged(name, inventory, result)
    files.write(RESULT, files.read(kept))
    if as_json:
        printer.data_json(result.model_dump(mode="json"))
    else:
        _report(result)
    raise typer.Exit(result.exit_code)


def _judged(name: str, inventory: Path | None, result: Result) -> None:
    """Write the verdict beside the version that runs, where it is one."""
    if result.verdict == "invalid":
        return
    if inventory:
        from cli.cluster_test import judged  # noqa: PLC0415 - imported when needed

        judged(inventory, name, result)
    else:
        history.judge(deployments.load(name), result.verdict, result.reasons)


@app.command()
def steady(  # noqa: PLR0913 - one for each option
    *,
    share: ShareOfPlan = None,
    people: PeopleOfPlan = None,
    closed: Annotated[
        int | None,
        typer.Option("--closed", metavar="PEOPLE", min=1, max=MOST_AT_ONCE, help="So many at once, each again after the answer, in place of open arrivals."),
    ] = None,
    duration: Annotated[int, typer.Option(min=10, max=LONGEST_S, help="Arrivals end after so many seconds, whatever is known by then.")] = DURATION_S,
    requests: MostRequests = REQUESTS,
    processes: Processes = 1,
    name: Name = "",
    inventory: Inventory = None,
    generators: Generators = "",
    as_json: Json = False,
) -> None:
    """Let people come as at the plan's peak, until it is known whether every target is met."""
    from cli.steady import report  # noqa: PLC0415 - imported when needed
    from loadtests.closed import run as people_at_once  # noqa: PLC0415 - imported when needed
    from loadtests.steady import run as arrivals  # noqa: PLC0415 - imported when needed

    if closed is not None and (share is not None or people is not None):
        raise PlanError("says how much comes, as --share and --people do in another way", where="--closed", hint="give one of them")
    with Where(name, inventory, generators, processes).deployed() as deployment:
        wanted = _share(deployment, share, people)
        with printer.step("Steady test") as say:
            if closed is None:
                result = arrivals.steady(deployment, arrivals.Asked(wanted, float(duration), requests, processes), say)
            else:
                result = people_at_once.closed(deployment, people_at_once.Asked(closed, float(duration), requests, processes), say)
        _told(deployment, result, report(result), as_json=as_json)


@app.command()
def capacity(  # noqa: PLR0913 - one for each option
    *,
    duration: Annotated[int, typer.Option(min=30, max=LONGEST_S, help="Arrivals end after so many seconds, whatever is known by then.")] = SEARCH_S,
    requests: MostRequests = REQUESTS,
    processes: Processes = 1,
    name: Name = "",
    inventory: Inventory = None,
    generators: Generators = "",
    as_json: Json = False,
) -> None:
    """Search the largest load that meets every target, level by level, and say what gives first."""
    from cli.capacity import report  # noqa: PLC0415 - imported when needed
    from loadtests.capacity.levels import Asked  # noqa: PLC0415 - imported when needed
    from loadtests.capacity.run import capacity  # noqa: PLC0415 - imported when needed

    with Where(name, inventory, generators, processes).deployed() as deployment:
        with printer.step("Capacity test") as say:
            result = capacity(deployment, Asked(float(duration), requests, processes), say)
        _told(deployment, result, report(result), as_json=as_json)


def _told(deployment: Deployment, result: Result, lines: Iterable[str], *, as_json: bool) -> None:
    """Print the answer, write it down and exit; it is said first: a disk that is full takes the file away, not the answer."""
    if as_json:
        printer.data_json(result.model_dump(mode="json"))
    else:
        for line in (*lines, *(f"  note: {around}" for around in result.around)):
            printer.data(line)
    files.write(RESULT, files.read(keep(deployment, result)))
    page.write(result)
    printer.say(f"result: {RESULT}, as a page: {page.REPORT}; next: {NEXT[result.verdict]}")
    raise typer.Exit(result.exit_code)


@app.command()
def scale(  # noqa: PLR0913 - one for each option
    *,
    by: Annotated[
        str, typer.Option(help="What there is more of, step by step: cores, or replicas of blogs and wiki (of a cluster: on 1, 2, 3… hosts).  [default: cores]")
    ] = "",
    steps: Annotated[str, typer.Option(help="How many, in their order, as in 1,2,3.  [default: up to what is there]")] = "",
    minutes: Annotated[float, typer.Option(min=0.5, max=LONGEST_S / 60, help="For all steps together.")] = SCALE_MINUTES,
    requests: MostRequests = REQUESTS,
    name: Name = "",
    inventory: Inventory = None,
    generators: Generators = "",
    as_json: Json = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Search the capacity with 1, 2, 3… cores or replicas: is the plan's peak reached, and where does more stop gaining."""
    from cli.scale import report  # noqa: PLC0415 - imported when needed
    from loadtests.scale import run as scaling  # noqa: PLC0415 - imported when needed

    wanted = scaling.asked(by or ("replicas" if inventory else "cores"), steps, minutes * 60, requests)
    with Where(name, inventory, generators).deployed(changes=True) as deployment, alone(deployment):
        with lock(spaces.guard(deployment)):
            for line in confine.cleaned(deployment):
                printer.say(line)
        ready = scaling.ready(deployment, wanted)
        for line in scaling.told(deployment, ready):
            printer.say(line)
        ask(f"Test {deployment.plan.platform.name} so?", where="plan test scale", wanted=not yes)
        with printer.step("Scale test") as say:
            result = scaling.scale(deployment, ready, say)
    _told(deployment, result, report(result), as_json=as_json)


app.command()(page.report)


@app.command()
def announcement(  # noqa: PLR0913 - one for each option
    *,
    share: ShareOfPlan = None,
    people: PeopleOfPlan = None,
    duration: Annotated[int, typer.Option(min=24, max=LONGEST_S, help="The hour around the worst five minutes in so many seconds.")] = DURATION_S,
    requests: MostRequests = SHAPE_REQUESTS,
    processes: Processes = 1,
    name: Name = "",
    inventory: Inventory = None,
    generators: Generators = "",
    as_json: Json = False,
) -> None:
    """Let the crowd of the plan's mail to everyone come, beside those who come anyway."""
    from loadtests.shapes import run as shapes  # noqa: PLC0415 - imported when needed

    with Where(name, inventory, generators, processes).deployed() as deployment:
        asked = shapes.Asked(_share(deployment, share, people), float(duration), requests, processes)
        _shape(deployment, "Announcement test", lambda say: shapes.announcement(deployment, asked, say), as_json=as_json)


@app.command()
def week(  # noqa: PLR0913 - one for each option
    *,
    share: ShareOfPlan = None,
    people: PeopleOfPlan = None,
    duration: Annotated[int, typer.Option(min=168, max=LONGEST_S, help="The week in so many seconds.")] = WEEK_S,
    requests: MostRequests = SHAPE_REQUESTS,
    processes: Processes = 1,
    name: Name = "",
    inventory: Inventory = None,
    generators: Generators = "",
    as_json: Json = False,
) -> None:
    """Drive the plan's ordinary week, hour by hour, compressed."""
    from loadtests.shapes import run as shapes  # noqa: PLC0415 - imported when needed

    with Where(name, inventory, generators, processes).deployed() as deployment:
        asked = shapes.Asked(_share(deployment, share, people), float(duration), requests, processes)
        _shape(deployment, "Week test", lambda say: shapes.week(deployment, asked, say), as_json=as_json)


@app.command()
def soak(  # noqa: PLR0913 - one for each option
    *,
    share: Annotated[float | None, typer.Option(min=0.001, max=1000, help="Part of the plan's peak.  [default: 0.8]")] = None,
    people: PeopleOfPlan = None,
    duration: Annotated[int, typer.Option(min=24, max=LONGEST_SOAK_S, help="For so many seconds.")] = SOAK_S,
    requests: MostRequests = SHAPE_REQUESTS,
    processes: Processes = 1,
    name: Name = "",
    inventory: Inventory = None,
    generators: Generators = "",
    as_json: Json = False,
) -> None:
    """Drive the same load for long, and look whether anything grows."""
    from loadtests.shapes import run as shapes  # noqa: PLC0415 - imported when needed

    with Where(name, inventory, generators, processes).deployed() as deployment:
        asked = shapes.Asked(_share(deployment, share, people, SOAK_SHARE), float(duration), requests, processes)
        _shape(deployment, "Soak test", lambda say: shapes.soak(deployment, asked, say), as_json=as_json)


@app.command()
def spike(  # noqa: PLR0913 - one for each option
    *,
    base: Annotated[float, typer.Option(min=0.001, max=1000, help="Part of the plan's peak before the jump and after it.")] = 0.5,
    to: Annotated[float, typer.Option(min=0.001, max=1000, help="Times the plan's peak in the jump.")] = 2.0,
    jump: Annotated[int | None, typer.Option(min=2, help="It lasts so many seconds; real people feel it.  [default: 60, at most a fifth]")] = None,
    duration: Annotated[int, typer.Option(min=20, max=LONGEST_S, help="All of it in so many seconds.")] = SPIKE_S,
    requests: MostRequests = SHAPE_REQUESTS,
    processes: Processes = 1,
    name: Name = "",
    inventory: Inventory = None,
    generators: Generators = "",
    as_json: Json = False,
) -> None:
    """Jump to twice the plan's peak and back, and see how long pages stay slow."""
    from loadtests.shapes import run as shapes  # noqa: PLC0415 - imported when needed

    asked, wanted = shapes.Asked(1.0, float(duration), requests, processes), shapes.Jump(base, to, None if jump is None else float(jump))
    with Where(name, inventory, generators, processes).deployed() as deployment:
        _shape(deployment, "Spike test", lambda say: shapes.spike(deployment, asked, wanted, say), as_json=as_json)


def _share(deployment: Deployment, share: float | None, people: int | None, usual: float = 1.0) -> float:
    """Return how much of the plan's peak is asked for."""
    if share is not None and people is not None:
        raise PlanError("says the same as --people, in another way", where="--share", hint="give one of them")
    return people / deployment.plan.people if people else share or usual


def _shape(deployment: Deployment, title: str, drive: Callable[[Say], Result], *, as_json: bool) -> None:
    """Drive a shape, and tell what it came to."""
    from cli.shapes import report  # noqa: PLC0415 - imported when needed

    with printer.step(title) as say:
        result = drive(say)
    _told(deployment, result, report(result), as_json=as_json)


@app.command()
def clean(*, name: Name = "", inventory: Inventory = None) -> None:
    """Remove what an interrupted test left."""
    with Where(name, inventory).deployed(driven=False) as deployment:
        with lock(spaces.guard(deployment)):
            said = spaces.clean(deployment)
        for line in said or ("nothing was left",):
            printer.data(line)
        left = bool(spaces.leftovers(deployment) or confine.left(deployment))
    raise typer.Exit(1 if left else 0)


def _report(result: Result) -> None:
    printer.data(f"{result.verdict}: {result.requests} requests, {result.failures} failed, {result.duration_s:.0f} s")
    for reason in result.reasons:
        printer.data(f"  {reason}")
    printer.data(f"  {'':18} {'requests':>8} {'p50 ms':>8} {'p95 ms':>8}")
    for part in result.classes:
        printer.data(f"  {part.name:18} {part.requests:8} {part.p50_ms:8.0f} {part.p95_ms:8.0f}")
    for line in result.around:
        printer.data(f"  {line}")
    printer.data(f"  result: {RESULT}")
    printer.say(f"next: {NEXT[result.verdict]}")
