"""Everybody who drives for one test: begun on their machines, connected to the process that hears all, and ended with it."""

import functools
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from loadtests.elsewhere import clock
from loadtests.elsewhere.hand import Hand
from loadtests.elsewhere.look_there import asked
from loadtests.scenarios.registry import OPTION
from loadtests.steady.tape import Turn, line
from runtime import files
from runtime.dialogue import Dialogue, Question, answers
from runtime.errors import PlanError
from runtime.linked import Link
from runtime.together import together

CHECKOUT: Final = Path(__file__).resolve().parents[2]
PROGRAM: Final = "loadtests/elsewhere/on_host.py"
MORE_S: Final = 60
"""After its own limit a process there is ended by its host."""
FILES: Final = 65536
Hear = Callable[[str], None]


def words(hand: Hand, unit: str, limit_s: float) -> list[str]:
    """Return what runs Locust on a machine: as nobody in particular, ahead of whatever else runs there, ended by the machine itself when the time is over."""
    packages, ours = hand.folders
    properties = {
        "DynamicUser": "yes",
        "Nice": "-10",
        "RuntimeMaxSec": f"{limit_s + MORE_S:.0f}",
        "LimitNOFILE": str(FILES),
        "TimeoutStopSec": "5",
        "OOMScoreAdjust": "900",
    }
    settings = [f"--property={name}={value}" for name, value in properties.items()]
    return ["systemd-run", "--pipe", "--wait", "--quiet", "--collect", f"--unit={unit}", *settings, "python3", "-s", f"{ours}/{PROGRAM}", packages, ours]


def told(hand: Hand, target: Path, argv: Sequence[str], limit_s: float, *, worker: bool) -> str:
    """Return the line that a machine is told."""
    whole: dict[str, Any] = json.loads(files.read(target))
    line_of: dict[str, Any] = {
        "target": {**whole, "ahead_s": hand.clock.ahead_s, "here": hand.name},
        "trusted": Path(whole["ca_file"]).read_text(encoding="ascii"),
        "argv": list(argv),
        "limit_s": limit_s,
        "worker": worker,
    }
    return json.dumps(line_of) + "\n"


def worker_words(file: Path) -> list[str]:
    """Return the options of a Locust that drives for another; ``file`` is its scenario."""
    return [
        *("--worker", "--master-host", "127.0.0.1", "--master-port", "@port", "--loglevel", "WARNING"),
        *("--locustfile", f"@ours/{file.relative_to(CHECKOUT)}", OPTION, "@target"),
    ]


@contextmanager
def driving(crew: Sequence[Hand], file: Path, target: Path, port: int, limits: tuple[float, Hear | None]) -> Iterator[None]:
    """Let ``crew`` drive ``file`` for whoever listens at ``port`` of this machine inside the block; they end with it.

    ``limits``: seconds, and who hears why one of them failed, or that its clock moved.
    """
    limit_s, hear = limits
    links = []
    for hand in crew:
        for number in range(hand.processes):
            said = told(hand, target, worker_words(file), limit_s, worker=True)
            unit = f"underdesk-load-{target.stem.removeprefix('target-')}-{number}"
            links.append(Link(hand.place.argv(words(hand, unit, limit_s)), said, port, functools.partial(_failed, hear, hand.name)))
    for link in links:
        link.start()
    try:
        yield
    finally:
        for link in links:
            link.end()
        for link in links:
            link.join()
    if hear:
        for fault in together([functools.partial(_moved, hand) for hand in crew]):
            if fault:
                hear(line(Turn(time.time(), "fault", fault)))


def alone(hand: Hand, file: Path, options: Sequence[str], target: Path, limit_s: float) -> tuple[str, str]:
    """Let one machine do all of a scenario; return what it has recorded, '' where it did not come to that, and what it complained of last."""
    said = told(hand, target, [*options, "--locustfile", f"@ours/{file.relative_to(CHECKOUT)}", OPTION, "@target"], limit_s, worker=False)
    unit = f"underdesk-load-{target.stem.removeprefix('target-')}-0"
    dialogue = Dialogue(hand.place.argv(words(hand, unit, limit_s)))
    try:
        answers({"": Question(dialogue, said, lambda _: False)}, limit_s + MORE_S)
        lines = dialogue.said.decode("utf-8", "replace").strip().splitlines()
        return (lines[-1] if lines else ""), dialogue.complaint
    finally:
        dialogue.end()


def _failed(hear: Hear | None, name: str, why: str) -> None:
    if hear:
        hear(line(Turn(time.time(), "fault", f"{name} drives no more: {why}")))


def _moved(hand: Hand) -> str:
    """Return that a clock was set meanwhile, as far as that is sure; '' where it was not, or cannot be told."""
    try:
        with asked(hand.place) as there:
            moved = hand.clock.moved(clock.measured(there.say))
    except (PlanError, ValueError, KeyError):
        return f"{hand.name} does not say what time it is any more"
    return f"the clock of {hand.name} moved by {moved * 1000:.0f} ms meanwhile" if moved > clock.CLOSE_S else ""
