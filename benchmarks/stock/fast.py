"""Closed load by wrk, for pages that a cache has: faster than Python can ask."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.stock.systems import System
from runtime.errors import PlanError
from runtime.run import run

SCRIPT = Path(__file__).parent / "zipf.lua"
ANSWER = "ANSWER "
MORE_S = 60


@dataclass(frozen=True)
class Wrk:
    """wrk, in a container of ``image`` that runs on one core."""

    image: str
    core: str

    def closed_load(self, system: System, paths: Sequence[str], visitors: int, seconds: int) -> dict[str, float]:
        """Let ``visitors`` ask for ``paths`` one after another; return what wrk saw (pages, seconds, p50_ms …)."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "list.lua").write_text(_listed(system, paths), encoding="utf-8")
            (Path(folder) / SCRIPT.name).write_text(SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")
            said = run([*self._container(system, folder), *_wrk(system, visitors, seconds)], timeout_s=seconds + MORE_S).stdout
        answer: dict[str, float] = json.loads(next(line for line in said.splitlines() if line.startswith(ANSWER)).removeprefix(ANSWER))
        if not answer["pages"]:
            raise PlanError(f"not one page in {seconds} s", where=system.name, hint="the machine is too busy to measure anything: run it when it is quiet")
        return answer

    def _container(self, system: System, folder: str) -> list[str]:
        name = ["--add-host", f"{system.host}:{system.address[0]}"]
        return ["docker", "run", "--rm", "--network", "host", "--cpuset-cpus", self.core, *name, "-v", f"{folder}:/load:ro", self.image]


def _listed(system: System, paths: Sequence[str]) -> str:
    lines = ",\n".join(json.dumps(path) for path in paths)
    return f"return {{ authority = {json.dumps(system.authority)}, paths = {{\n{lines}\n}} }}\n"


def _wrk(system: System, visitors: int, seconds: int) -> list[str]:
    url = f"{'https' if system.trust else 'http'}://{system.host}:{system.address[1]}/"
    return ["wrk", "-t", "1", "-c", str(visitors), "-d", f"{seconds}s", "--timeout", "30s", "-s", f"/load/{SCRIPT.name}", url]
