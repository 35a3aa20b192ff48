"""``plan promote``: the pilot of a desk moves into a cluster, with all that people made; rehearsed, verified, and taken back until it is confirmed."""

import secrets
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.asking import ask
from infra import live
from infra.cluster.keep import restoring
from infra.cluster.platform import Platform
from infra.cluster.promote import check, journal, perform, there
from infra.cluster.promote.journal import Promotion
from infra.cluster.promote.perform import Move, Outcome
from infra.cluster.standing import changing
from infra.cluster.upgrade import renewal
from infra.deployment import Deployment, load
from infra.upgrade.perform import KEY_BYTES
from runtime import behind, printer
from runtime.errors import PlanError
from runtime.locks import lock

SCHEMA_VERSION = 1
WHERE = "plan promote"

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def promote(  # noqa: PLR0913 - typer: one parameter for each option
    *,
    to: Annotated[Path, typer.Option("--to", help="cluster.yaml: the hosts of the cluster, where 'plan deploy' has been.")],
    from_: Annotated[str, typer.Option("--from", help="Which deployment of this machine moves, where there are several.", metavar="DESK")] = "",
    rehearse: Annotated[bool, typer.Option("--rehearse", help="Do all of it while the desk goes on, measure, and put back what the cluster had.")] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="It is good: from now on it cannot be taken back.")] = False,
    take_back: Annotated[bool, typer.Option("--take-back", help="Go back to the desk; what was written on the cluster since is kept in files.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of content that the cluster has already.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before changing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Move accounts, posts, wiki, uploads and passwords of a desk into a cluster, which then takes writes instead of it."""
    live.need_administrator(WHERE)
    if rehearse + confirm + take_back > 1:
        raise PlanError("name one of --rehearse, --confirm and --take-back", where=WHERE, exit_code=2)
    behind.people()
    desk = load(from_)
    with lock(desk.lock_file):
        begun = journal.read(desk.folder)
        _possible(desk, begun, confirm=confirm, take_back=take_back, rehearse=rehearse)
        if take_back and begun and begun.phase in journal.NOTHING_YET and not begun.rehearsal:
            perform.reopen(desk, printer.say)
        with changing(to) as (platform, _):
            outcome, done = _done(desk, platform, begun, Asked(rehearse=rehearse, confirm=confirm, take_back=take_back, replace=replace, yes=yes))
    if as_json:
        printer.data_json(_answer(outcome, done))
    else:
        _report(outcome, done, to)


class Asked:
    """What the command line says."""

    def __init__(self, *, rehearse: bool, confirm: bool, take_back: bool, replace: bool, yes: bool) -> None:
        self.rehearse, self.confirm, self.take_back, self.replace, self.yes = rehearse, confirm, take_back, replace, yes


def _possible(desk: Deployment, begun: Promotion | None, *, confirm: bool, take_back: bool, rehearse: bool) -> None:
    """Raise PlanError where what is asked does not fit how far it is."""
    if begun is None:
        if confirm or take_back:
            raise PlanError("does not move, so there is nothing to confirm or to take back", where=desk.name, hint="see 'plan promote --help'")
        return
    if begun.phase == "confirmed":
        raise PlanError(
            f"has moved into {begun.cluster}, and that is confirmed", where=desk.name, hint="'plan destroy' takes it away when you no longer need it"
        )
    if begun.phase == "moved" and not (confirm or take_back):
        raise PlanError(f"has moved into {begun.cluster}", where=desk.name, hint="--confirm keeps it there, --take-back comes back here")
    if confirm and begun.phase != "moved":
        raise PlanError(f"cannot be confirmed: it is still {begun.doing}", where=desk.name, hint="the same command without --confirm completes it")
    if rehearse and not begun.rehearsal:
        raise PlanError(f"moves already ({begun.doing})", where=desk.name, hint="the same command without --rehearse completes it, --take-back undoes it")


def _done(desk: Deployment, platform: Platform, begun: Promotion | None, asked: Asked) -> tuple[Outcome, str]:
    cluster = platform.work.cluster
    _same(desk, platform, begun)
    move = Move(desk, platform.reached(), there.of(cluster, platform.work.folder), printer.quiet)
    if asked.confirm and begun:
        ask(f"Remove what {cluster.name} had before, and keep {desk.name} closed for good?", where=WHERE, wanted=not asked.yes)
        return _told("Confirming", move, lambda moving: perform.confirm(moving, begun)), "confirmed"
    if begun and (asked.take_back or begun.phase == "back"):
        ask(f"Take {desk.name} back from {cluster.name}?", where=WHERE, wanted=not asked.yes)
        return _told("Taking it back", move, lambda moving: perform.take_back(moving, begun)), "taken back"
    if begun:
        printer.say(f"a {'rehearsal' if begun.rehearsal else 'move'} of {begun.started} was interrupted while {begun.doing}; going on")
        promotion = begun
    else:
        promotion = _begun(move, asked)
    title = f"{'Rehearsing the move of' if promotion.rehearsal else 'Moving'} {desk.name} into {cluster.name}"
    return _told(title, move, lambda moving: perform.carry_out(moving, promotion)), "rehearsed" if promotion.rehearsal else "moved"


def _begun(move: Move, asked: Asked) -> Promotion:
    """Check everything, say how long it will take, ask, and write down that it begins."""
    desk, cluster = move.desk, move.platform.work.cluster
    renewal.refuse_any(move.platform.deployment.folder)
    restoring.refuse_half(move.platform.deployment.folder)
    with printer.step("Looking whether the desk can move"):
        much = check.sizes(desk)
        check.refuse(desk, move.there, much, replace=asked.replace)
    printer.say(f"to move: {much.tables / 1e6:,.0f} MB of tables, {much.files / 1e6:,.0f} MB of files")
    for role, url in desk.urls.items():
        if url != (new := move.platform.deployment.urls[role]):
            printer.say(f"note: {url} becomes {new}: addresses in blogs move along; {_then(desk.plan.platform.hosts.model_dump()[role], role, move)}")
    known = journal.rehearsed(desk.folder)
    seconds, how = (known.read_only_s, "as rehearsed") if known and known.cluster == cluster.name else (much.guessed_s, "guessed; --rehearse measures it")
    if asked.rehearse:
        printer.say("the desk goes on meanwhile; the cluster is closed for a moment twice, and has its own content back at the end")
        ask(f"Rehearse the move of {desk.name} into {cluster.name}?", where=WHERE, wanted=not asked.yes)
    else:
        printer.say(f"nobody can write for about {seconds / 60:.1f} minutes ({how}); reading goes on at the desk")
        ask(f"Move {desk.name} into {cluster.name}?", where=WHERE, wanted=not asked.yes)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    made = Promotion(
        started=started, desk=desk.name, machine=socket.gethostname(), cluster=cluster.name, rehearsal=asked.rehearse, key=secrets.token_hex(KEY_BYTES)
    )
    return perform.begin(move, made)


def _then(host: str, role: str, move: Move) -> str:
    """Return what becomes of the host name of before."""
    platform = move.platform.deployment.plan.platform
    if host == platform.hosts.model_dump()[role]:
        return "the host's name stays, let people know the other port"
    if host in platform.former_hosts.model_dump()[role]:
        return f"{host} leads on"
    return f"{host} leads nowhere: name it in the cluster's brief (access.former_hosts.{role}), then 'plan size' and 'plan deploy --inventory'"


def _same(desk: Deployment, platform: Platform, begun: Promotion | None) -> None:
    """Raise PlanError where the cluster is not the one that was begun with, or another desk moves into it."""
    cluster, other = platform.work.cluster.name, journal.read(platform.deployment.folder)
    if begun and begun.cluster != cluster:
        raise PlanError(f"moves into {begun.cluster}, not into {cluster}", where=desk.name, hint="name the inventory of that cluster")
    if other and other.phase != "confirmed" and (begun is None or other.started != begun.started):
        said = f"{other.desk} on {other.machine} moves into it already ({other.doing})"
        raise PlanError(said, where=cluster, hint="complete that there, or take it back there")


def _told(title: str, move: Move, work: Callable[[Move], Outcome]) -> Outcome:
    with printer.step(title) as say:
        return work(Move(move.desk, move.platform, move.there, say))


def _answer(outcome: Outcome, done: str) -> dict[str, Any]:
    promotion = outcome.promotion
    return {
        "schema": {"version": SCHEMA_VERSION},
        "desk": promotion.desk,
        "cluster": promotion.cluster,
        "done": done,
        "read_only_s": promotion.read_only_s,
        "counts": promotion.counts,
        "links": {"answered": outcome.links, "not_shown_to_this_machine": outcome.closed},
        "written_since": dict(outcome.since or {}),
        "kept_in": outcome.left,
    }


def _report(outcome: Outcome, done: str, to: Path) -> None:
    promotion = outcome.promotion
    printer.data(f"{done}: {promotion.desk}, cluster {promotion.cluster}")
    if done in {"moved", "rehearsed"}:
        printer.data("  " + ", ".join(f"{count:,} {what}" for what, count in promotion.counts.items()))
        printer.data(f"  tables and files are the same on both sides; {outcome.links} sampled links answer")
        would = "could not have written" if promotion.rehearsal else "could not write"
        printer.data(f"  nobody {would} for {promotion.read_only_s:.0f} s")
    if outcome.left:
        more = ", ".join(f"{count:+,} {what}" for what, count in (outcome.since or {}).items()) or "as much as was moved"
        printer.data(f"  what was on the cluster is in {outcome.left} ({more})")
    following = {
        "moved": f"let the host names lead to the cluster, look, then 'plan promote --from {promotion.desk} --to {to} --confirm' (or --take-back)",
        "rehearsed": "the same command without --rehearse",
        "confirmed": f"'plan backup' there; 'plan destroy --name {promotion.desk}' when you no longer need the desk",
        "taken back": "plan status",
    }
    printer.say(f"next: {following[done]}")
