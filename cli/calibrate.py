"""``plan calibrate``: what the plan's demands are on this machine, measured by load."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.options import Processes
from runtime import files, printer
from runtime.errors import PlanError

if TYPE_CHECKING:
    from infra.deployment import Deployment
    from loadtests.verdict import Result
    from sizing.calibration import Calibration, Measurements

DURATION_S: Final = 480
"""With preparing and removing everything it stays within ten minutes."""
SHORTEST_S: Final = 90
LONGEST_S: Final = 3600
REQUESTS: Final = 100_000
RESULT: Final = Path("result.json")


def calibrate(  # noqa: PLR0913 - one for each option
    *,
    duration: Annotated[int, typer.Option(min=SHORTEST_S, max=LONGEST_S, help="Seconds of arrivals, all mixes together.")] = DURATION_S,
    requests: Annotated[int, typer.Option(min=1, help="Arrivals end after so many requests, whatever is known by then.")] = REQUESTS,
    processes: Processes = 1,
    output: Annotated[Path | None, typer.Option(help="Where to write what was measured.  [default: calibration.json]")] = None,
    name: Annotated[str, typer.Option("--name", help="Which deployment, where several are on this machine.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Measure what each kind of request costs on this machine, by several mixes of load; writes calibration.json for 'plan size'."""
    from cli.calibrate_words import report  # noqa: PLC0415 - imported when needed
    from infra import deployment as deployments  # noqa: PLC0415 - imported when needed
    from infra import live  # noqa: PLC0415 - imported when needed
    from infra.lab import marked  # noqa: PLC0415 - imported when needed
    from loadtests.calibrate.run import calibrate  # noqa: PLC0415 - imported when needed
    from loadtests.capacity.levels import Asked  # noqa: PLC0415 - imported when needed
    from sizing.calibration import NAME  # noqa: PLC0415 - imported when needed

    marked.refuse("plan calibrate")
    target = output or Path(NAME)
    held = _held(target)
    deployment = deployments.load(name)
    live.engine_client()
    with printer.step("Calibrate") as say:
        result = calibrate(deployment, Asked(float(duration), requests, processes), say)
    if as_json:
        printer.data_json(result.model_dump(mode="json"))
    else:
        for line in report(result):
            printer.data(line)
    _keep(deployment, result)
    if result.verdict == "passed":
        _write(target, held, measurements(deployment, result))
        printer.say(f"written: {target}; next: plan size" + ("" if output is None else f" --calibration {target}"))
    else:
        printer.say(f"nothing written to {target}; next: plan doctor, then run it again")
    raise typer.Exit(result.exit_code)


def _held(target: Path) -> "Calibration":
    """Return what stands in the file that will be written: what was observed of real use stays."""
    from sizing.calibration import Calibration, parse  # noqa: PLC0415 - imported when needed

    files.refuse_special(target)
    if target.resolve() == RESULT.resolve():
        raise PlanError(f"{target} is the result itself", where="--output", hint="name another file")
    return parse(files.read(target), str(target)) if target.exists() else Calibration()


def _keep(deployment: "Deployment", result: "Result") -> None:
    from loadtests.perform import keep  # noqa: PLC0415 - imported when needed

    files.write(RESULT, files.read(keep(deployment, result)))


def _write(target: Path, held: "Calibration", found: "Measurements") -> None:
    from sizing.calibration import Schema  # noqa: PLC0415 - imported when needed

    whole = held.model_copy(update={"schema_": Schema(), "measurements": found})
    files.write(target, json.dumps(whole.model_dump(mode="json"), indent=2) + "\n")


def measurements(deployment: "Deployment", result: "Result") -> "Measurements":
    """Return what of a passed ``result`` goes into the file; raises PlanError where it holds no numbers."""
    from cli.calibrate_words import LITTLE  # noqa: PLC0415 - imported when needed
    from infra import fingerprint  # noqa: PLC0415 - imported when needed
    from loadtests.calibrate.measured import DemandFound  # noqa: PLC0415 - imported when needed
    from sizing.calibration import Measurements, Number  # noqa: PLC0415 - imported when needed

    def number(one: DemandFound) -> Number:
        return Number(value=one.value, low=one.low, high=one.high, counted=one.requests)

    found = result.calibrated
    if found is None or found.mix is None:
        raise PlanError("holds no demands", where=str(RESULT), hint="run 'plan calibrate' again")
    return Measurements(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        run=result.started,
        verdict=result.verdict,
        plan_digest=result.plan_digest,
        machine=fingerprint.machine(deployment.plan),
        images=fingerprint.ran(deployment),
        as_of=fingerprint.as_of(deployment),
        levels=sum(one.counts for one in found.levels),
        requests=sum(one.requests for one in found.levels if one.counts),
        numbers={one.name: number(one) for one in found.numbers},
        mix=number(found.mix),
        variations={one.request_class: Number(value=one.value, low=one.low, high=one.high, counted=one.requests) for one in found.variations},
        not_told={one.name: f"the levels took away {one.told:.0%} of what was not known" for one in found.numbers if one.told < LITTLE},
    )
