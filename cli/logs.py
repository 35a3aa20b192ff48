"""``plan logs``: what the services say, in one time order."""

import json
import os
import re
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Final

import typer

from cli.log_words import is_failure, words
from infra import live
from infra import logs as speaking
from infra.deployment import load
from infra.logs import Line
from runtime import printer
from runtime.errors import PlanError

SCHEMA_VERSION: Final = 1
LINES: Final = 200
SPAN: Final = re.compile(r"(\d{1,9})([smhd])")
SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def logs(  # noqa: PLR0913 - each is an option
    services: Annotated[list[str] | None, typer.Argument(metavar="[SERVICE]...", help="Only these, for example 'frontdoor blogs'.")] = None,
    *,
    since: Annotated[str, typer.Option(help="Only what was said in the last 30s, 10m, 2h or 1d.", metavar="SPAN")] = "",
    lines: Annotated[int | None, typer.Option(min=1, help=f"Only the last so many lines ({LINES} where --since is not given).")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is said from now on, until Ctrl-C.")] = False,
    errors: Annotated[bool, typer.Option("--errors", help="Only what went wrong: answers from 500, and lines with words of failure.")] = False,
    name: Annotated[str, typer.Option(help="Which deployment, where there are several.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, with the service's own line in it as it is.")] = False,
) -> None:
    """Show what the services say, those that have stopped included: one time order, the service in front."""
    from_s, wanted = _from(since), services or []
    limit = lines or (0 if since else LINES)
    deployment = load(name).name
    client = live.engine_client()
    _check(wanted, speaking.roles(client, deployment))
    show = _json if as_json else words
    try:
        known: dict[str, str] = {}
        there = speaking.sources(client, deployment, wanted)
        for line in _kept(speaking.past(client, there, from_s, 0 if errors else limit), limit, errors=errors, known=known):
            printer.data(show(line))
        if follow:
            _flush()
            after = {one.container: known.get(one.container[: speaking.SHORT], "") for one in there}
            _go_on(speaking.follow(client, deployment, wanted, after), show, errors=errors)
        _flush()
    except BrokenPipeError:  # the reader has seen enough, as with '| head'
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _kept(found: Iterable[Line], limit: int, *, errors: bool, known: dict[str, str]) -> Iterable[Line]:
    def passed() -> Iterator[Line]:
        for line in found:
            known[line.container] = line.time
            if not errors or is_failure(line):
                yield line

    return deque(passed(), maxlen=limit) if limit else passed()


def _go_on(found: Iterable[Line], show: Callable[[Line], str], *, errors: bool) -> None:
    for line in found:
        if not errors or is_failure(line):
            printer.data(show(line))
            _flush()


def _from(since: str) -> float:
    if not since:
        return 0
    span = SPAN.fullmatch(since)
    if span is None:
        raise PlanError(f"'{since}' is no span of time", where="--since", hint="write 30s, 10m, 2h or 1d")
    return max(1.0, time.time() - int(span[1]) * SECONDS[span[2]])


def _check(wanted: list[str], there: list[str]) -> None:
    unknown = [role for role in wanted if role not in there]
    if unknown:
        raise PlanError(f"no service is called {', '.join(unknown)}", where="plan logs", hint=f"there is: {', '.join(there) or 'none'}")


def _json(line: Line) -> str:
    return json.dumps({"schema": {"version": SCHEMA_VERSION}, "time": line.time, "service": line.role, "container": line.container, "line": line.text})


def _flush() -> None:
    sys.stdout.flush()
