"""The deployment with so many cores or replicas for a while; what was comes back, also after a kill.

Before anything changes it stands in the journal how it was; the journal goes when all of it is as it was.
"""

import time
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from loadtests import surroundings
from loadtests.deployment import Deployment
from loadtests.scale import cores, door, engine
from runtime import files
from runtime.errors import PlanError

SETTLE_S = 240
PAUSE_S = 0.5
CLEAN = "plan test clean"
JOURNAL = "tests/scale.json"
BACKGROUND = ("blogs-jobs", "wiki-jobs", "mail")


class Journal(BaseModel):
    """How it was: cores by container, replicas by service."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = 1
    whole: tuple[int, ...] = Field(description="the cores of the deployment")
    cores: dict[str, str]
    replicas: dict[str, int]
    scaled: tuple[int, ...] = Field(default=(), description="replicas that the test has asked for, or was about to")


def file_of(deployment: Deployment) -> Path:
    """Return where it stands how a deployment was; nothing is there where it is as it was."""
    return deployment.folder / JOURNAL


def services(deployment: Deployment) -> tuple[str, ...]:
    """Return the services whose replicas are scaled."""
    return tuple(f"{deployment.plan.platform.name}-{role}" for role in door.ROLES)


def whole(found: Iterable[engine.Container]) -> tuple[int, ...]:
    """Return the cores that the deployment may use."""
    return tuple(sorted({core for one in found for core in one.cores}))


def begin(deployment: Deployment) -> Journal:
    """Write down how it is; raises PlanError where nothing runs, or it is not as it was before an earlier test."""
    refuse_left(deployment)
    found = engine.containers(deployment)
    if not found:
        raise PlanError("no container runs", where=deployment.plan.platform.name, hint="see 'plan status', then run 'plan deploy'")
    journal = Journal(whole=whole(found), cores={one.id: cores.told(one.cores) for one in found}, replicas=engine.replicas(deployment, services(deployment)))
    return _write(deployment, journal)


def refuse_left(deployment: Deployment) -> None:
    """Raise PlanError where the deployment is not as it was before an earlier test: nothing that is measured of it would be true."""
    if left(deployment):
        raise PlanError("cores or replicas are still as an interrupted test has set them", where=deployment.plan.platform.name, hint=f"run '{CLEAN}'")


def left(deployment: Deployment) -> bool:
    """Tell whether a killed test left the deployment with fewer cores or other replicas."""
    return file_of(deployment).exists()


def to_cores(deployment: Deployment, journal: Journal, number: int) -> tuple[tuple[int, ...], Journal]:
    """Keep every container to the first ``number`` cores; return these, and the journal with all that it knows by now."""
    mine, found = journal.whole[:number], engine.containers(deployment)
    fresh = {one.id: cores.told(one.cores) for one in found if one.id not in journal.cores}
    if fresh:
        journal = _write(deployment, journal.model_copy(update={"cores": {**journal.cores, **fresh}}))
    engine.confine([one.id for one in found if one.cores != mine], mine)
    return mine, journal


def to_replicas(deployment: Deployment, journal: Journal, number: int) -> Journal:
    """Let blogs and wiki have so many replicas, and return the journal when all of them serve; raises PlanError where they do not."""
    journal = _write(deployment, journal.model_copy(update={"scaled": (*journal.scaled, number)}))
    wanted = dict.fromkeys(services(deployment), number)
    engine.scale(deployment, wanted)
    settled(deployment, wanted)
    return journal


def settled(deployment: Deployment, wanted: dict[str, int]) -> None:
    """Return when so many containers of each service are healthy, no other is there, and the front door sends to each.

    Raises PlanError where that takes longer than four minutes.
    """
    end = time.monotonic() + SETTLE_S
    while problem := _unsettled(deployment, wanted):
        if time.monotonic() > end:
            raise PlanError(problem, where=deployment.plan.platform.name, hint="see 'plan status' and 'plan logs'")
        time.sleep(PAUSE_S)


def _unsettled(deployment: Deployment, wanted: dict[str, int]) -> str:
    found = engine.containers(deployment)
    up = engine.servers(deployment, found)
    for name, many in wanted.items():
        there = [one for one in found if one.service == name]
        healthy, seen = sum(one.healthy for one in there), up[name.removeprefix(f"{deployment.plan.platform.name}-")].up
        if not many == len(there) == healthy == seen:
            return f"{name}: {healthy} of {many} are healthy, the front door sends to {seen}"
    return ""


def held(deployment: Deployment, ids: Iterable[str], mine: Iterable[int]) -> tuple[str, ...]:
    """Return why the step was not what it should be: containers that came or went meanwhile, or are not kept to ``mine`` (none: to any)."""
    before, on = set(ids), tuple(mine)
    now = [one for one in engine.containers(deployment) if not _moves(deployment, one)]
    came = sorted({one.service for one in now if one.id not in before})
    free = sorted({one.service for one in now if on and one.cores != on})
    problems = [f"{name} was started anew meanwhile" for name in came]
    problems += [f"a container of {name} was not kept to core {cores.told(on)}" for name in free if name not in came]
    if not came and before - {one.id for one in now}:
        problems.append("a container ended meanwhile")
    return tuple(problems)


def ids(deployment: Deployment) -> tuple[str, ...]:
    """Return the containers that a step must end with as it began."""
    return tuple(one.id for one in engine.containers(deployment) if not _moves(deployment, one))


def _moves(deployment: Deployment, one: engine.Container) -> bool:
    """Tell whether a container belongs to what no page waits for, and follows pages to other hosts in its own time."""
    return bool(surroundings.of(deployment).pages) and one.service.removeprefix(f"{deployment.plan.platform.name}-") in BACKGROUND


def put_back(deployment: Deployment) -> tuple[str, ...]:
    """Bring back what was, where a test changed it; return what could not be. The journal goes last, and stays where something went wrong."""
    if not left(deployment):
        return ()
    try:
        free = _put_back(deployment, Journal.model_validate_json(files.read(file_of(deployment))))
    except ValidationError:
        return (f"{file_of(deployment)} is damaged: 'plan deploy' brings the replicas back, a restart of the containers their cores; then remove it",)
    except PlanError as problem:
        return (f"cores and replicas are not as they were ({problem}): '{CLEAN}' tries it again",)
    if free:
        return (f"{', '.join(sorted(free))} may not use the cores that it might before: '{CLEAN}' tries it again",)
    file_of(deployment).unlink()
    return ()


def _put_back(deployment: Deployment, journal: Journal) -> set[str]:
    """Bring it back, and return the services whose containers may not use what they might. Replicas that somebody else has changed, or deployed, since stay."""
    now, planned = engine.replicas(deployment, services(deployment)), _planned(deployment)
    ours = {name: many for name, many in journal.replicas.items() if _ours(deployment, journal, now.get(name)) and now[name] != planned.get(name)}
    if ours:
        engine.scale(deployment, ours)
    found = engine.containers(deployment)
    for cores_of in sorted({_before(journal, one) for one in found}):
        engine.confine([one.id for one in found if _before(journal, one) == cores_of and cores.told(one.cores) != cores_of], cores.parsed(cores_of))
    settled(deployment, {**now, **ours})
    return {one.service for one in engine.containers(deployment) if cores.told(one.cores) != _before(journal, one)}


def _ours(deployment: Deployment, journal: Journal, now: int | None) -> bool:
    """Tell whether the test has left so many. Hosts change one after the other: there is what lies in between, too; none at all is somebody else's doing."""
    if not surroundings.of(deployment).pages or now is None or not journal.scaled:
        return now in journal.scaled
    return min(journal.scaled) <= now


def _planned(deployment: Deployment) -> dict[str, int]:
    """Return how many replicas each service has by the plan: on a cluster one on each host that may serve."""
    limits, pages = deployment.plan.limits, surroundings.of(deployment).pages
    return {
        f"{deployment.plan.platform.name}-{role}": len(pages.nodes) if pages else part.replicas
        for role, part in (("blogs", limits.blogs), ("wiki", limits.wiki))
    }


def cleaned(deployment: Deployment) -> tuple[str, ...]:
    """Bring back what a killed test changed, and say how it went; nothing where nothing was changed."""
    if not left(deployment):
        return ()
    return put_back(deployment) or ("cores and replicas are as they were before an interrupted test",)


def _before(journal: Journal, one: engine.Container) -> str:
    """Return the cores that a container might use before; one that was not there then, and is kept to fewer now, gets all."""
    return journal.cores.get(one.id, cores.told(journal.whole))


def _write(deployment: Deployment, journal: Journal) -> Journal:
    files.write(file_of(deployment), journal.model_dump_json(indent=1), files.PRIVATE)
    return journal
