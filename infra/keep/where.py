"""Where restic runs, and whose folders it is told of: this machine, or a host of a cluster."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from runtime.errors import PlanError
from runtime.run import Completed, run

Hear = Callable[[str], None] | None


class Where(Protocol):
    """A machine with restic."""

    @property
    def name(self) -> str:
        """What it is called; "" for the one that we are on."""

    def run(  # noqa: PLR0913 - as of runtime.run
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout_s: float = 600,
        on_line: Hear = None,
        on_error_line: Hear = None,
    ) -> Completed:
        """Run ``argv`` there, whatever its exit code."""

    def names(self, folder: Path) -> frozenset[str] | None:
        """Return what is in a folder there; None where there is no such folder."""

    def has(self, program: str) -> bool:
        """Tell whether a program is installed there."""

    def told(self, problem: PlanError) -> PlanError:
        """Return a problem that was seen there as somebody must read it who is not there."""


class _Here:
    """The machine that we are on."""

    name = ""

    def run(  # noqa: PLR0913 - as of runtime.run
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout_s: float = 600,
        on_line: Hear = None,
        on_error_line: Hear = None,
    ) -> Completed:
        return run(argv, env=env, cwd=cwd, timeout_s=timeout_s, check=False, on_line=on_line, on_error_line=on_error_line)

    def names(self, folder: Path) -> frozenset[str] | None:
        return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else None

    def has(self, program: str) -> bool:
        return shutil.which(program) is not None

    def told(self, problem: PlanError) -> PlanError:
        return problem


HERE: Final[Where] = _Here()
