"""One process's words are another's: all of them, and whoever fails is named with the reason."""

import pytest

from runtime.errors import PlanError
from runtime.piped import piped
from runtime.run import TimeOverError


def sh(script: str) -> list[str]:
    return ["sh", "-c", script]


def test_all_of_it_arrives() -> None:
    piped(sh("head -c 3000000 /dev/zero"), sh('[ "$(wc -c)" -eq 3000000 ]'), 20)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("echo half; echo 'no such image' >&2; exit 1", "cat >/dev/null"),
        ("yes", "echo 'no such image' >&2; exit 1"),
        ("echo half; exit 1", "cat >/dev/null; echo 'no such image' >&2; exit 1"),
    ],
)
def test_whoever_fails_is_the_reason(first: str, second: str) -> None:
    with pytest.raises(PlanError, match="no such image"):
        piped(sh(first), sh(second), 20)


@pytest.mark.parametrize(("first", "second"), [("sleep 60", "cat"), ("echo x", "sleep 60"), ("exec >&-; sleep 60", "cat")])
def test_neither_is_waited_for_for_ever(first: str, second: str) -> None:
    with pytest.raises(TimeOverError):
        piped(sh(first), sh(second), 0.5)
