"""The certificates that an ACME server issues for the front doors of a cluster: each has its own, by the account that they share."""

import functools
import shlex
from collections.abc import Callable
from pathlib import Path

from infra import acme
from infra.cluster.cluster import Cluster
from infra.cluster.session import administer
from infra.deployment import Deployment
from runtime.errors import PlanError
from runtime.together import together

Say = Callable[[str], None]


def obtain(cluster: Cluster, folder: Path, deployment: Deployment, say: Say) -> None:
    """Have every front door get its certificate; where one fails, what it had stays, and the reason is said."""
    if deployment.plan.platform.tls.acme is None:
        return
    say("asking for the certificates")
    for name in cluster.placement.hosts("frontdoor"):
        done = administer(cluster.reach[name], folder, shlex.join(acme.command(deployment, "--now")), limit_s=acme.LIMIT_S)
        if said := acme.outcome(done):
            say(f"note: {name}: {said}")


def standing(cluster: Cluster, folder: Path, deployment: Deployment) -> dict[str, acme.Standing]:
    """Return how the certificate of each front door that answers stands; {} where no ACME server is asked."""
    if deployment.plan.platform.tls.acme is None:
        return {}
    doors = [name for name in cluster.placement.hosts("frontdoor") if name not in cluster.lost]
    found = zip(doors, together([functools.partial(_one, cluster, name, folder, deployment) for name in doors]), strict=True)
    return {name: one for name, one in found if one is not None}


def _one(cluster: Cluster, name: str, folder: Path, deployment: Deployment) -> acme.Standing | None:
    """Ask a host for its certificates, without the key, and for what its program said last."""
    served, result = deployment.place / "frontdoor" / "tls.pem", deployment.place / acme.FOLDER / acme.RESULT
    without_key = f"sed '/PRIVATE KEY/,/PRIVATE KEY/d' {shlex.quote(str(served))}"
    try:
        done = administer(cluster.reach[name], folder, f"{without_key} && printf '\\0' && {{ cat {shlex.quote(str(result))} 2>/dev/null || true; }}")
    except PlanError:
        return None
    certificates, parted, last = done.stdout.partition("\0")
    return acme.stands(deployment.plan.platform, certificates.encode(), last.encode()) if parted and not done.returncode else None
