"""Things that wait wait at once, and nothing that goes wrong is lost."""

import threading

import pytest

from runtime.errors import PlanError
from runtime.together import meanwhile, together


def test_answers_come_in_the_order_of_the_questions_though_the_first_ends_last() -> None:
    last_is_done = threading.Event()

    def first() -> str:
        assert last_is_done.wait(60)
        return "first"

    def last() -> str:
        last_is_done.set()
        return "last"

    assert together([first, last]) == ["first", "last"]
    assert together([]) == []


def test_the_first_problem_is_raised_after_all_have_ended() -> None:
    ended = []

    def fails(name: str) -> None:
        ended.append(name)
        raise PlanError(name)

    with pytest.raises(PlanError, match="one"):
        together([lambda: fails("one"), lambda: fails("two"), lambda: ended.append("three")])
    assert sorted(ended) == ["one", "three", "two"]


def test_no_more_run_at_once_than_may() -> None:
    running, most, guard = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.01)
        with guard:
            running -= 1

    together([work] * 10, most=2)
    assert most <= 2


def test_what_is_done_meanwhile_has_ended_after_the_block_and_what_it_raised_is_raised() -> None:
    began, ended = threading.Event(), []

    def task() -> None:
        began.set()
        ended.append("task")
        raise PlanError("task")

    with pytest.raises(PlanError, match="task"), meanwhile(task):
        assert began.wait(60)
    assert ended == ["task"]


def test_what_the_block_raised_is_raised_when_the_task_has_ended() -> None:
    go_on, ended = threading.Event(), []

    def task() -> None:
        assert go_on.wait(60)
        ended.append("task")
        raise PlanError("task")

    threading.Timer(0.05, go_on.set).start()
    with pytest.raises(PlanError, match="block"), meanwhile(task):
        raise PlanError("block")
    assert ended == ["task"]


def test_an_interrupt_of_the_block_waits_for_nothing() -> None:
    go_on = threading.Event()
    with pytest.raises(KeyboardInterrupt), meanwhile(lambda: go_on.wait(60)):
        raise KeyboardInterrupt
    go_on.set()
