"""Settings of services, rendered from a plan."""

from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from runtime.errors import PlanError
from sizing.plan import Plan

FOLDER = Path(__file__).parent / "templates"
SUFFIX = ".j2"
SHARED = "web"
FOR_ANSIBLE = "#jinja2: lstrip_blocks: True\n"
"""What Ansible reads of a template's first line, and takes away."""


@dataclass(frozen=True)
class Named:
    """A host and its address."""

    name: str
    address: str


@dataclass(frozen=True)
class Site:
    """What a front door must know of the hosts: ``here`` is its own, ``webs`` and ``pagecaches`` count tasks (0: as the plan says)."""

    here: str = ""
    doors: tuple[Named, ...] = ()
    databases: tuple[Named, ...] = ()
    webs: int = 0
    pagecaches: int = 1
    several: bool = False
    door_port: int = 0
    database_port: int = 0
    health_port: int = 0
    acme: str = ""  # what challenges of an ACME server are answered with, where one is asked


DESK: Final = Site()


def render(template: str, plan: Plan, site: Site = DESK) -> str:
    """Return the text of ``template`` (``frontdoor/haproxy.cfg``, without ``.j2``) for ``plan``.

    Templates see ``limits``, ``platform``, ``name`` and ``site``. Raises PlanError where the template
    is missing or asks for what the plan does not hold.
    """
    try:
        return _environment(FOLDER).get_template(template + SUFFIX).render(variables(plan, site)).removeprefix(FOR_ANSIBLE)
    except TemplateError as problem:
        raise PlanError(f"cannot be rendered: {problem}", where=f"infra/templates/{template}{SUFFIX}", exit_code=2) from problem


def variables(plan: Plan, site: Site = DESK) -> dict[str, Any]:
    """Return what a template sees, as plain values (Ansible renders the front door's files with them)."""
    return {"limits": plan.limits.model_dump(), "platform": plan.platform.model_dump(), "name": plan.platform.name, "site": asdict(site)}


def names() -> tuple[str, ...]:
    """Return every template, by the name that ``render`` takes; not what others include (``web/``)."""
    files = (path.relative_to(FOLDER) for path in FOLDER.rglob("*" + SUFFIX))
    return tuple(sorted(str(path).removesuffix(SUFFIX) for path in files if path.parts[0] != SHARED))


@cache
def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - settings files, not HTML: escaping would corrupt them
    )
