"""Processes that are asked again and again: whole answers alone, nobody waited for, nothing left behind."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runtime import dialogue
from runtime.dialogue import Dialogue, Question, answers

PATIENT_S = 20.0
ECHO = ("bash", "-c", 'while read -r line; do echo "$line"; echo over; done')


@contextmanager
def talking(*argv: str) -> Iterator[Dialogue]:
    made = Dialogue(argv)
    try:
        yield made
    finally:
        made.end()


def asked(one: Dialogue, text: str = "how many\n") -> Question:
    return Question(one, text, lambda answer: answer.endswith("over\n"))


def test_it_answers_as_often_as_it_is_asked() -> None:
    with talking(*ECHO) as one:
        for number in range(3):
            assert answers({"one": asked(one, f"{number}\n")}, PATIENT_S) == {"one": f"{number}\nover\n"}


def test_an_answer_in_pieces_is_taken_when_it_is_whole() -> None:
    with talking("bash", "-c", "read -r; printf 'ma'; sleep 0.2; printf 'ny\\nov'; sleep 0.2; echo er; read -r") as one:
        assert answers({"one": asked(one)}, PATIENT_S) == {"one": "many\nover\n"}


def test_who_says_nothing_holds_nobody_up() -> None:
    with talking(*ECHO) as one, talking("sleep", "60") as silent, talking("true") as gone:
        begun = time.monotonic()
        found = answers({"silent": asked(silent), "one": asked(one), "gone": asked(gone)}, 8.0)
        assert found == {"one": "how many\nover\n"}
        assert time.monotonic() - begun < PATIENT_S


def test_who_says_too_much_is_not_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "MOST", 100_000)
    with talking("yes") as babbler:
        assert answers({"one": asked(babbler)}, PATIENT_S) == {}


def test_what_it_complained_of_is_told() -> None:
    with talking("bash", "-c", "echo first >&2; echo no such container >&2") as one:
        assert answers({"one": asked(one)}, PATIENT_S) == {}
        assert one.complaint == "no such container"


def test_a_program_that_is_missing_ends_as_any_other() -> None:
    try:
        one = Dialogue(["no-such-program"])
    except OSError:
        return
    assert answers({"one": asked(one)}, PATIENT_S) == {}
    one.end()


def test_it_is_gone_after_its_end_also_where_it_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "REST_S", 0.1)
    for argv in (ECHO, ("bash", "-c", "sleep 60 & wait")):
        one = Dialogue(argv)
        one.end()
        assert one._process.poll() is not None


def test_it_ends_with_us_also_after_a_kill(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    program = f"""
import time
from runtime.dialogue import Dialogue
one = Dialogue(["bash", "-c", "echo $$ >{told}.new; mv {told}.new {told}; while read -r line; do echo over; done"])
time.sleep(60)
"""
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen([sys.executable, "-c", program], cwd=root) as ours:
        until(told.exists)
        ours.send_signal(signal.SIGKILL)
    until(lambda: not Path(f"/proc/{told.read_text().strip()}").exists())


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENT_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
