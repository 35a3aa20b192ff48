"""Settings of services, rendered from a plan."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from runtime.errors import PlanError
from sizing.plan import Plan

FOLDER = Path(__file__).parent / "templates"
SUFFIX = ".j2"
SHARED = "web"


def render(template: str, plan: Plan) -> str:
    """Return the text of ``template`` (``frontdoor/haproxy.cfg``, without ``.j2``) for ``plan``.

    Templates see ``limits``, ``platform`` and ``name``. Raises PlanError where the template
    is missing or asks for what the plan does not hold.
    """
    try:
        return _environment(FOLDER).get_template(template + SUFFIX).render(variables(plan))
    except TemplateError as problem:
        raise PlanError(f"cannot be rendered: {problem}", where=f"infra/templates/{template}{SUFFIX}", exit_code=2) from problem


def variables(plan: Plan) -> dict[str, Any]:
    """Return what a template sees, as plain values (Ansible renders the front door's files with them)."""
    return {"limits": plan.limits.model_dump(), "platform": plan.platform.model_dump(), "name": plan.platform.name}


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
