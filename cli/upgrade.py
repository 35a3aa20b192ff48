"""``plan upgrade``: security updates, taken only where the platform passes its test with them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.asking import ask
from cli.cluster_upgrade import Asked, cluster_upgrade
from cli.upgrade_words import report, steps
from infra import images, live
from infra.deployment import Deployment, load
from infra.upgrade import check, host, journal, perform, updates
from infra.upgrade.perform import Test, Tested
from infra.upgrade.updates import Found
from infra.version import Version
from loadtests.load import Manner
from loadtests.perform import perform as run_test
from loadtests.scenarios.registry import SCENARIOS
from loadtests.verdict import Result
from runtime import behind, printer
from runtime.errors import PlanError
from runtime.locks import lock

SCHEMA_VERSION = 1
NO = 3

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def upgrade(  # noqa: PLR0913 - a command's options
    *,
    only_check: Annotated[bool, typer.Option("--check", help="Only look; exit 3 where security updates are pending.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, change nothing.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Take other updates too, where no security update is pending.")] = False,
    with_host: Annotated[bool, typer.Option("--host/--no-host", help="Take the security updates of this machine (of a cluster: each host), too.")] = False,
    reboot: Annotated[bool, typer.Option("--reboot", help="Of a cluster: boot a host again where what was taken needs that.")] = False,
    inventory: Annotated[Path | None, typer.Option(help="cluster.yaml: the hosts of a cluster, instead of this machine.")] = None,
    name: Annotated[str, typer.Option(help="Which deployment, where there are several.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before changing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Take security updates: rebuild, back up, roll out, test; back to what ran where the test fails."""
    if reboot and inventory and not with_host:
        raise PlanError("hosts are booted for their own updates", where="--reboot", hint="add --host", exit_code=2)
    if inventory:
        raise typer.Exit(cluster_upgrade(Asked(inventory, name, only_check, dry_run, every, with_host, reboot, yes, as_json)))
    if reboot:
        raise PlanError("this machine is not booted by a command that runs on it", where="--reboot", hint="it goes with --inventory", exit_code=2)
    live.need_administrator("plan upgrade")
    behind.people()
    deployment = load(name)
    with lock(deployment.lock_file):
        begun = journal.read(deployment.folder)
        if begun and not (only_check or dry_run):
            printer.say(f"an upgrade of {begun.started} was interrupted while {begun.doing}; going on")
            raise typer.Exit(_carried_out(deployment, begun, as_json=as_json))
        with printer.step("Asking for pending updates") as say:
            found = check.check(deployment, say)
        if only_check:
            _answer_check(deployment, found, as_json=as_json)
            raise typer.Exit(NO if found.security(host=True) else 0)
        raise typer.Exit(_upgraded(deployment, found, every=every, with_host=with_host, dry_run=dry_run, yes=yes, as_json=as_json))


def _upgraded(  # noqa: PLR0913 - a command's options
    deployment: Deployment, found: Found, *, every: bool, with_host: bool, dry_run: bool, yes: bool, as_json: bool
) -> int:
    renew = found.images_to_renew(every=every)
    _show(deployment, found, renew, with_host=with_host)
    registry = deployment.plan.platform.registry
    if renew and registry:
        raise PlanError(
            f"the images come from {registry}: this machine cannot put new ones there",
            where="brief.yaml: infrastructure.registry",
            hint="upgrade a deployment without a registry, push its images under their tags, copy its packages.json here, then run 'plan deploy'",
        )
    to_do = bool(renew) or (with_host and bool(host.security(found)))
    if dry_run or not to_do:
        _answer_check(deployment, found, as_json=as_json, shown=True)
        return 0
    ask("Take these updates?", where="plan upgrade", wanted=not yes)
    if with_host and host.security(found):
        _host(deployment, found)
    if renew:
        return _carried_out(deployment, perform.begin(deployment, renew), as_json=as_json)
    _answer_check(deployment, updates.last(deployment.folder) or found, as_json=as_json, shown=True)
    return 0


def _show(deployment: Deployment, found: Found, renew: frozenset[str], *, with_host: bool) -> None:
    for name, pending in found.images.items():
        printer.say(f"image {name}:")
        for update in pending:
            printer.say(f"    {update}")
    if found.host:
        printer.say("this host:")
    for update in found.host:
        printer.say(f"    {update}")
    if found.host_note:
        printer.say(f"note: {found.host_note}")
    if host.security(found) and not with_host:
        printer.say("note: the host's updates stay: add --host, or 'apt-get update && apt-get upgrade'")
    if with_host and host.interrupts(found):
        printer.say(f"note: {', '.join(host.interrupts(found))} restarts the engine: nobody is served for some 20 to 60 s; the gap is measured")
    if renew:
        _show_more(deployment)
        printer.say("then: " + "; ".join(steps(renew)))


def _show_more(deployment: Deployment) -> None:
    """Say that the rollout brings more than packages."""
    runs, free = deployment.record().get("images", {}), replace(deployment, to=Version(as_of=deployment.packages.as_of))
    other = [name for name, reference in images.wanted(free).items() if runs.get(name) != reference]
    if other:
        printer.say(f"note: this version of Underdesk builds other images than those that run ({', '.join(other)}): they come with it")


def _host(deployment: Deployment, found: Found) -> None:
    with printer.step("Updating this host") as say:
        gap_s = host.apply(deployment, found, say)
        say(f"nobody was served for {gap_s:.1f} s" if gap_s else "the platform went on serving")


def _carried_out(deployment: Deployment, begun: journal.Journal, *, as_json: bool) -> int:
    with printer.step("Upgrading") as say:
        outcome = perform.carry_out(deployment, begun, _smoke(deployment, say), say)
    if as_json:
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "name": deployment.name, "passed": outcome.passed, **vars(outcome)})
    else:
        report(outcome)
    return 0 if outcome.passed else NO


def _smoke(deployment: Deployment, say: Callable[[str], None]) -> Test:
    def test(headers: Mapping[str, str]) -> Tested:
        try:
            result: Result = run_test(deployment, SCENARIOS["smoke"], say, Manner(headers=dict(headers)))
        except PlanError as problem:
            return Tested("", (str(problem),))
        say(f"smoke test {result.verdict}: {result.requests} requests, {result.failures} failed")
        return Tested("" if result.verdict == "invalid" else result.verdict, result.reasons)

    return test


def _answer_check(deployment: Deployment, found: Found, *, as_json: bool, shown: bool = False) -> None:
    if as_json:
        printer.data_json({**_document(deployment), **found.model_dump(mode="json", exclude={"schema_"})})
        return
    if not shown:
        _show(deployment, found, frozenset(), with_host=False)
    count, others = found.security(host=False), found.others()
    hosts = found.security(host=True) - count
    printer.data(f"{deployment.name}: {count} security updates pending in the images, {hosts} on this host; {others} other updates in the images")
    printer.say("next: " + ("plan upgrade" if count else "plan upgrade --all takes the others" if others else "nothing to do; look again tomorrow"))


def _document(deployment: Deployment) -> dict[str, Any]:
    return {"schema": {"version": SCHEMA_VERSION}, "name": deployment.name}
