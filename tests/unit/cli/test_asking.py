"""Nothing is changed that nobody agreed to."""

import sys

import pytest
import typer

from cli.asking import ask
from runtime.errors import PlanError


def test_where_nobody_sits_the_option_that_agrees_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(PlanError, match="plan seed: nobody is here to ask") as caught:
        ask("Seed it?", where="plan seed", wanted=True)
    assert "--yes" in caught.value.hint


@pytest.mark.parametrize("agreed", [True, False])
def test_a_no_changes_nothing(monkeypatch: pytest.MonkeyPatch, *, agreed: bool) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: agreed)
    if agreed:
        ask("Seed it?", where="plan seed", wanted=True)
        return
    with pytest.raises(PlanError, match="nothing was changed"):
        ask("Seed it?", where="plan seed", wanted=True)


def test_what_was_agreed_to_before_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: pytest.fail("asked"))
    ask("Seed it?", where="plan seed", wanted=False)
