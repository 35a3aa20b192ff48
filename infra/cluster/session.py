"""Commands on a host over the connection that Ansible shares, for us and for testinfra."""

import json
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host

from infra.cluster.parts.variables import settings
from infra.cluster.playing import PERSIST_S, SHARED
from infra.inventory.connect import Reach
from runtime.dialogue import Dialogue, Question, answers
from runtime.errors import PlanError
from runtime.run import Completed, run

LIMIT_S: Final = 90
NONE_RUNS: Final = 3
ASKED: Final = Path(__file__).with_name("verify") / "on_host.py"


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


def in_container(reach: Reach, folder: Path, service: str, argv: Sequence[str], stdin: str = "", *, limit_s: float = LIMIT_S) -> Completed:  # noqa: PLR0913 - the same
    """Run ``argv`` in a container of a Swarm service that runs on a host, and return what it left; NONE_RUNS is its exit code where there is none."""
    find = f"docker ps -q --no-trunc -f label=com.docker.swarm.service.name={shlex.quote(service)} -f status=running | head -n 1"
    script = f'id=$({find}); [ -n "$id" ] || exit {NONE_RUNS}\nexec docker exec -i "$id" {shlex.join(argv)}'
    return administer(reach, folder, script, stdin, limit_s=limit_s)


def hang_up(reach: Reach, folder: Path, shared: str = SHARED) -> None:
    """End a shared connection, where there is one."""
    run(["ssh", "-O", "exit", *ssh(reach, folder, [], shared)[1:]], timeout_s=LIMIT_S, check=False)


class Asked(BaseBackend):  # type: ignore[misc]  # testinfra has no types
    """What testinfra asks, one after the other, of a program that runs on the host meanwhile: a login for each would cost more than its answer."""

    NAME = "underdesk"

    def __init__(self, name: str, dialogue: Dialogue) -> None:
        super().__init__(name)
        self.name, self.dialogue = name, dialogue

    def run(self, command: str, *args: str, **_more: Any) -> CommandResult:  # noqa: ANN401 - testinfra's signature
        """Run a command as administrator."""
        said = self.get_command(command, *args)
        question = Question(self.dialogue, f"{json.dumps(said)}\n", lambda text: text.endswith("\n"))
        answer = answers({self.name: question}, LIMIT_S).get(self.name)
        if answer is None and not self.dialogue.ended:
            raise PlanError(f"did not answer within {LIMIT_S} s: {said}", where=self.name, hint="is it overloaded? then run the same command again")
        if answer is None:
            why = self.dialogue.complaint
            raise PlanError(f"was lost while it was verified{f' ({why})' if why else ''}", where=self.name, hint="is it up? then run the same command again")
        code, stdout, stderr = json.loads(answer)
        return self.result(code, said.encode(), stdout, stderr)


@contextmanager
def testinfra(reach: Reach, folder: Path) -> Iterator[Host]:
    """Give a host as testinfra sees it."""
    dialogue = Dialogue(ssh(reach, folder, [BaseBackend.quote("sudo -n python3 -I -c %s", ASKED.read_text(encoding="utf-8"))]))
    try:
        yield Host(Asked(reach.name, dialogue))
    finally:
        dialogue.end()


def as_administrator(script: str) -> list[str]:
    """Return the words that run a shell script as administrator of a host."""
    return [BaseBackend.quote("sudo -n /bin/sh -c %s", script)]
