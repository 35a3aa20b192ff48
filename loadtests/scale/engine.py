"""What engines are asked and told about containers and replicas: command lines, and what they answer.

On one machine a service has as many replicas as it is told. On a cluster each host that may serve pages has its own, so as many as nodes have the label.
"""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from loadtests import accounting, surroundings
from loadtests.deployment import Deployment
from loadtests.scale import cores, door
from loadtests.surroundings import Pages
from runtime.errors import PlanError
from runtime.place import HERE, Place
from runtime.run import run
from runtime.together import together

LIMIT_S = 120
SHAPE = '{{.Id}} {{.State.Pid}} {{if .State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}} {{index .Config.Labels "com.docker.swarm.service.name"}}'
NODE = '{{.ID}} {{.Status.State}} {{.Description.Hostname}} {{index .Spec.Labels "%s"}}'
SEE = "see 'plan status --inventory'"
FIELDS = 4


@dataclass(frozen=True)
class Container:
    """A running container, and the cores of this machine that the kernel lets it use; of one on another host they are not asked."""

    id: str
    service: str
    healthy: bool
    cores: tuple[int, ...]
    place: Place = field(default=HERE, compare=False)


def containers(deployment: Deployment) -> tuple[Container, ...]:
    """Return the running containers of ``deployment``; one that ends meanwhile is left out. Raises PlanError where no engine answers."""
    places = surroundings.of(deployment).places
    found = together([functools.partial(_at, deployment.plan.platform.name, place) for place in places])
    return tuple(one for those in found for one in those)


def _at(name: str, place: Place) -> tuple[Container, ...]:
    ids = [one for those in accounting.containers(name, place).values() for one in those]
    if not ids:
        return ()
    shown = run(place.argv(["docker", "inspect", "--format", SHAPE, *ids]), timeout_s=LIMIT_S, check=False).stdout
    return tuple(found for line in shown.splitlines() if (found := _container(line, place)) is not None)


def _container(line: str, place: Place) -> Container | None:
    words = line.split()
    if len(words) != FIELDS:
        return None
    try:
        return Container(words[0], words[3], words[2] == "healthy", cores.allowed(int(words[1])) if place is HERE else (), place)
    except (OSError, ValueError):
        return None


def servers(deployment: Deployment, found: Iterable[Container]) -> dict[str, door.Servers]:
    """Return the servers of blogs and wiki that every front door among ``found`` knows, and sends to; raises PlanError where there is none."""
    doors = [one for one in found if one.service == f"{deployment.plan.platform.name}-frontdoor"]
    if not doors:
        raise PlanError("no front door runs", where=deployment.plan.platform.name, hint="see 'plan status', then run 'plan deploy'")
    said = together([functools.partial(run, one.place.argv(["docker", "exec", one.id, *door.COMMAND]), timeout_s=LIMIT_S) for one in doors])
    return door.least(door.servers(one.stdout) for one in said)


def processors(deployment: Deployment) -> int:
    """Return how many cores all its hosts have; those of hosts that pretend, on one machine, are counted once."""
    asked = [
        functools.partial(run, place.argv(["cat", "/proc/sys/kernel/random/boot_id", "/proc/stat"]), timeout_s=LIMIT_S)
        for place in surroundings.of(deployment).places
    ]
    lines = [one.stdout.splitlines() for one in together(asked)]
    return sum({those[0]: sum(re.match(r"cpu\d", line) is not None for line in those) for those in lines if those}.values())


def confine(ids: Iterable[str], on: Iterable[int]) -> None:
    """Let containers of this machine use these cores and no others; those that have ended are no error."""
    wanted = sorted(ids)
    if not wanted:
        return
    done = run(["docker", "update", "--cpuset-cpus", cores.told(on), *wanted], timeout_s=LIMIT_S, check=False)
    problems = [line for line in done.stderr.splitlines() if line.strip() and "No such container" not in line and "is not running" not in line]
    if done.returncode and problems:
        raise PlanError(f"containers cannot be kept to cores: {problems[-1].strip()}", where="docker update", hint="does this machine's kernel have cpusets?")


def replicas(deployment: Deployment, services: Sequence[str]) -> dict[str, int]:
    """Return how many replicas services shall have; raises PlanError where one is not there."""
    pages = surroundings.of(deployment).pages
    if pages:
        nodes = _nodes(deployment, pages)
        return dict.fromkeys(services, sum(nodes[name].serves for name in pages.nodes if name in nodes))
    shown = run(["docker", "service", "inspect", "--format", "{{.Spec.Name}} {{.Spec.Mode.Replicated.Replicas}}", *services], timeout_s=LIMIT_S).stdout
    return {name: int(many) for name, many in (line.split() for line in shown.splitlines() if line.strip())}


def scale(deployment: Deployment, wanted: Mapping[str, int]) -> None:
    """Let services have so many replicas; nothing else of them changes. On a cluster all of them have as many: so many nodes keep, or get, their label."""
    pages = surroundings.of(deployment).pages
    if not pages:
        run(["docker", "service", "scale", "--detach", *(f"{name}={many}" for name, many in sorted(wanted.items()))], timeout_s=LIMIT_S)
        return
    nodes, many = _nodes(deployment, pages), max(wanted.values())
    for number, name in enumerate(pages.nodes):
        node = nodes.get(name)
        if node is None:
            raise PlanError("is no node of the swarm", where=name, hint=SEE)
        if (number < many) != node.serves:
            change = ["--label-add", f"{pages.label}=true"] if number < many else ["--label-rm", pages.label]
            try:
                _swarm(deployment, pages, ["docker", "node", "update", *change, node.id])
            except PlanError:  # what a manager did and could not answer any more is refused by the next one
                if _nodes(deployment, pages)[name].serves == node.serves:
                    raise


@dataclass(frozen=True)
class _Node:
    id: str
    ready: bool
    serves: bool


def _nodes(deployment: Deployment, pages: Pages) -> dict[str, _Node]:
    """Return the nodes by the names of their hosts; of one that came back, and is there twice, the one that is ready."""
    ids = _swarm(deployment, pages, ["docker", "node", "ls", "--quiet"]).split()
    found: dict[str, _Node] = {}
    for line in _swarm(deployment, pages, ["docker", "node", "inspect", "--format", NODE % pages.label, *ids]).splitlines():
        identifier, state, host, label = (*line.split(), "", "", "", "")[:4]
        name = host.partition(".")[0]
        if name not in found or not found[name].ready:
            found[name] = _Node(identifier, state == "ready", label == "true")
    return found


def _swarm(deployment: Deployment, pages: Pages, words: Sequence[str]) -> str:
    """Return what the first manager of the swarm says that answers."""
    said = "none of its hosts manages it"
    for place in surroundings.of(deployment).places:
        if place.name not in pages.managers:
            continue
        try:
            return run(place.argv(words), timeout_s=LIMIT_S).stdout
        except PlanError as problem:
            said = f"{place.name}: {problem.hint or problem}"
    raise PlanError(f"the swarm does not do what it is told: {said}", where=deployment.plan.platform.name, hint=SEE)
