"""The images that lab hosts boot from, built here from the distribution's packages."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from infra import hosts, images
from runtime.errors import PlanError
from runtime.run import run

CONTEXT: Final = Path(__file__).parent / "image"
BUILD_S: Final = 900
SUITES: Final = {13: "trixie", 12: "bookworm"}
ENGINES: Final = {13: "docker.io docker-cli", 12: "docker.io"}
"""The client is a package of its own since Debian 13."""
NEWEST: Final = 13
REPOSITORY: Final = "underdesk/lab"


def reference(debian: int = NEWEST) -> str:
    """Return the image of hosts with that release of Debian; its tag is a digest of what it is built from."""
    return f"{REPOSITORY}:{SUITES[debian]}-{images.context_digest(CONTEXT)[:12]}"


def is_there(debian: int = NEWEST) -> bool:
    """Tell whether the image need not be built."""
    return bool(run(["docker", "image", "ls", "--quiet", reference(debian)]).stdout.strip())


def image(debian: int = NEWEST, say: Callable[[str], None] = lambda _: None) -> str:
    """Return the image of lab hosts; build it, and the base that it stands on, where it is missing.

    Raises PlanError where that fails; what is built already is not built again.
    """
    if is_there(debian):
        return reference(debian)
    base = images.base(SUITES[debian])
    if base.reference not in images.here():
        say(f"the base, Debian {debian}: half a minute, once")
        hosts.make_base(base, SUITES[debian], say)
    say(f"the image of lab hosts, Debian {debian}: one to three minutes, once")
    done = run(argv(base.reference, debian), env={"DOCKER_BUILDKIT": "0"}, timeout_s=BUILD_S, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
        raise PlanError(f"cannot be built: {' | '.join(said)}", where=reference(debian), hint=hosts.NETWORK_MEND)
    return reference(debian)


def argv(base: str, debian: int) -> list[str]:
    """Return the command that builds the image upon ``base``."""
    arguments = ["--build-arg", f"BASE={base}", "--build-arg", f"ENGINE={ENGINES[debian]}"]
    return ["docker", "build", "--quiet", "--force-rm", *arguments, "--tag", reference(debian), str(CONTEXT)]
