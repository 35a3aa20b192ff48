"""``plan open``: the addresses of the platform, in a browser where there is one."""

import os
import webbrowser
from enum import Enum
from typing import Annotated, Final

import typer

from infra.deployment import load
from runtime import printer

SCHEMA_VERSION: Final = 1
SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY")


class Site(Enum):
    """What can be opened."""

    internal = "internal"
    external = "external"
    wiki = "wiki"


app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(name="open")
def open_site(
    site: Annotated[Site | None, typer.Argument(help="Which; without it all are printed and the internal blogs are opened.")] = None,
    *,
    only_print: Annotated[bool, typer.Option("--print", help="Print only, open nothing.")] = False,
    name: Annotated[str, typer.Option(help="Which deployment, where there are several.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Print the addresses of the platform, and open one in the browser where there is one."""
    deployment = load(name)
    urls = {role: url for role, url in deployment.urls.items() if site is None or role == site.value}
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


def _opened(url: str) -> str:
    """Open ``url`` in the browser; return why not, "" where it was."""
    if not any(os.environ.get(screen) for screen in SCREENS):
        return "no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set)"
    if os.geteuid() == 0:
        return "browsers do not run as root"
    return "" if webbrowser.open(url) else "no browser found here"
