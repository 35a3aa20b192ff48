"""The upgrade of a cluster's images: built on a manager, brought to every host, rolled out, tested; and back, tables included, where that fails.

Every step is written down on the managers before it begins, and each may be done twice: the same command completes what was interrupted.
"""

import functools
import secrets
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from infra import history, images
from infra.cluster.back import back
from infra.cluster.carry import spread
from infra.cluster.platform import Platform, Say
from infra.cluster.session import administer
from infra.cluster.upgrade import renewal
from infra.cluster.upgrade.keeper import Keeper
from infra.cluster.upgrade.switches import switches
from infra.inventory.model import Inventory
from infra.upgrade import schema, updates, writes
from infra.upgrade.journal import Journal
from infra.upgrade.perform import KEY_BYTES, Outcome, Tested, changed, passing
from runtime.errors import PlanError
from runtime.printer import quiet
from runtime.run import last_line

ASK: Final = "mariadb --no-defaults --socket=/run/mysqld/mysqld.sock --batch --skip-column-names"
WANT: Final = "docker run --rm --network none --read-only --cap-drop ALL --entrypoint php {reference} -n -r {code}"
SCHEMA_S: Final = 180
Test = Callable[[Platform, Say, Mapping[str, str]], Tested]
"""Tests the platform as it runs now; the headers let it write while nobody else may."""


def begin(platform: Platform, renew: frozenset[str]) -> Journal:
    """Write down that the packages of ``renew`` are taken anew; raises PlanError where what runs is no recorded version."""
    deployment = platform.deployment
    if platform.interrupted or not deployment.record() or not history.entries(deployment):
        hint = "run 'plan deploy --inventory' first: an upgrade goes back to what it recorded"
        raise PlanError("the last deploy did not end", where=deployment.name, hint=hint)
    moment, origin = updates.now(), history.entries(deployment)[-1].number
    return _noted(platform, Journal(started=moment, origin=origin, to=deployment.packages.marked(renew, moment)))


@dataclass(frozen=True)
class Attempt:
    """An upgrade at work on a cluster that it holds; ``where`` is what errors call the ``inventory``."""

    platform: Platform
    inventory: Inventory
    where: str
    test: Test
    keeper: Keeper
    say: Say

    def carry_out(self, begun: Journal) -> Outcome:
        """Bring ``begun`` to its end, from whatever step it has come to."""
        if begun.phase == "build":
            begun = self._prepared(begun)
        if begun.phase in {"roll", "test"}:
            begun = self._tried(begun)
        if begun.phase == "back":
            begun = self._taken_back(begun)
        if begun.phase == "tables":
            begun = self._tables_back(begun)
        return self._ended(begun)

    def _now(self) -> Platform:
        """Return the platform as the folder says by now: a rollout that failed is a deploy that did not end."""
        return replace(self.platform, interrupted=self.platform.deployment.interrupted)

    def _wanted(self, begun: Journal) -> Platform:
        now = self._now()
        return replace(now, deployment=replace(now.deployment, to=begun.to))

    def _prepared(self, begun: Journal) -> Journal:
        """Build and bring the images, and back up; where that fails nothing of what runs has changed, and the upgrade is over."""
        target = self._wanted(begun)
        try:
            self.say("building images, and bringing them to every host")
            spread.bring(target.load, self.say)
            begun = self._tables(target, begun)
            self.say("taking a backup")
            snapshot = self.keeper.back_up(self.say)
        except PlanError as problem:
            target.end_upgrade(str(problem))
            target.held.store(quiet)
            raise
        return _noted(target, begun.model_copy(update={"phase": "roll", "snapshot": snapshot}))

    def _tables(self, target: Platform, begun: Journal) -> Journal:
        """Refuse writes where tables change: what is written until the verdict would be lost by bringing the old tables back."""
        changes = self._changes(target)
        if not changes:
            self.say("no table of the database changes: people go on writing, and going back would lose nothing")
            return begun
        for line in changes:
            self.say(line)
        begun = _noted(target, begun.model_copy(update={"tables": changes, "key": begun.key or secrets.token_hex(KEY_BYTES)}))
        self.say("refusing writes until the verdict (about the length of the rollout and the test: 3 to 8 minutes); reading goes on")
        self._refuse(target, begun)
        return begun

    def _refuse(self, target: Platform, begun: Journal) -> None:
        doors = switches(target.work.cluster, target.work.folder, target.deployment)
        writes.refuse(doors, begun.key, writes.longest_s(target.deployment), self.say)

    def _changes(self, target: Platform) -> tuple[str, ...]:
        cluster, folder = target.work.cluster, target.work.folder
        have = functools.partial(_said, target, cluster.placement.hosts("database")[0], ASK)
        web = cluster.reach[cluster.placement.hosts("web")[0]]

        def want(reference: str, code: str) -> str:
            done = administer(web, folder, WANT.format(reference=shlex.quote(reference), code=shlex.quote(code)), limit_s=SCHEMA_S)
            return _or_raise(web.name, done.returncode, done.stdout, done.stderr)

        return tuple(str(change) for change in schema.compare(have, want, images.wanted(target.deployment)))

    def _tried(self, begun: Journal) -> Journal:
        """Roll out and test; where either fails the journal says that it goes back, and why."""
        target = self._wanted(begun)
        reasons: tuple[str, ...] = ()
        try:
            if begun.key:  # also when it goes on: a front door that was made anew in between would let people write
                self._refuse(target, begun)
            if begun.phase == "roll":
                self.say("rolling out")
                target.apply(target.propose(quiet), self.say)
                target.verify()
                target.record("upgrade", upgrading=True)
                begun = _noted(target, begun.model_copy(update={"phase": "test"}))
            self.say("testing")
            tested = self._tested(target.reached(), begun)
            history.judge(target.deployment, tested.verdict, tested.reasons)
            reasons = tested.reasons if tested.verdict != "passed" else ()
        except PlanError as problem:
            reasons = tuple(str(one) for one in getattr(problem, "problems", (problem,)))
        return _noted(target, begun.model_copy(update={"phase": "back" if reasons else "open", "reasons": reasons}))

    def _tested(self, target: Platform, begun: Journal) -> Tested:
        """Return the verdict; a test that could prove nothing gets a second try, and then counts as failed."""
        for _ in range(2):
            tested = self.test(target, self.say, passing(begun))
            if tested.verdict:
                return tested
        return Tested("failed", tested.reasons or ("the test could not be run",))

    def _taken_back(self, begun: Journal) -> Journal:
        for reason in begun.reasons:
            self.say(f"goes back: {reason}")
        target = back(self._now(), self.inventory, self.where, begun.origin)
        self.say(f"back to {target.way.entry}")
        target.apply(target.platform.propose(quiet), self.say)
        target.record(upgrading=True)
        return _noted(target.platform, begun.model_copy(update={"phase": "tables" if begun.tables else "open"}))

    def _tables_back(self, begun: Journal) -> Journal:
        self.say(f"bringing the tables of backup {begun.snapshot} back: nobody has written since but the test")
        aside = self.keeper.tables_back(self._now(), begun.snapshot, self.say)
        return begun.model_copy(update={"phase": "open", "aside": aside})  # with the record of what was brought back the upgrade has ended

    def _ended(self, begun: Journal) -> Outcome:
        deployment = self.platform.deployment
        if begun.key:
            self.say("letting people write again")
        self.platform.end_upgrade()
        self.platform.held.store(quiet)
        if begun.reasons:
            return Outcome((), begun.snapshot, begun.tables, begun.reasons, begun.aside)
        before = {entry.number: entry.note.images for entry in history.entries(deployment)}.get(begun.origin, {})
        return Outcome(changed(deployment, before, images.wanted(deployment)), begun.snapshot, begun.tables)


def _noted(platform: Platform, journal: Journal) -> Journal:
    renewal.note(platform.deployment.folder, journal)
    platform.held.store(quiet)
    return journal


def _said(platform: Platform, host: str, command: str, stdin: str) -> str:
    done = administer(platform.work.cluster.reach[host], platform.work.folder, f"exec {command}", stdin)
    return _or_raise(host, done.returncode, done.stdout, done.stderr)


def _or_raise(host: str, code: int, said: str, complaint: str) -> str:
    if code:
        raise PlanError(f"what tables there are cannot be asked: {last_line(complaint)}", where=host, hint="see 'plan status --inventory'; nothing was changed")
    return said.strip()
