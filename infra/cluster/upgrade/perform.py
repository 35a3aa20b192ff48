"""The upgrade of a cluster's images: built on a manager, brought to every host, rolled out service by service, tested; and back where that fails.

Every step is written down on the managers before it begins, and each may be done twice: the same command completes what was interrupted.
"""

import functools
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from infra import history, images
from infra.cluster.back import back
from infra.cluster.carry import spread
from infra.cluster.platform import Platform, Say
from infra.cluster.session import administer
from infra.cluster.upgrade import renewal
from infra.cluster.upgrade.renewal import UPGRADE
from infra.inventory.model import Inventory
from infra.upgrade import schema, updates
from infra.upgrade.journal import Journal
from infra.upgrade.perform import Outcome, Tested, changed
from runtime.errors import PlanError
from runtime.printer import quiet
from runtime.run import last_line

ASK: Final = "mariadb --no-defaults --socket=/run/mysqld/mysqld.sock --batch --skip-column-names"
WANT: Final = "docker run --rm --network none --read-only --cap-drop ALL --entrypoint php {reference} -n -r {code}"
SCHEMA_S: Final = 180
Test = Callable[[Platform, Say], Tested]
"""Tests the platform as it runs now."""


def begin(platform: Platform, renew: frozenset[str], snapshot: str) -> Journal:
    """Write down that the packages of ``renew`` are taken anew, after the backup ``snapshot``; raises PlanError where what runs is no recorded version."""
    deployment = platform.deployment
    if platform.interrupted or not deployment.record() or not history.entries(deployment):
        hint = "run 'plan deploy --inventory' first: an upgrade goes back to what it recorded"
        raise PlanError("the last deploy did not end", where=deployment.name, hint=hint)
    moment, origin = updates.now(), history.entries(deployment)[-1].number
    journal = Journal(started=moment, origin=origin, to=deployment.packages.marked(renew, moment), snapshot=snapshot)
    return _noted(platform, journal)


@dataclass(frozen=True)
class Attempt:
    """An upgrade at work on a cluster that it holds; ``where`` is what errors call the ``inventory``."""

    platform: Platform
    inventory: Inventory
    where: str
    test: Test
    say: Say

    def carry_out(self, begun: Journal) -> Outcome:
        """Bring ``begun`` to its end, from whatever step it has come to."""
        if begun.phase == "build":
            begun = self._prepared(begun)
        if begun.phase in {"roll", "test"}:
            begun = self._tried(begun)
        return self._taken_back(begun) if begun.phase == "back" else self._ended(begun)

    def _now(self) -> Platform:
        """Return the platform as the folder says by now: a rollout that failed is a deploy that did not end."""
        return replace(self.platform, interrupted=self.platform.deployment.interrupted)

    def _wanted(self, begun: Journal) -> Platform:
        now = self._now()
        return replace(now, deployment=replace(now.deployment, to=begun.to))

    def _prepared(self, begun: Journal) -> Journal:
        """Build and bring the images; where that fails nothing of what runs has changed, and the upgrade is over."""
        target = self._wanted(begun)
        try:
            self.say("building images, and bringing them to every host")
            spread.bring(target.load, self.say)
            tables = self._tables(target)
        except PlanError:
            renewal.ended(target.deployment.folder)
            target.held.store(quiet)
            raise
        return _noted(target, begun.model_copy(update={"phase": "roll", "tables": tables}))

    def _tables(self, target: Platform) -> tuple[str, ...]:
        cluster, folder = target.work.cluster, target.work.folder
        have = functools.partial(_said, target, cluster.placement.hosts("database")[0], ASK)
        web = cluster.reach[cluster.placement.hosts("web")[0]]

        def want(reference: str, code: str) -> str:
            done = administer(web, folder, WANT.format(reference=shlex.quote(reference), code=shlex.quote(code)), limit_s=SCHEMA_S)
            return _or_raise(web.name, done.returncode, done.stdout, done.stderr)

        found = tuple(str(change) for change in schema.compare(have, want, images.wanted(target.deployment)))
        for line in found:
            self.say(f"{line}; going back would leave them so")
        return found

    def _tried(self, begun: Journal) -> Journal:
        """Roll out and test; where either fails the journal says that it goes back, and why."""
        target = self._wanted(begun)
        reasons: tuple[str, ...] = ()
        try:
            if begun.phase == "roll":
                self.say("rolling out")
                target.apply(target.propose(quiet), self.say)
                target.verify()
                target.record(UPGRADE)
                begun = _noted(target, begun.model_copy(update={"phase": "test"}))
            self.say("testing")
            tested = self._tested(target.reached())
            history.judge(target.deployment, tested.verdict, tested.reasons)
            reasons = tested.reasons if tested.verdict != "passed" else ()
        except PlanError as problem:
            reasons = tuple(str(one) for one in getattr(problem, "problems", (problem,)))
        return _noted(target, begun.model_copy(update={"phase": "back" if reasons else "open", "reasons": reasons}))

    def _tested(self, target: Platform) -> Tested:
        """Return the verdict; a test that could prove nothing gets a second try, and then counts as failed."""
        for _ in range(2):
            tested = self.test(target, self.say)
            if tested.verdict:
                return tested
        return Tested("failed", tested.reasons or ("the test could not be run",))

    def _taken_back(self, begun: Journal) -> Outcome:
        for reason in begun.reasons:
            self.say(f"goes back: {reason}")
        target = back(self._now(), self.inventory, self.where, begun.origin)
        self.say(f"back to {target.way.entry}")
        target.apply(target.platform.propose(quiet), self.say)
        target.record()  # with it the managers forget the upgrade
        return Outcome((), begun.snapshot, begun.tables, begun.reasons)

    def _ended(self, begun: Journal) -> Outcome:
        deployment = self.platform.deployment
        renewal.ended(deployment.folder)
        self.platform.held.store(quiet)
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
