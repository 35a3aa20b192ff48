"""The containers of a deployment, wherever they run, and where the kernel keeps their accounts on this machine."""

from pathlib import Path

from loadtests.accounts import Account, whole_account_of
from runtime.place import HERE, Place
from runtime.run import run

NAME = "com.docker.swarm.service.name"


def account(container: str) -> Path:
    """Return the file in which the kernel counts the CPU time of a container."""
    return whole_account(container).cpu


def whole_account(container: str) -> Account:
    """Return where the kernel keeps the account of a container; raises OSError where it has ended meanwhile."""
    return whole_account_of(int(run(["docker", "inspect", "--format", "{{.State.Pid}}", container]).stdout.strip()))


def containers(deployment: str, place: Place = HERE) -> dict[str, list[str]]:
    """Return the ids of the running containers of ``deployment`` by role; raises PlanError where no engine answers."""
    shown = run(
        place.argv(
            [
                "docker",
                "ps",
                "--no-trunc",
                "-f",
                f"label=underdesk.deployment={deployment}",
                "-f",
                "status=running",
                "--format",
                f'{{{{.ID}}}} {{{{.Label "{NAME}"}}}}',
            ]
        ),
        timeout_s=30,
    )
    found: dict[str, list[str]] = {}
    for line in shown.stdout.splitlines():
        container, _, service = line.partition(" ")
        if service.startswith(f"{deployment}-"):
            found.setdefault(service.removeprefix(f"{deployment}-"), []).append(container)
    return found
