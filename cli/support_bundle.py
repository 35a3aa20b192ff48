"""``plan support-bundle``: one archive with what support needs to see, and no secret in it."""

import time
from pathlib import Path
from typing import Annotated, Final

import typer

from infra import live
from infra.bundle import archive
from infra.deployment import ROOT, load, names
from infra.redaction import Secret, company_key, secrets
from infra.support import gather
from runtime import files, printer
from runtime.errors import PlanError

SCHEMA_VERSION: Final = 1

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def support_bundle(
    *,
    output: Annotated[Path | None, typer.Option(help="Write it here; a name with the time in it is chosen without.", metavar="FILE.tar.gz")] = None,
    name: Annotated[str, typer.Option(help="Which deployment, where there are several.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Collect versions, plan, record, findings, services, logs of the last hour and facts of the machine, without secrets."""
    live.need_administrator("plan support-bundle")  # secrets that it cannot read it could not keep out
    of = _which(name)
    title = f"underdesk-{of or 'machine'}-{time.strftime('%Y%m%d-%H%M%S')}"
    path = output or Path(f"{title}.tar.gz")
    if path.exists():
        raise PlanError("is there already", where=str(path), hint="name another file, or remove it")
    with printer.step("Gathering"):
        known = _secrets(of)
        gathered = gather(of, known)
        content = archive(gathered, known, title, of)
    files.write(path, content, files.PRIVATE)
    for part, why in gathered.missing.items():
        printer.say(f"not in it: {part} ({why})")
    if as_json:
        members, missing = list(gathered.members), dict(gathered.missing)
        printer.data_json({"schema": {"version": SCHEMA_VERSION}, "file": str(path), "bytes": len(content), "members": members, "missing": missing})
    else:
        printer.data(f"{path} ({len(content) / 1024:,.0f} KiB, {len(gathered.members)} parts)")
    printer.say("next: look through it, then give it to whoever helps you")


def _which(name: str) -> str:
    """Return the deployment's name, "" where nothing is deployed; a plan that cannot be read is no hindrance."""
    there = names()
    if not name and len(there) <= 1:
        return there[0] if there else ""
    if name in there:
        return name
    load(name)  # says what is wrong with it
    return name


def _secrets(of: str) -> list[Secret]:
    if not of:
        return []
    try:
        more = company_key(load(of))
    except PlanError:
        more = []
    return secrets(ROOT / of, more)
