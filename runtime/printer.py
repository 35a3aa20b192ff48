"""The one printer: data to stdout, narration to stderr."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final

from runtime.errors import PlanError

STEERING: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
"""What a terminal obeys, or shows as nothing or in another order (Unicode 15.1, 23.1 and 23.2); line feeds and tabs are the caller's."""


def data(text: str) -> None:
    """Print an answer (stdout)."""
    sys.stdout.write(seen(text).rstrip("\n") + "\n")


def data_json(value: Any) -> None:  # noqa: ANN401 - whatever json can write
    """Print an answer as JSON (stdout)."""
    data(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False))


def say(text: str) -> None:
    """Narrate (stderr)."""
    _narrate("", text)


def _narrate(mark: str, text: str) -> None:
    """Write ``text`` with nothing in it that steers the terminal, after a ``mark`` that may be coloured."""
    sys.stderr.write(mark + seen(text).rstrip("\n") + "\n")
    sys.stderr.flush()


def seen(text: str) -> str:
    r"""Return ``text`` with \u001b and the like for what a terminal would not show but obey; JSON stays the same JSON."""
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _one_line(text: str) -> str:
    return text.replace("\n", "\\n")


def quiet(_: object) -> None:
    """Say nothing: given to a step that would narrate."""


def error(problem: PlanError) -> None:
    """Print where and what on one line, the mend on the next (stderr)."""
    _narrate(paint("error:", "31"), f" {_one_line(str(problem))}")
    if problem.hint:
        _narrate(paint("hint:", "36"), f" {_one_line(problem.hint)}")


def paint(text: str, colour: str) -> str:
    """Colour ``text`` (an SGR number) where a person reads stderr and NO_COLOR is unset."""
    if os.environ.get("NO_COLOR") or not sys.stderr.isatty():
        return text
    return f"\033[{colour}m{text}\033[0m"


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """Narrate a step: its name when it starts, its seconds when it ends.

    Yields a function for a line of detail below the step.
    """
    _narrate(paint("•", "36"), f" {title} …")
    start = monotonic()
    yield lambda line: say(f"    {line}")
    _narrate(paint("✓", "32"), f" {title} ({monotonic() - start:.1f} s)")
