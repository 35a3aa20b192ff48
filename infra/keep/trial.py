"""Whether backups can go where the plan says, tried before one is due: nothing is written there."""

import shutil
from typing import Final

from infra.deployment import Deployment
from infra.keep import backup, places
from runtime.errors import PlanError

PATIENCE_S: Final = 30


def possible(deployment: Deployment) -> bool:
    """Tell whether the place can be tried: the first deploy installs restic and makes the key."""
    return shutil.which("restic") is not None and places.repository(deployment).key_file.is_file()


def notes(deployment: Deployment) -> list[str]:
    """Return a line where the place of the plan cannot be used now; raises PlanError where it never can."""
    places.repository(deployment)
    problem = trouble(deployment) if possible(deployment) else None
    return [f"no backup can be taken now: {problem}; {problem.hint}"] if problem else []


def trouble(deployment: Deployment) -> PlanError | None:
    """Return why no backup can be taken at the place of the plan now; None where one can."""
    try:
        repository = places.repository(deployment)
        if not repository.there(PATIENCE_S) and backup.last(deployment).get("place") == repository.place:
            return PlanError("the backups that were here are gone", where=repository.place, hint="is the disk mounted?")
    except PlanError as problem:
        return problem
    return None
