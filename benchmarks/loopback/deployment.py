"""The pretended platform as a deployment that tests can be driven against."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sizing.plan import Plan
from tests.unit.loadtests.steady.pretend import HOSTS, PretendDeployment
from tests.unit.loadtests.tls import signed

ROOT = Path(__file__).resolve().parents[2]
TARGET_MS = 1000.0
NAME = "loopback"
ROLES = (("internal", "blogs.example"), ("external", "www.example"), ("wiki", "wiki.example"))


@dataclass
class Loopback(PretendDeployment):
    """It is asked for pages within a second, as the pilot is; ``server`` is the process that answers."""

    server: int = 0

    @property
    def plan(self) -> Plan:
        """The plan of the tests, its target as people have it, under a name that no container bears."""
        found = super().plan
        targets = found.targets.model_copy(update={"page_p95_ms": TARGET_MS})
        return found.model_copy(update={"targets": targets, "platform": found.platform.model_copy(update={"name": NAME})})


@contextmanager
def serving(folder: Path, median_ms: float, sigma: float) -> Iterator[Loopback]:
    """Serve from a process of its own while the context lasts."""
    certificate = signed(folder / "tls.pem", HOSTS)
    argv = [sys.executable, "-m", "benchmarks.loopback.server", str(certificate), str(median_ms), str(sigma)]
    with subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe, as asked
            port = int(process.stdout.readline())
            urls = {role: f"https://{host}:{port}/" for role, host in ROLES}
            yield Loopback(folder / "desk", urls=urls, ports=(80, port), ca_file=certificate, server=process.pid)
        finally:
            process.terminate()
