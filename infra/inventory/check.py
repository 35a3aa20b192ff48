"""Everything that must hold before the first host is touched: the inventory, the plan and the hosts, all at once."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from infra.finding import Finding
from infra.inventory.against import contradictions
from infra.inventory.assign import Before, Fits, Question, anything, place
from infra.inventory.judge import GIB, judged
from infra.inventory.keys import wrong_files
from infra.inventory.mark import parsed, remembered
from infra.inventory.model import Inventory
from infra.inventory.needs import fits, needs
from infra.inventory.placement import Placement
from infra.inventory.probe import Facts, Seen, look
from infra.inventory.reading import refuse
from sizing.plan import Plan, Server

NO_CLIENT: Final = Finding("ssh", "no SSH client is installed here", "install it: sudo apt-get install openssh-client")


@dataclass(frozen=True)
class Checked:
    """What was found; ``placement`` where there is a plan, ``seen`` holds the hosts that were asked."""

    findings: tuple[Finding, ...]
    seen: tuple[Seen, ...]
    placement: Placement | None = None

    @property
    def facts(self) -> dict[str, Facts]:
        """What each host that answered is."""
        return {one.reach.name: one.facts for one in self.seen if one.facts}

    def refuse(self) -> None:
        """Raise InventoryError with everything that must be mended, if there is something."""
        refuse(found.problem for found in self.findings if not found.ok)


def check(inventory: Inventory, plan: Plan | None = None, name: str = "cluster.yaml") -> Checked:
    """Look at every host of ``inventory`` at once, and hold it against ``plan``; ``name`` is what findings call the file.

    Nothing on a host is changed. What hosts held before (their mark says it) they go on holding.
    """
    findings, unreachable = wrong_files(inventory)
    if shutil.which("ssh") is None:
        findings, unreachable = [*findings, NO_CLIENT], list(inventory.names)
    seen = look(inventory, unreachable)
    if plan is None:
        return Checked((*findings, *judged(inventory, seen, None, None, {})), seen)
    question = Question(inventory, plan, _before(inventory, seen), _fits(seen))
    placement = place(question)
    findings += [Finding("plan", str(problem), problem.hint) for problem in contradictions(question, placement, name)]
    findings += judged(inventory, seen, plan, placement, needs(plan, placement))
    return Checked((*findings, Finding("cluster", f"{_many(inventory)}, {plan.people:,} people; survives: {placement.survives}")), seen, placement)


def _before(inventory: Inventory, seen: Sequence[Seen]) -> Before:
    return remembered({one.reach.name: parsed(one.facts.mark) for one in seen if one.facts}, inventory.name)


def _fits(seen: Sequence[Seen]) -> Fits:
    facts = {one.reach.name: one.facts for one in seen if one.facts}

    def large_enough(host: str, server: Server) -> bool:
        known = facts.get(host)
        return known is None or fits(server, known.cores, known.memory_bytes / GIB, known.disk_bytes / GIB)

    return large_enough if facts else anything


def _many(inventory: Inventory) -> str:
    return f"{len(inventory.hosts)} host{'' if len(inventory.hosts) == 1 else 's'}"
