"""Whether the other host lets the copy of the binary log in: its key is pinned on first use, ours must be allowed there."""

import re
from collections.abc import Callable

from cryptography.hazmat.primitives import serialization

from infra import credentials
from infra.deployment import Deployment
from infra.keep import changes
from runtime.errors import PlanError
from runtime.run import Completed, run

WHERE = "brief.yaml: infrastructure.backup.changes_to"
PATIENCE_S = 30


def public_key(deployment: Deployment) -> str:
    """Return the line that ``authorized_keys`` of the other host needs; '' where nothing is copied to another host."""
    if not deployment.plan.platform.backup.changes_to.startswith("sftp:"):
        return ""
    private = serialization.load_ssh_private_key(credentials.ensure(deployment.folder)["copy-key"].encode() + b"\n", None)
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return f"restrict {public.decode()} underdesk-{deployment.name}"


def other_host(deployment: Deployment) -> tuple[str, str] | None:
    """Return account (USER@HOST) and folder where changes are copied to another host."""
    place = re.fullmatch(r"sftp:([^:]+):(/.*)", deployment.plan.platform.backup.changes_to)
    return (place[1], place[2]) if place else None


def sftp(deployment: Deployment, batch: str, timeout_s: float) -> Completed:
    """Run SFTP's commands on the other host, with our key; its own is pinned on first use."""
    place = other_host(deployment)
    credentials.ensure(deployment.folder)
    options = {
        "BatchMode": "yes",
        "IdentitiesOnly": "yes",
        "IdentityFile": str(deployment.folder / "secrets" / "copy-key"),
        "StrictHostKeyChecking": "accept-new",
        "HashKnownHosts": "no",
        "UserKnownHostsFile": str(changes.known_hosts_file(deployment)),
        "ConnectTimeout": "10",
    }
    argv = ["sftp", "-F", "none", *(f"-o{name}={value}" for name, value in options.items()), "-b", "-", place[0] if place else ""]
    return run(argv, stdin=batch, timeout_s=timeout_s, check=False)


def let_in(deployment: Deployment, say: Callable[[str], None]) -> None:
    """Raise PlanError where the other host cannot be reached, does not let us in, or has no such folder; nothing is written there."""
    place, new = other_host(deployment), not changes.known_hosts_file(deployment).exists()
    if not place:
        return
    account, folder = place
    done = sftp(deployment, f"cd {folder}\n", PATIENCE_S)
    if new and changes.known_hosts_file(deployment).exists():
        say(f"pinned the key of {account}: {' '.join(_fingerprints(deployment))}")
    if done.returncode:
        raise _refused(account, folder, public_key(deployment), done.stderr)


def _refused(account: str, folder: str, key: str, said: str) -> PlanError:
    lines = [line for line in said.splitlines() if line.strip() and line.strip() != "Connection closed"]
    last = lines[-1] if lines else "nothing"
    if "Permission denied" in said and "publickey" in said:
        return PlanError(f"{account} does not let this deployment in", where=WHERE, hint=f"add this line to authorized_keys there, then run it again: {key}")
    if "HOST IDENTIFICATION HAS CHANGED" in said:
        return PlanError(f"{account} has another key than the one that was pinned", where=WHERE, hint="if you know why, remove known_hosts of the deployment")
    if "No such file" in said:
        return PlanError(f"{account} has no folder {folder}", where=WHERE, hint="make it there, writable for that account")
    return PlanError(f"{account} cannot be reached: {last}", where=WHERE, hint="is the host up, and is its SSH service?")


def _fingerprints(deployment: Deployment) -> list[str]:
    shown = run(["ssh-keygen", "-l", "-f", str(changes.known_hosts_file(deployment))], check=False).stdout
    return [line.split()[1] for line in shown.splitlines() if len(line.split()) > 1]
