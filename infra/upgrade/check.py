"""Ask apt, in each image and on the host, what is pending. Nothing is changed."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from infra import images
from infra.deployment import Deployment
from infra.upgrade import updates
from infra.upgrade.updates import Found, Update
from runtime import files
from runtime.errors import PlanError
from runtime.locks import lock
from runtime.run import run

SCRIPT = Path(__file__).with_name("pending.sh")
LIMIT_S = 300


def check(deployment: Deployment, say: Callable[[str], None]) -> Found:
    """Return the pending updates of every image that runs and of this host, and keep them; raises PlanError without network.

    One at a time: an upgrade never begins beside a check by the schedule, which would put back what it has taken.
    """
    with lock(deployment.folder.parent / f"{deployment.name}.updates.lock"):
        return _check(deployment, say)


def _check(deployment: Deployment, say: Callable[[str], None]) -> Found:
    running = deployment.record().get("images", {})
    _all_here(deployment, running)
    shared = deployment.folder / "updates"
    (shared / "images").mkdir(parents=True, exist_ok=True)
    (shared / "images" / "sources").unlink(missing_ok=True)
    parents = set(images.PARENTS.values())
    pending = {}
    for name in (name for name in running if name not in parents):
        say(f"image {name}")
        pending[name] = updates.parse(_in_image(running[name], shared / "images"))
    say("this host")
    host, note = _on_host(shared / "host")
    installed = {name: _installed(deployment, name, reference) for name, reference in running.items()}
    found = Found(time=updates.now(), images=updates.by_owner(pending, installed), host=host, host_note=note)
    updates.write(deployment.folder, found)
    return found


def packages(deployment: Deployment, name: str, reference: str) -> dict[str, str]:
    """Return version by package of an image, as it was recorded when it was made."""
    record = deployment.folder / "images" / f"{name}-{reference.rsplit(':', 1)[-1]}.txt"
    if not record.exists():
        return {}
    lines = (line.split("\t") for line in files.read(record).splitlines() if "\t" in line)
    return {package.split(":")[0]: version for package, version in lines}


def _installed(deployment: Deployment, name: str, reference: str) -> frozenset[str]:
    return frozenset(packages(deployment, name, reference))


def _all_here(deployment: Deployment, running: Mapping[str, str]) -> None:
    if not running:
        raise PlanError("no deploy has ended yet", where=deployment.name, hint="run 'plan deploy' first")
    missing = sorted(set(running.values()) - images.here())
    if missing:
        raise PlanError(f"images that run are not here: {', '.join(missing)}", where=deployment.name, hint="run 'plan deploy': it makes them")


def _in_image(reference: str, shared: Path) -> str:
    argv = ["docker", "run", "--rm", "--interactive", "--user", "0", "--volume", f"{shared}:/underdesk", "--entrypoint", "sh", reference]
    done = run([*argv, "-s", "/underdesk", "any"], stdin=files.read(SCRIPT), timeout_s=LIMIT_S, check=False)
    if done.returncode:
        said = " | ".join(done.stderr.strip().splitlines()[-3:])
        raise PlanError(
            f"the package archives do not answer: {said}",
            where=f"apt-get in {reference}",
            hint="does this machine reach them? 'apt-get update' must work on it",
        )
    return done.stdout


def _on_host(shared: Path) -> tuple[tuple[Update, ...], str]:
    """Return the host's pending updates, and what is not known of them; its own lists of packages stay as they are.

    A foreign archive of the host that does not answer does not hide the others.
    """
    if not shutil.which("apt-get"):
        return (), "this host has no apt: look for its updates by its own means"
    shared.mkdir(parents=True, exist_ok=True)
    (shared / "sources").unlink(missing_ok=True)
    done = run(["sh", "-s", str(shared)], stdin=files.read(SCRIPT), timeout_s=LIMIT_S, check=False)
    failed = [line for line in done.stderr.splitlines() if "Failed to fetch" in line]
    note = f"{len(failed)} archives of this host do not answer" if failed else ""
    return updates.parse(done.stdout), (note or "apt does not answer on this host: 'apt-get update' says why" if done.returncode else note)
