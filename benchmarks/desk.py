"""The platform of the tests, deployed for a measurement under a name and on ports of its own."""

import subprocess
import sys
from pathlib import Path

PLAN = str(Path(sys.executable).with_name("plan"))
BRIEF = Path(__file__).resolve().parent.parent / "tests" / "platform" / "brief.yaml"
HTTP, HTTPS = 18080, 18443


def deploy(folder: Path, name: str, slot: int) -> None:
    """Write the brief and its plan to ``folder`` and deploy it, on ports ``slot`` above those of the tests."""
    brief = BRIEF.read_text(encoding="utf-8").replace("name: test-desk", f"name: {name}")
    for port in (HTTP, HTTPS):
        brief = brief.replace(str(port), str(port + slot))
    (folder / "brief.yaml").write_text(brief, encoding="utf-8")
    plan(folder, "size")
    plan(folder, "deploy", "--yes")


def plan(folder: Path, *arguments: str) -> None:
    """Run the command as a person would, in ``folder``; raises RuntimeError with all that it said where it fails; what is deployed stays."""
    done = subprocess.run([PLAN, *arguments], cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise RuntimeError(f"plan {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
