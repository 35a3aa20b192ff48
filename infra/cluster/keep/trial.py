"""Whether hosts can back up to where the plan says, tried before a backup is due: nothing is written there."""

import functools
from pathlib import Path
from typing import Final

from infra.cluster.cluster import Cluster
from infra.cluster.parts import folders, schedule
from infra.cluster.session import administer
from infra.keep.bucket import GIVE
from runtime.errors import PlanError
from runtime.run import last_line
from runtime.together import together

PATIENCE_S: Final = 120
TRY: Final = "underdesk-keep try"
FOLDER: Final = "mount the same share on every host that backs up: {hosts}"
BY_SSH: Final = "root's key of each host that backs up ({hosts}) must open it without a question: there, as root, 'ssh-copy-id {account}'"
BUCKET: Final = f"{GIVE.partition(' into ')[0].replace('write', 'export')} where you run 'plan deploy': the managers keep them"


def troubles(cluster: Cluster, folder: Path) -> list[PlanError]:
    """Return why hosts that back up by themselves could not do it now."""
    hosts = list(schedule.variables(cluster)["schedule_settings"])
    found = together([functools.partial(_trouble, cluster, name, folder) for name in hosts])
    return [problem for problem in found if problem]


def mend(to: str, hosts: tuple[str, ...]) -> str:
    """Return what makes a place usable from hosts."""
    named = ", ".join(hosts)
    if to.startswith("sftp:"):
        return BY_SSH.format(hosts=named, account=to.removeprefix("sftp:").partition(":")[0])
    return BUCKET if to.startswith("s3:") else FOLDER.format(hosts=named)


def _trouble(cluster: Cluster, name: str, folder: Path) -> PlanError | None:
    done = administer(cluster.reach[name], folder, TRY, limit_s=PATIENCE_S)
    if not done.returncode:
        return None
    return PlanError(last_line(done.stderr), where=name, hint=mend(cluster.plan.platform.backup.to, folders.copying(cluster)))
