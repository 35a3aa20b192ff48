"""What a deploy and a rollback do about an upgrade that was interrupted."""

from infra.cluster.promote import journal as promotion
from infra.deployment import Deployment
from infra.upgrade import journal, perform, writes
from infra.upgrade.perform import Outcome
from infra.upgrade.writes import Desk
from runtime.errors import PlanError

BY_HAND = "taken back by hand"


def before_deploy(deployment: Deployment) -> str:
    """Return what must be said of an interrupted upgrade; raises PlanError where a deploy would be in its way."""
    promotion.refuse(deployment.name, deployment.folder)
    begun = journal.read(deployment.folder)
    if begun is None:
        return ""
    if begun.phase in {"back", "tables"}:
        raise PlanError("an upgrade is being taken back", where=deployment.name, hint="'plan upgrade' completes that; then run this again")
    if begun.phase == "build":
        return "an upgrade was interrupted before its rollout: it is dropped, 'plan upgrade' begins it anew"
    return "an upgrade was interrupted: this deploy completes it, without its test ('plan upgrade' would test, and go back where it fails)"


def after_deploy(deployment: Deployment) -> None:
    """Let people write again, and end what was interrupted."""
    perform.end(deployment)


def take_back(deployment: Deployment, say: perform.Say) -> Outcome | None:
    """Take an interrupted upgrade back; None where none is under way."""
    begun = journal.read(deployment.folder)
    if begun is None:
        return None
    if begun.phase in {"build", "open"}:
        perform.end(deployment)
        return None
    if begun.phase != "tables":
        begun = journal.write(deployment.folder, begun.model_copy(update={"phase": "back", "reasons": begun.reasons or (BY_HAND,)}))
    return perform.carry_out(deployment, begun, _never, say)


def refusal(deployment: Deployment) -> str:
    """Return what people notice of an upgrade that is under way; empty where nothing is."""
    if not writes.refused(Desk(deployment)):
        return ""
    if moved := promotion.read(deployment.folder):
        return f"writes are refused: it moves into the cluster {moved.cluster} ({moved.doing}); reading goes on"
    return "writes are refused until the upgrade has ended; reading goes on"


def _never(_headers: object) -> perform.Tested:
    raise AssertionError
