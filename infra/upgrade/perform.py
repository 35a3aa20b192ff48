"""The upgrade itself: build, back up, roll out, test; and back to what ran, tables included, where it does not pass.

Every step is written into the journal before it begins, and each may be done twice: the same command completes what was
interrupted.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from infra import deploy as deploying
from infra import history, hosts, images, live, rollback
from infra.cluster.promote import journal as promotion
from infra.deployment import Deployment
from infra.keep.backup import take
from infra.keep.restore import database_back
from infra.reach import wait_for_pages
from infra.upgrade import check, journal, schema, tidy, updates, writes
from infra.upgrade.journal import Journal
from infra.upgrade.writes import Desk, longest_s
from runtime.errors import PlanError

KEY_BYTES = 24
PAGES_S = 180
WHY = "before an upgrade"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Tested:
    """What the smoke test said."""

    verdict: history.Verdict
    reasons: tuple[str, ...] = ()


Test = Callable[[Mapping[str, str]], Tested]
"""Runs the smoke test; its argument are headers that let it write while nobody else may."""


@dataclass(frozen=True)
class Outcome:
    """What became of the upgrade: ``packages`` are the lines of what changed; ``reasons`` why it was taken back, ``aside`` what that has left."""

    packages: tuple[str, ...]
    snapshot: str
    tables: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    aside: str = ""

    @property
    def passed(self) -> bool:
        """Whether the new version stays."""
        return not self.reasons


def begin(deployment: Deployment, renew: frozenset[str]) -> Journal:
    """Write down that the packages of ``renew`` are taken anew; raises PlanError where what runs is not a recorded version."""
    promotion.refuse(deployment.name, deployment.folder)
    record = deployment.folder / "deployment.json"
    if deployment.interrupted or not deployment.record():
        raise PlanError("the last deploy did not end", where=deployment.name, hint="run 'plan deploy' first: an upgrade goes back to what it recorded")
    if not history.entries(deployment):
        history.keep(deployment, "deploy", record.read_text(encoding="utf-8"))
    moment, origin = updates.now(), history.entries(deployment)[-1].number
    return journal.write(deployment.folder, Journal(started=moment, origin=origin, to=deployment.packages.marked(renew, moment)))


def carry_out(deployment: Deployment, begun: Journal, test: Test, say: Say) -> Outcome:
    """Bring ``begun`` to its end, from whatever step it has come to."""
    if begun.phase == "build":
        begun = _prepared(deployment, begun, say)
    if begun.phase in {"roll", "test"}:
        begun = _tried(deployment, begun, test, say)
    if begun.phase == "back":
        begun = _taken_back(deployment, begun, say)
    if begun.phase == "tables":
        begun = _tables_back(deployment, begun, say)
    return _ended(deployment, begun, say)


def wanted(deployment: Deployment, begun: Journal) -> Deployment:
    """Return the deployment as it shall be."""
    return replace(deployment, to=begun.to)


def _prepared(deployment: Deployment, begun: Journal, say: Say) -> Journal:
    """Build and back up; where that fails nothing of what runs has changed, and the upgrade is over."""
    try:
        say("building images")
        hosts.make_images(wanted(deployment, begun), say)
        begun = _tables(deployment, begun, say)
        say("taking a backup")
        snapshot = take(deployment, say, why=WHY).id
    except PlanError:
        end(deployment)
        tidy.forget(deployment, images.wanted(wanted(deployment, begun)).values(), say)
        raise
    return journal.write(deployment.folder, begun.model_copy(update={"phase": "roll", "snapshot": snapshot}))


def _tables(deployment: Deployment, begun: Journal, say: Say) -> Journal:
    """Refuse writes where tables change: what is written until the verdict would be lost by bringing the old tables back."""
    changes = tuple(str(change) for change in schema.changes(deployment, images.wanted(wanted(deployment, begun))))
    if not changes:
        say("no table of the database changes: people go on writing, and going back would lose nothing")
        return begun
    for line in changes:
        say(line)
    key = begun.key or secrets.token_hex(KEY_BYTES)
    begun = journal.write(deployment.folder, begun.model_copy(update={"tables": changes, "key": key}))
    say("refusing writes until the verdict (about the length of the rollout and the test: 2 to 5 minutes); reading goes on")
    writes.refuse((Desk(deployment),), key, longest_s(deployment), say)
    return begun


def _tried(deployment: Deployment, begun: Journal, test: Test, say: Say) -> Journal:
    """Roll out and test; where either fails the journal says that it goes back, and why."""
    try:
        say("rolling out")
        target = wanted(deployment, begun)
        deploying.apply(target, deploying.Proposal(drift=tuple(live.drift(target)), front_door=_other_front_door(deployment, target)), say, "upgrade")
        begun = journal.write(deployment.folder, begun.model_copy(update={"phase": "test"}))
        say("testing")
        tested = _tested(test, begun)
        history.judge(deployment, tested.verdict, tested.reasons)
        reasons = tested.reasons if tested.verdict != "passed" else ()
    except PlanError as problem:
        reasons = (str(problem),)
    return journal.write(deployment.folder, begun.model_copy(update={"phase": "back" if reasons else "open", "reasons": reasons}))


def _other_front_door(before: Deployment, after: Deployment) -> bool:
    return images.wanted(before)["frontdoor"] != images.wanted(after)["frontdoor"]


def _tested(test: Test, begun: Journal) -> Tested:
    """Return the verdict; a test that could prove nothing gets a second try, and then counts as failed."""
    for _ in range(2):
        tested = test(passing(begun))
        if tested.verdict:
            return tested
    return Tested("failed", tested.reasons or ("the test could not be run",))


def passing(begun: Journal) -> dict[str, str]:
    """Return the headers that let the test of an upgrade write while nobody else may."""
    return {writes.HEADER: begun.key} if begun.key else {}


def _taken_back(deployment: Deployment, begun: Journal, say: Say) -> Journal:
    for reason in begun.reasons:
        say(f"goes back: {reason}")
    way = rollback.way_back(deployment, begun.origin)
    say(f"back to {way.entry}")
    other_door = _other_front_door(wanted(deployment, begun), way.deployment)
    rollback.go_back(way, deploying.Proposal(drift=tuple(live.drift(way.deployment)), front_door=other_door), say)
    return journal.write(deployment.folder, begun.model_copy(update={"phase": "tables" if begun.tables else "open"}))


def _tables_back(deployment: Deployment, begun: Journal, say: Say) -> Journal:
    say(f"bringing the tables of backup {begun.snapshot} back: nobody has written since but the test")
    aside = database_back(deployment, begun.snapshot, say).aside
    wait_for_pages(deployment, PAGES_S)
    return journal.write(deployment.folder, begun.model_copy(update={"phase": "open", "aside": str(aside or "")}))


def _ended(deployment: Deployment, begun: Journal, say: Say) -> Outcome:
    if begun.key:
        say("letting people write again")
    end(deployment)
    tidy.sweep(deployment, images.wanted(wanted(deployment, begun)).values(), say)
    if begun.reasons:
        return Outcome((), begun.snapshot, begun.tables, begun.reasons, begun.aside)
    _nothing_pending(deployment, begun)
    before = {entry.number: entry.note.images for entry in history.entries(deployment)}.get(begun.origin, {})
    return Outcome(changed(deployment, before, images.wanted(deployment)), begun.snapshot, begun.tables)


def _nothing_pending(deployment: Deployment, begun: Journal) -> None:
    """Take what was renewed, and what is built on it, from the list of the last check."""
    found = updates.last(deployment.folder)
    if not found:
        return
    renewed = {name for name, moment in begun.to.as_of.items() if moment == begun.started}
    left = {name: pending for name, pending in found.images.items() if not renewed & {*updates.lineage(name)}}
    updates.write(deployment.folder, found.model_copy(update={"images": left}))


def changed(deployment: Deployment, before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return one line for each package that differs between two sets of images, as recorded."""
    lines: dict[str, list[str]] = {}
    for name in after:
        old, new = check.packages(deployment, name, before.get(name, "")), check.packages(deployment, name, after[name])
        for package in sorted(new):
            if old.get(package) != new[package]:
                lines.setdefault(f"{package} {old.get(package, '(new)')} -> {new[package]}", []).append(name)
    return tuple(f"{line}, in {', '.join(names)}" for line, names in lines.items())


def end(deployment: Deployment) -> None:
    """Let people write again, then say that no upgrade is under way: a kill between the two is mended by the next command, which takes nothing back."""
    if writes.refused(Desk(deployment)):
        if begun := journal.read(deployment.folder):
            journal.write(deployment.folder, begun.model_copy(update={"phase": "open"}))
        writes.allow((Desk(deployment),))
    journal.remove(deployment.folder)
