"""Several things that wait, at once."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

MOST_AT_ONCE = 64

Answer = TypeVar("Answer")


def together(tasks: Sequence[Callable[[], Answer]], most: int = MOST_AT_ONCE) -> list[Answer]:
    """Return what each of ``tasks`` returns, in their order; at most ``most`` run at once.

    The first (in their order) that raises, raises here, after all have ended. They run in threads that do not outlive us:
    an interrupt waits for none of them, and processes that ``runtime.run`` started for them end with us.
    """
    slots = threading.Semaphore(most)
    answers: dict[int, Answer] = {}
    problems: dict[int, BaseException] = {}

    def work(at: int) -> None:
        with slots:
            try:
                answers[at] = tasks[at]()
            except BaseException as problem:  # noqa: BLE001 - raised again where it is waited for
                problems[at] = problem

    threads = [threading.Thread(target=work, args=(at,), daemon=True) for at in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[min(problems)]
    return [answers[at] for at in range(len(tasks))]


@contextmanager
def meanwhile(task: Callable[[], object]) -> Iterator[None]:
    """Let ``task`` be done while the block is, and wait for it at the end; raises what the block raised, else what ``task`` raised.

    The block stays in the thread that is interrupted, so what it started has ended when an interrupt arrives; an interrupt does not wait for ``task``.
    """
    problems: list[BaseException] = []

    def work() -> None:
        try:
            task()
        except BaseException as problem:  # noqa: BLE001 - raised again where it is waited for
            problems.append(problem)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    except Exception:
        thread.join()
        raise
    thread.join()
    if problems:
        raise problems[0]
