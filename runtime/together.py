"""Several things that wait, at once."""

import threading
from collections.abc import Callable, Sequence
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
