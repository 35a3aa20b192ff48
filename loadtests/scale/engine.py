"""What the engine is asked and told about containers and replicas: command lines, and what they answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loadtests import accounting
from loadtests.scale import cores
from runtime.errors import PlanError
from runtime.run import run

LIMIT_S = 120
SHAPE = '{{.Id}} {{.State.Pid}} {{if .State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}} {{index .Config.Labels "com.docker.swarm.service.name"}}'
FIELDS = 4


@dataclass(frozen=True)
class Container:
    """A running container, and the cores that the kernel lets it use."""

    id: str
    service: str
    healthy: bool
    cores: tuple[int, ...]


def containers(deployment: str) -> tuple[Container, ...]:
    """Return the running containers of ``deployment``; one that ends meanwhile is left out. Raises PlanError where no engine answers."""
    ids = [one for those in accounting.containers(deployment).values() for one in those]
    if not ids:
        return ()
    shown = run(["docker", "inspect", "--format", SHAPE, *ids], timeout_s=LIMIT_S, check=False).stdout
    return tuple(found for line in shown.splitlines() if (found := _container(line)) is not None)


def _container(line: str) -> Container | None:
    words = line.split()
    if len(words) != FIELDS:
        return None
    try:
        return Container(words[0], words[3], words[2] == "healthy", cores.allowed(int(words[1])))
    except (OSError, ValueError):
        return None


def confine(ids: Iterable[str], on: Iterable[int]) -> None:
    """Let containers use these cores and no others; those that have ended are no error."""
    wanted = sorted(ids)
    if not wanted:
        return
    done = run(["docker", "update", "--cpuset-cpus", cores.told(on), *wanted], timeout_s=LIMIT_S, check=False)
    problems = [line for line in done.stderr.splitlines() if line.strip() and "No such container" not in line and "is not running" not in line]
    if done.returncode and problems:
        raise PlanError(f"containers cannot be kept to cores: {problems[-1].strip()}", where="docker update", hint="does this machine's kernel have cpusets?")


def replicas(services: Sequence[str]) -> dict[str, int]:
    """Return how many replicas services shall have; raises PlanError where one is not there."""
    shown = run(["docker", "service", "inspect", "--format", "{{.Spec.Name}} {{.Spec.Mode.Replicated.Replicas}}", *services], timeout_s=LIMIT_S).stdout
    return {name: int(many) for name, many in (line.split() for line in shown.splitlines() if line.strip())}


def scale(wanted: Mapping[str, int]) -> None:
    """Let services have so many replicas; nothing else of them changes."""
    run(["docker", "service", "scale", "--detach", *(f"{name}={many}" for name, many in sorted(wanted.items()))], timeout_s=LIMIT_S)
