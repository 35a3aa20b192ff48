"""``plan rollback --inventory`` and ``plan destroy --inventory``."""

from pathlib import Path
from typing import Final

from cli.asking import ask
from cli.cluster import many, show_platform
from infra.cluster.away import take_away
from infra.cluster.back import back
from infra.cluster.keep import restoring
from infra.cluster.make_ready import by_host
from infra.cluster.platform import Done
from infra.cluster.standing import changing
from infra.cluster.upgrade import renewal
from runtime import printer
from runtime.errors import PlanError

SCHEMA_VERSION: Final = 1


def cluster_rollback(inventory: Path, name: str, to: int, *, yes: bool, as_json: bool) -> None:
    """Show what changes on the way to the last good version, or version ``to``; ask, go, verify, record."""
    with changing(inventory, name) as (found, hosts):
        renewal.refuse_rollback(found.deployment.folder)
        with printer.step("Looking for the version to go back to"):
            target = back(found, hosts, str(inventory), to)
        entry, cluster = target.way.entry, target.platform.work.cluster
        with printer.step(f"Comparing {entry} with what is there") as say:
            proposal = target.platform.propose(say)
        show_platform(cluster, proposal)
        done = Done()
        if not proposal.empty:
            ask("Apply this?", where="plan rollback", wanted=not yes)
            with printer.step(f"Going back to version {entry.number}") as say:
                done = target.apply(proposal, say)
        with printer.step("Verifying that what is in force is what was planned"):
            target.record()
    if as_json:
        answer = {
            "schema": {"version": SCHEMA_VERSION},
            "name": target.platform.deployment.name,
            "version": entry.number,
            "time": entry.note.time,
            "proposed": {
                "hosts": by_host(cluster, proposal.hosts),
                "images": list(proposal.images),
                "services": list(proposal.services),
                "drift": [str(drift) for drift in proposal.drift],
            },
            "changed": by_host(cluster, done.hosts),
            "changed_services": list(done.services),
        }
        printer.data_json(answer)
    else:
        printer.data(f"back at {entry}: {done.count} changes on {many(len(cluster.reach))}")
        printer.say("next: plan status --inventory, plan test smoke")


def cluster_destroy(inventory: Path, name: str, *, delete_data: str, yes: bool) -> None:
    """Ask, then take the platform off the hosts; data and what opens it stay."""
    if delete_data:
        hint = "without it the platform is removed; data is gone when the hosts are installed anew"
        raise PlanError("data of a cluster is not deleted by this version", where="--delete-data", hint=hint, exit_code=2)
    with changing(inventory, name) as (found, _hosts):
        deployment, cluster = found.deployment, found.work.cluster
        renewal.refuse_half(deployment.folder)
        restoring.refuse_half(deployment.folder)
        ask(f"Remove {deployment.name} from {many(len(cluster.reach))} but keep its data?", where="plan destroy", wanted=not yes)
        with printer.step(f"Removing {deployment.name}") as say:
            take_away(found, say)
    kept = f"databases and {deployment.place / 'data'} stay on the hosts, passwords and versions with the managers"
    printer.data(f"removed {deployment.name}; {kept}")
