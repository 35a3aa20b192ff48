"""What a calibration is bound to: the machine, and the version of the platform on it."""

import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from infra import deployment as deployments
from infra import images, version
from infra.deployment import Deployment
from runtime.errors import PlanError
from sizing.calibration import Machine
from sizing.plan import Plan

PROCESSORS = Path("/proc/cpuinfo")
MEMORY = Path("/proc/meminfo")
KIB_PER_GIB = 1024 * 1024


def machine(plan: Plan) -> Machine:
    """Return this machine, with what the ``plan`` that was deployed on it says of it."""
    server = plan.servers[0]
    return Machine(
        cpu_model=processor(PROCESSORS.read_text(encoding="utf-8")) or platform.machine(),
        cores=os.cpu_count() or 1,
        memory_gib=memory_gib(MEMORY.read_text(encoding="ascii")),
        name=server.shape or server.role,
        planned_cores=server.cores,
        planned_memory_gib=server.memory_gib,
        score=server.speed,
    )


def processor(text: str) -> str:
    """Return the processors' name in /proc/cpuinfo; '' where it has none."""
    return next((line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")), "")


def memory_gib(text: str) -> float:
    """Return the memory (GiB) in /proc/meminfo (proc(5): MemTotal, in KiB)."""
    whole = next(int(line.split()[1]) for line in text.splitlines() if line.startswith("MemTotal:"))
    return round(whole / KIB_PER_GIB, 1)


def ran(deployment: Deployment) -> dict[str, str]:
    """Return the tags of the images that the last deploy recorded, by image; those that it shall run where nothing is recorded."""
    return tags(deployment.record().get("images") or images.wanted(deployment))


def as_of(deployment: Deployment) -> dict[str, str]:
    """Return the moments as of which the packages of the recorded images were taken."""
    return dict(deployment.record().get("packages", {}).get("as_of") or {})


def now(name: str, moments: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of the images that ``plan deploy`` would run: those of the deployment called ``name``.

    Where none of that name is here, or its folder is closed to whoever asks, the packages are taken as of ``moments``.
    """
    folder = deployments.ROOT / name
    if name in deployments.names() and os.access(folder, os.R_OK | os.X_OK):
        there = folder / version.FILE
        if not there.exists() or os.access(there, os.R_OK):
            with suppress(PlanError):  # a plan that is damaged is mended by 'plan size', which asks this
                return tags(images.wanted(deployments.load(name)))
    return tags({image.name: image.reference for image in images.images("", moments)})


def tags(references: Mapping[str, str]) -> dict[str, str]:
    """Return the tag of each reference, by image: it is a digest of all that the image is built from, wherever it is kept."""
    return {name: reference.rpartition(":")[2] for name, reference in references.items()}
