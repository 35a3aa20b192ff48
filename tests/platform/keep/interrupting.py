"""Kill a command at a step of its own choosing: at a line that it says, or at a program that it starts."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from tests.platform.conftest import PLAN

PROGRAMS = ("docker", "restic")
SHIM = """#!/bin/bash
# Counts the programs that are started; at the chosen one the command that started it is killed, and the program goes on.
# Looks at whether something has happened yet are not counted: there are as many as the machine is slow.
case "$*" in ps* | inspect* | *" health") exec {real} "$@" ;; esac
exec 9>>"{folder}/count"
flock 9
echo "{program} $1 $2" >&9
if [[ $(wc -l <"{folder}/count") == "$UNDERDESK_KILL_AT" ]]; then kill -KILL "$(<"{folder}/victim")"; fi
exec 9>&-
exec {real} "$@"
"""


class Interrupter:
    """Runs one command line in ``folder``, whole or killed; ``program`` is what takes the arguments."""

    def __init__(self, arguments: list[str], folder: Path, shims: Path, program: tuple[str, ...] = (PLAN,)) -> None:
        self.arguments, self.folder, self.shims, self.program = arguments, folder, shims, program
        shims.mkdir(exist_ok=True)
        for name in PROGRAMS:
            shim = shims / name
            shim.write_text(SHIM.format(folder=shims, program=name, real=shutil.which(name)))
            shim.chmod(0o755)

    def steps(self) -> list[str]:
        """Run it whole and return the programs that it started."""
        done = self._start(0)
        _, said = done.communicate()
        assert done.returncode == 0, said
        return (self.shims / "count").read_text().splitlines()

    def killed_at(self, step: int) -> bool:
        """Run it and kill it at its ``step``-th program (from 1); return whether it came so far."""
        running = self._start(step)
        _, said = running.communicate()
        assert running.returncode in (0, -signal.SIGKILL), said
        return running.returncode == -signal.SIGKILL

    def killed_after_lines(self, count: int) -> bool:
        """Run it and kill it when it has said ``count`` lines; return whether it came so far."""
        with subprocess.Popen(
            [*self.program, *self.arguments], cwd=self.folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        ) as running:
            assert running.stderr
            for said, _ in enumerate(running.stderr, 1):
                if said == count:
                    os.kill(running.pid, signal.SIGKILL)
        return running.returncode == -signal.SIGKILL

    def lines(self) -> int:
        """Run it whole and return how many lines it said."""
        done = subprocess.run([*self.program, *self.arguments], cwd=self.folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr
        return len(done.stderr.splitlines())

    def _start(self, step: int) -> subprocess.Popen[str]:
        for name in ("count", "victim"):
            (self.shims / name).write_text("")
        environment = {**os.environ, "PATH": f"{self.shims}:{os.environ['PATH']}", "UNDERDESK_KILL_AT": str(step), "VICTIM": str(self.shims / "victim")}
        # A shell that writes down its number and becomes the command: the number is there before the first program starts.
        script = 'echo $$ >"$VICTIM"; exec "$@"'
        return subprocess.Popen(
            ["bash", "-c", script, "start", *self.program, *self.arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )


def spread(count: int, moments: int) -> list[int]:
    """Return ``moments`` of ``count`` steps (from 1), spread over all of them."""
    return sorted({1 + int((index + 0.5) * count / moments) for index in range(moments)})
