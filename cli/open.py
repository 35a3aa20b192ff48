"""``plan open``: the addresses of the platform, in a browser where there is one."""

import os
import webbrowser
from collections.abc import Iterator
from typing import Annotated, Final

import typer

from infra.deployment import Deployment, load
from runtime import printer
from runtime.errors import PlanError
from sizing.plan import Space

SCHEMA_VERSION: Final = 1
SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY")

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(name="open")
def open_site(
    site: Annotated[
        str, typer.Argument(help="internal, external, wiki, or a space by its path or title; without it all are printed and the internal blogs are opened.")
    ] = "",
    *,
    only_print: Annotated[bool, typer.Option("--print", help="Print only, open nothing.")] = False,
    name: Annotated[str, typer.Option(help="Which deployment, where there are several.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Print the addresses of the platform, and open one in the browser where there is one."""
    deployment = load(name)
    urls = _named(deployment, site) if site else deployment.urls
    wanted = next(iter(urls.values()))
    why_not = "" if only_print else _opened(wanted)
    opened = not only_print and not why_not
    if as_json:
        answer = {"schema": {"version": SCHEMA_VERSION}, "name": deployment.name, "urls": urls, "opened": wanted if opened else None}
        printer.data_json(answer)
    else:
        printer.data(wanted if site else "\n".join(f"{role:9} {url}" for role, url in urls.items()))
    if opened:
        printer.say(f"opened {wanted}; a browser trusts it with the authority in {deployment.ca_file}")
    elif why_not:
        printer.say(f"not opened: {why_not}; open the address above in a browser of yours")


def _named(deployment: Deployment, wanted: str) -> dict[str, str]:
    """Return the one address that ``wanted`` names: a host's, else that of a space with this path, else of one with this title."""
    addresses = [(space, _address(deployment, space)) for space in deployment.plan.platform.spaces]
    by_path = {url for space, url in addresses if space.path and wanted.strip("/") == space.path}
    by_title = {url for space, url in addresses if wanted.casefold() == space.title.casefold()}
    found = {deployment.urls[wanted]} if wanted in deployment.urls else by_path or by_title
    if len(found) == 1:
        return {wanted: found.pop()}
    there = f"there is: {', '.join([*deployment.urls, *_names(deployment)])}"
    if found:
        raise PlanError(f"several spaces are called '{wanted}': {', '.join(sorted(found))}", where="plan open", hint=f"open one of these addresses; {there}")
    raise PlanError(f"no space is called '{wanted}'", where="plan open", hint=there)


def _address(deployment: Deployment, space: Space) -> str:
    url = deployment.urls["wiki" if space.kind == "wiki" else space.visibility]
    return f"{url}{space.path}/" if space.path else url


def _names(deployment: Deployment) -> Iterator[str]:
    for space in deployment.plan.platform.spaces:
        yield f"{space.path} ('{space.title}')" if space.path else f"'{space.title}'"


def _opened(url: str) -> str:
    """Open ``url`` in the browser; return why not, "" where it was."""
    if not any(os.environ.get(screen) for screen in SCREENS):
        return "no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set)"
    if os.geteuid() == 0:
        return "browsers do not run as root"
    return "" if webbrowser.open(url) else "no browser found here"
