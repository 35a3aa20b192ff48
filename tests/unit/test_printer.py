"""Nothing that somebody wrote into a file or sent from a server steers the terminal, and JSON stays the same JSON."""

import json
import sys

import pytest

from runtime import printer
from runtime.errors import PlanError

SIGNS = "\x00\x07\x0d\x1b\x7f\x85\x9b\u200b\u2028\u202e\u2066\ufeff\ud800"


def test_every_kind_of_message_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    printer.data(SIGNS)
    printer.say(SIGNS)
    printer.error(PlanError(f"{SIGNS}\n", where=SIGNS, hint=f"a\n{SIGNS}"))
    with printer.step(SIGNS) as say:
        say(SIGNS)
    out, err = capsys.readouterr()
    assert [sign for sign in (out + err).replace("\n", "") if not sign.isprintable()] == []
    assert len(err.splitlines()) == 6
    assert out.startswith("\\u0000\\u0007\\u000d\\u001b")


def test_what_people_write_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    written = "Müller & Söhne\t日本 \U0001f468\u200d\U0001f469 नी\u200cक\n  שלום"
    printer.data(written)
    assert capsys.readouterr().out == written + "\n"


def test_json_reads_back_as_what_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    printer.data_json({SIGNS: [SIGNS + "\n"]})
    assert json.loads(capsys.readouterr().out) == {SIGNS: [SIGNS + "\n"]}


def test_our_own_colours_stay(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    printer.error(PlanError("\x1b[2J"))
    assert capsys.readouterr().err == "\x1b[31merror:\x1b[0m \\u001b[2J\n"
