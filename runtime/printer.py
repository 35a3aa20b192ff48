"""The one printer: data to stdout, narration to stderr."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from runtime.errors import PlanError


def data(text: str) -> None:
    """Print an answer (stdout)."""
    sys.stdout.write(text.rstrip("\n") + "\n")


def data_json(value: Any) -> None:  # noqa: ANN401 - whatever json can write
    """Print an answer as JSON (stdout)."""
    data(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False))


def say(text: str) -> None:
    """Narrate (stderr)."""
    sys.stderr.write(text.rstrip("\n") + "\n")
    sys.stderr.flush()


def quiet(_: object) -> None:
    """Say nothing: given to a step that would narrate."""


def error(problem: PlanError) -> None:
    """Print where and what on one line, the mend on the next (stderr)."""
    say(f"{paint('error:', '31')} {problem}")
    if problem.hint:
        say(f"{paint('hint:', '36')} {problem.hint}")


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
    say(f"{paint('•', '36')} {title} …")
    start = monotonic()
    yield lambda line: say(f"    {line}")
    say(f"{paint('✓', '32')} {title} ({monotonic() - start:.1f} s)")
