"""The observer: whoever fails leaves a gap with its reason, and nothing outlives it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.programs import observer
from loadtests.programs.answers import ASKED, Asked, Told
from loadtests.programs.observer import NOT_THERE, Observer
from runtime.dialogue import Dialogue, Question, answers
from runtime.errors import PlanError

PATIENT_S = 20.0
DOCKER = '#!/bin/bash\n[[ $1 == exec && $2 == -i ]] || exit 3\nshift 3\nexec "$@"\n'
COUNT = "while read -r line; do echo 3; echo over; done"


def number(text: str) -> Told:
    return Told(now={"busy": float(text.split(maxsplit=1)[0]), "waiting": 0.0})


def program(script: str, argv: tuple[str, ...] = ("bash", "-c")) -> Asked:
    return Asked((*argv, script), "\n", lambda text: text.endswith("over\n"), number)


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Observer]:
    """An observer of four pretended services, each in a container of its name; ``docker exec`` runs here."""
    script = tmp_path / "docker"
    script.write_text(DOCKER)
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    programs = {
        "blogs": program(COUNT),
        "silent": program("sleep 600"),
        "dead": program("echo no such thing >&2"),
        "odd": program("read -r; echo nan; echo over; read -r"),
    }
    monkeypatch.setattr(observer, "ASKED", programs)
    monkeypatch.setattr(observer, "ANSWER_S", 8.0)
    monkeypatch.setattr(observer, "START_S", 0.0)
    monkeypatch.setattr(observer, "containers", lambda *_: {role: [role] for role in programs} | {"mail": ["mail"]})
    made = Observer("pilot", {"blogs": 4})
    yield made
    for source in made._sources.values():
        source.end()


def test_who_fails_leaves_a_gap_and_its_reason(watched: Observer) -> None:
    watched._look()
    watched._look()
    found = watched.programs()
    assert found is not None
    assert found.pools[0].busy == (3.0, 3.0)
    assert found.database.running == (None, None)
    assert dict(watched.missing) == {("silent", "no answer within 8 s"): 2, ("dead", "no such thing"): 2, ("odd", "an answer with no numbers"): 2}


def test_a_program_that_comes_back_is_heard_again(watched: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "ASKED", {"blogs": program(COUNT)})
    watched._look()
    dialogue = watched._sources["blogs"].dialogue
    assert dialogue is not None
    dialogue.end()
    watched._look()
    watched._look()
    assert [bool(look.told) for look in watched.looks] == [True, False, True]


def test_another_container_takes_the_place_of_one_that_ended(watched: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "ASKED", {"blogs": program(COUNT)})
    monkeypatch.setattr(observer, "FIND_AGAIN_S", 0.0)
    watched._look()
    first = watched._sources["blogs"].dialogue
    assert first is not None
    first.end()
    monkeypatch.setattr(observer, "containers", lambda *_: {"blogs": ["new"]})
    watched._look()
    watched._look()
    assert list(watched._sources) == ["new"]
    assert set(watched.looks[-1].told["blogs"]) == {"new"}


def test_an_engine_that_does_not_answer_is_a_gap(watched: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> dict[str, list[str]]:
        raise PlanError("the engine is away")

    monkeypatch.setattr(observer, "containers", away)
    watched._look()
    assert watched.programs() is None
    assert not watched.looks


def test_an_engine_that_goes_away_leaves_a_gap_with_its_reason(watched: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "ASKED", {"blogs": program(COUNT)})
    monkeypatch.setattr(observer, "FIND_AGAIN_S", 0.0)
    watched._look()
    monkeypatch.setattr(observer, "containers", lambda *_: {})
    dialogue = watched._sources["blogs"].dialogue
    assert dialogue is not None
    dialogue.end()
    watched._look()
    watched._look()
    assert dict(watched.missing) == {("blogs", "it ended"): 1, ("blogs", NOT_THERE): 1}


def test_a_program_that_is_slow_to_begin_is_waited_for_beside_the_looks(watched: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "ASKED", {"blogs": program(f"sleep 0.5; {COUNT}")})
    monkeypatch.setattr(observer, "ANSWER_S", 0.02)
    monkeypatch.setattr(observer, "START_S", PATIENT_S)
    deadline = time.monotonic() + PATIENT_S
    watched._look()
    first = watched._sources["blogs"].dialogue
    while not watched._sources["blogs"].answered and time.monotonic() < deadline:
        watched._look()
    assert not watched.looks, "an answer to an earlier look is no answer to this one"
    monkeypatch.setattr(observer, "ANSWER_S", PATIENT_S)
    watched._look()
    assert [look.told["blogs"]["blogs"].now["busy"] for look in watched.looks] == [3.0]
    assert watched._sources["blogs"].dialogue is first
    assert not watched.missing


def test_it_looks_in_the_background_and_leaves_no_process(watched: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "ASKED", {"blogs": program(COUNT)})
    monkeypatch.setattr(observer, "LOOK_S", 0.05)
    watched.start()
    deadline = time.monotonic() + PATIENT_S
    while len(watched.looks) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process = next(iter(watched._sources.values())).dialogue
    watched.stop()
    assert process is not None
    assert process._process.poll() is not None
    assert watched._thread is not None
    assert not watched._thread.is_alive()
    many = len(watched.looks)
    assert watched.programs() is not None
    assert len(watched.looks) == many


def test_a_fault_of_its_own_ends_no_looks(watched: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def broken() -> None:
        calls.append(1)
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(observer, "LOOK_S", 0.01)
    monkeypatch.setattr(watched, "_look", broken)
    watched.start()
    deadline = time.monotonic() + PATIENT_S
    while len(calls) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    watched.stop()
    assert watched.missing[observer.ALL, "[Errno 24] Too many open files"] >= 2


def test_the_loop_inside_a_container_reads_the_kernels_list_and_ends_with_its_stdin() -> None:
    asked = ASKED["blogs"]
    one = Dialogue(asked.argv)
    said = answers({"one": Question(one, asked.text, asked.over)}, PATIENT_S)
    assert said["one"].endswith("over\n")
    one.hush()
    assert one._process.wait(PATIENT_S) is not None
    one.end()
