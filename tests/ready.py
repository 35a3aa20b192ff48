"""Make what tests with containers begin with: the engine, every image, that of lab hosts too, Pulumi's engine.

'make test' does it beside the tests that need none of it. What is there already takes seconds. Run as root: .venv/bin/python -m tests.ready.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from infra import images
from infra.deployment import Deployment
from infra.engine import ensure_engine
from infra.hosts import environment, variables
from infra.lab import build as lab
from runtime.errors import PlanError
from runtime.run import run
from tests.durability import disk
from tests.unit.sample_plan import SAMPLE

BUILD_S = 3600
ROLES = ("engine", "images")


def make_images(deployment: Deployment) -> None:
    """Make the engine and the images, as the first deploy of ``deployment`` would, where one is missing."""
    if run(["docker", "image", "inspect", *images.references().values()], check=False).returncode == 0:
        return
    folder = deployment.folder
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "roles": list(ROLES)}]
    (folder / "play.yml").write_text(json.dumps(play))
    (folder / "variables.json").write_text(json.dumps(variables(deployment)))
    run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "-e", f"@{folder / 'variables.json'}", str(folder / "play.yml")],
        env=environment(folder),
        timeout_s=BUILD_S,
    )


def main() -> None:
    """Make it all; exit 1 with what is wrong and how to mend it."""
    with tempfile.TemporaryDirectory(prefix="underdesk-ready-") as name:
        folder = Path(name)
        made: dict[str, Callable[[], object]] = {
            "images of the platform": lambda: make_images(Deployment(SAMPLE, folder)),
            "image of lab hosts": lab.image,
            "Pulumi's engine": lambda: ensure_engine(_say),
            "disk whose power is cut": lambda: disk.build(folder),
        }
        for what, make in made.items():
            began = time.monotonic()
            try:
                make()
            except PlanError as problem:
                _say(f"error: {problem}\nhint: {problem.hint}")
                raise SystemExit(1) from problem
            _say(f"{what}: {time.monotonic() - began:.0f} s")


def _say(text: str) -> None:
    print(f"• {text}", file=sys.stderr, flush=True)  # noqa: T201 - beside the output of other tests


if __name__ == "__main__":
    main()
