"""Commands on a host over the connection that Ansible shares, for us and for testinfra."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host

from infra.cluster.parts.variables import settings
from infra.cluster.playing import PERSIST_S, SHARED
from infra.inventory.connect import LOST, Reach
from runtime.errors import PlanError
from runtime.run import Completed, run

LIMIT_S: Final = 90


def ssh(reach: Reach, folder: Path, command: Sequence[str], shared: str = SHARED) -> list[str]:
    """Return the command that runs ``command`` (words for a shell) on a host; the connection is the one that ``shared`` names in ``folder``."""
    control = ("-o", "ControlMaster=auto", "-o", f"ControlPersist={PERSIST_S}s", "-o", f"ControlPath={folder}/{shared}")
    return ["ssh", *control, *settings(reach), "-i", reach.key, "-p", str(reach.port), "-l", reach.user, "--", reach.address, *command]


def administer(  # noqa: PLR0913 - each is one property of what runs there
    reach: Reach, folder: Path, script: str, stdin: str | Path = "", *, stdout: Path | None = None, limit_s: float = LIMIT_S
) -> Completed:
    """Run a shell script as administrator on a host and return what it left, whatever its exit code.

    ``stdin`` is what it reads, a text or a file; ``stdout`` a new file for what it says.
    """
    return run(ssh(reach, folder, as_administrator(script)), stdin=stdin, stdout=stdout, timeout_s=limit_s, check=False)


def hang_up(reach: Reach, folder: Path, shared: str = SHARED) -> None:
    """End a shared connection, where there is one."""
    run(["ssh", "-O", "exit", *ssh(reach, folder, [], shared)[1:]], timeout_s=LIMIT_S, check=False)


class Shared(BaseBackend):  # type: ignore[misc]  # testinfra has no types
    """What testinfra asks, over the shared connection, by the one runner of processes."""

    NAME = "underdesk"

    def __init__(self, reach: Reach, folder: Path) -> None:
        super().__init__(reach.name, sudo=True)
        self.reach, self.folder = reach, folder

    def run(self, command: str, *args: str, **_more: Any) -> CommandResult:  # noqa: ANN401 - testinfra's signature
        """Run a command as administrator."""
        said = self.get_command(command, *args)
        done = run(ssh(self.reach, self.folder, [said]), timeout_s=LIMIT_S, check=False)
        if done.returncode == LOST:
            raise PlanError("was lost while it was verified", where=self.reach.name, hint="is it up? then run the same command again")
        return self.result(done.returncode, said.encode(), done.stdout, done.stderr)


def testinfra(reach: Reach, folder: Path) -> Host:
    """Return a host as testinfra sees it."""
    return Host(Shared(reach, folder))


def as_administrator(script: str) -> list[str]:
    """Return the words that run a shell script as administrator of a host."""
    return [BaseBackend.quote("sudo -n /bin/sh -c %s", script)]
