"""Another host that is reached by SSH: how, and why not where it fails."""

from typing import Final

from infra.keep.where import HERE, Where
from runtime.errors import PlanError

# Never a question, and a host that has gone away is known after a minute.
OPTIONS: Final = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4")
QUICK_S: Final = 60
HEARD: Final = "subprocess ssh: "  # how restic passes on what SSH said, where it comes to that
NOISE: Final = ("**", "Warning:", "Connection closed", "@@@")


def account(place: str) -> str:
    """Return USER@HOST of ``place`` (sftp:USER@HOST:/FOLDER)."""
    return place.removeprefix("sftp:").partition(":")[0]


def sftp(place: str) -> list[str]:
    """Return the command that opens a session at ``place`` (sftp:USER@HOST:/FOLDER): it ends well when its input ends."""
    return ["ssh", *OPTIONS, account(place), "-s", "sftp"]


def why_not(place: str, heard: str, at: Where = HERE) -> PlanError:
    """Return what is wrong at ``place``, with the mend: by what restic ``heard`` of SSH, else by trying once more ourselves, ``at`` where it ran.

    restic may end before it has passed on all that SSH said, so half an account is none.
    """
    host = account(place)
    said = "\n".join(line.removeprefix(HEARD) for line in heard.splitlines() if line.startswith(HEARD))
    if known := _known(host, said):
        return known
    done = at.run(sftp(place), timeout_s=QUICK_S)
    if done.returncode == 0:
        return PlanError("the connection to it broke off", where=place, hint="it answers now: run the same command again")
    return refused(host, done.stderr)


def refused(host: str, said: str) -> PlanError:
    """Return what ``said``, the errors of SSH, means for somebody who wants to reach ``host``."""
    if known := _known(host, said):
        return known
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith(NOISE)]
    last = lines[-1].removeprefix("ssh: ") if lines else "it said nothing"
    return PlanError(f"cannot be reached by SSH: {last}", where=host, hint=f"is it up, and its SSH service? 'ssh {host}' as root must work without a question")


def _known(host: str, said: str) -> PlanError | None:
    if "HOST IDENTIFICATION HAS CHANGED" in said:
        return PlanError(
            "has another SSH key than it had", where=host, hint=f"if you know why: ssh-keygen -R {host.rpartition('@')[2]}, then ssh {host} as root"
        )
    if "Host key verification failed" in said:
        return PlanError("its SSH key is not known here", where=host, hint=f"run 'ssh {host}' as root once, and compare the fingerprint that it shows")
    if "Permission denied (" in said:
        return PlanError("does not let root of this machine in", where=host, hint=f"copy root's key there: sudo ssh-copy-id {host}")
    return None
