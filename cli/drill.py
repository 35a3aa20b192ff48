"""``plan drill``: the newest backup restored beside the platform, and proved."""

from typing import Annotated

import typer

from infra import live
from infra.deployment import Deployment, load
from infra.keep import drill as drilling
from infra.keep.drill import Proof
from loadtests.perform import perform
from loadtests.scenarios.registry import SCENARIOS
from runtime import behind, printer

NO = 3

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def drill(
    *,
    name: Annotated[str, typer.Option(help="Which deployment, where there are several.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Restore the newest backup beside the running platform, prove it by content, and take it away again."""
    live.need_administrator("plan drill")
    behind.people()
    deployment = load(name)
    proof = drilled(deployment)
    if as_json:
        printer.data_json({**drilling.last(deployment), "name": deployment.name, "passed": proof.passed, "wrong": list(proof.wrong)})
    else:
        _report(proof)
    raise typer.Exit(0 if proof.passed else NO)


def drilled(deployment: Deployment) -> Proof:
    """Run a drill, with the smoke test as proof that people can work."""
    with printer.step(f"Drill: restoring the newest backup of {deployment.name} beside it") as say:

        def sign_in(beside: Deployment) -> tuple[str, ...]:
            result = perform(beside, SCENARIOS["smoke"], say)
            return () if result.verdict == "passed" else (f"the smoke test {result.verdict}: {'; '.join(result.reasons)}",)

        return drilling.drill(deployment, say, sign_in)


def _report(proof: Proof) -> None:
    taken = f"backup {proof.snapshot.id} of {proof.snapshot.time:%Y-%m-%d %H:%M:%S} UTC"
    printer.data(f"{'passed' if proof.passed else 'failed'}: {taken} was restored and serving in {proof.minutes:.1f} minutes")
    for line in proof.shown if proof.passed else ():
        printer.data(f"  {line}")
    for line in proof.wrong:
        printer.data(f"  wrong: {line}")
