"""``plan drill``: the newest backup restored beside the platform, and proved."""

from pathlib import Path
from typing import Annotated

import typer

from cli.cluster_keep import cluster_drill
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
    inventory: Annotated[Path | None, typer.Option(help="cluster.yaml: the hosts of a cluster, instead of this machine.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Restore the newest backup beside the running platform, prove it by content, and take it away again."""
    if inventory:
        called, proof, recorded = cluster_drill(inventory, name)
    else:
        live.need_administrator("plan drill")
        behind.people()
        deployment = load(name)
        called, proof = deployment.name, drilled(deployment)
        recorded = drilling.last(deployment)
    if as_json:
        printer.data_json({**recorded, "name": called, "passed": proof.passed, "wrong": list(proof.wrong)})
    else:
        _report(proof, "restored and compared" if inventory else "restored and serving")
    raise typer.Exit(0 if proof.passed else NO)


def drilled(deployment: Deployment) -> Proof:
    """Run a drill, with the smoke test as proof that people can work."""
    with printer.step(f"Drill: restoring the newest backup of {deployment.name} beside it") as say:

        def sign_in(beside: Deployment) -> tuple[str, ...]:
            result = perform(beside, SCENARIOS["smoke"], say)
            return () if result.verdict == "passed" else (f"the smoke test {result.verdict}: {'; '.join(result.reasons)}",)

        return drilling.drill(deployment, say, sign_in)


def _report(proof: Proof, done: str) -> None:
    taken = f"backup {proof.snapshot.id} of {proof.snapshot.time:%Y-%m-%d %H:%M:%S} UTC"
    printer.data(f"{'passed' if proof.passed else 'failed'}: {taken} was {done} in {proof.minutes:.1f} minutes")
    for line in proof.shown if proof.passed else ():
        printer.data(f"  {line}")
    for line in proof.wrong:
        printer.data(f"  wrong: {line}")
