"""``plan test``: load on what was deployed, and a verdict."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from cli import report as page
from infra import deployment as deployments
from infra import history, live
from infra.deployment import Deployment
from loadtests import spaces
from loadtests.perform import keep, last_file, perform
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
LONGEST_S = 24 * 3600
LEAST = 0.05
NEXT = {
    "passed": "open the first page, sign in, and invite your first people",
    "failed": "plan status --check, then plan doctor",
    "invalid": "plan doctor, then run the test again",
}

Name = Annotated[str, typer.Option("--name", help="Which deployment, where several are on this machine.")]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


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
def smoke(*, name: Name = "", as_json: Json = False) -> None:
    """Let six people read, search, comment, sign in, post, edit and upload, and look at what they see."""
    deployment = deployments.load(name)
    live.engine_client()  # without an engine there is no answer about the platform
    with printer.step("Smoke test") as say:
        result = perform(deployment, SCENARIOS["smoke"], say)
    if result.verdict != "invalid":
        history.judge(deployment, result.verdict, result.reasons)
    kept = last_file(deployment, result.scenario)
    files.write(RESULT, files.read(kept))
    if as_json:
        printer.data_json(result.model_dump(mode="json"))
    else:
        _report(result)
    raise typer.Exit(result.exit_code)


@app.command()
def steady(  # noqa: PLR0913 - one for each option
    *,
    share: Annotated[float | None, typer.Option(min=0.001, max=1000, help="Part of the plan's peak.  [default: 1]")] = None,
    people: Annotated[int | None, typer.Option(min=1, help="The peak of so many people, of the plan's mix, in place of --share.")] = None,
    duration: Annotated[int, typer.Option(min=10, max=LONGEST_S, help="Arrivals end after so many seconds, whatever is known by then.")] = DURATION_S,
    requests: Annotated[int, typer.Option(min=1, help="Or after so many requests.")] = REQUESTS,
    name: Name = "",
    as_json: Json = False,
) -> None:
    """Let people come as at the plan's peak, until it is known whether every target is met."""
    from cli.steady import report  # noqa: PLC0415 - imported when needed
    from loadtests.steady.run import Asked, steady  # noqa: PLC0415 - imported when needed

    deployment = deployments.load(name)
    if share is not None and people is not None:
        raise PlanError("says the same as --people, in another way", where="--share", hint="give one of them")
    wanted = people / deployment.plan.people if people else share or 1.0
    live.engine_client()
    with printer.step("Steady test") as say:
        result = steady(deployment, Asked(share=wanted, limit_s=float(duration), most_requests=requests), say)
    _told(deployment, result, report(result), as_json=as_json)


@app.command()
def capacity(
    *,
    duration: Annotated[int, typer.Option(min=30, max=LONGEST_S, help="Arrivals end after so many seconds, whatever is known by then.")] = SEARCH_S,
    requests: Annotated[int, typer.Option(min=1, help="Or after so many requests.")] = REQUESTS,
    name: Name = "",
    as_json: Json = False,
) -> None:
    """Search the largest load that meets every target, level by level, and say what gives first."""
    from cli.capacity import report  # noqa: PLC0415 - imported when needed
    from loadtests.capacity.levels import Asked  # noqa: PLC0415 - imported when needed
    from loadtests.capacity.run import capacity  # noqa: PLC0415 - imported when needed

    deployment = deployments.load(name)
    live.engine_client()
    with printer.step("Capacity test") as say:
        result = capacity(deployment, Asked(limit_s=float(duration), most_requests=requests), say)
    _told(deployment, result, report(result), as_json=as_json)


def _told(deployment: Deployment, result: Result, lines: Iterable[str], *, as_json: bool) -> None:
    """Print the answer, write it down and exit; it is said first: a disk that is full takes the file away, not the answer."""
    if as_json:
        printer.data_json(result.model_dump(mode="json"))
    else:
        for line in lines:
            printer.data(line)
    files.write(RESULT, files.read(keep(deployment, result)))
    page.write(result)
    printer.say(f"result: {RESULT}, as a page: {page.REPORT}; next: {NEXT[result.verdict]}")
    raise typer.Exit(result.exit_code)


app.command()(page.report)


@app.command()
def clean(*, name: Name = "") -> None:
    """Remove what an interrupted test left."""
    deployment = deployments.load(name)
    live.engine_client()
    with lock(spaces.guard(deployment)):
        said = spaces.clean(deployment)
    for line in said or ("nothing was left",):
        printer.data(line)
    raise typer.Exit(1 if spaces.leftovers(deployment) else 0)


def _report(result: Result) -> None:
    printer.data(f"{result.verdict}: {result.requests} requests, {result.failures} failed, {result.duration_s:.0f} s")
    for reason in result.reasons:
        printer.data(f"  {reason}")
    printer.data(f"  {'':18} {'requests':>8} {'p50 ms':>8} {'p95 ms':>8}")
    for part in result.classes:
        printer.data(f"  {part.name:18} {part.requests:8} {part.p50_ms:8.0f} {part.p95_ms:8.0f}")
    printer.data(f"  result: {RESULT}")
    printer.say(f"next: {NEXT[result.verdict]}")
