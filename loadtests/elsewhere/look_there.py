"""Asks a machine that shall drive load, over a session that stays open meanwhile."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loadtests.elsewhere import look
from runtime.dialogue import Dialogue, Question, answers
from runtime.errors import PlanError
from runtime.place import Place, python

PROGRAM: Final = f"{Path(look.__file__).read_text(encoding='utf-8')}\n\nserve()\n"
ANSWER_S: Final = 30.0


@dataclass(frozen=True)
class Ground:
    """What a machine is: version of Python, kind of processor, cores, and a name that only its kernel has."""

    python: str
    machine: str
    cores: int
    kernel: str


class Asked:
    """A machine that answers."""

    def __init__(self, place: Place, dialogue: Dialogue) -> None:
        self.place, self._dialogue = place, dialogue

    def say(self, text: str) -> str:
        """Return the answer to one line; raises PlanError where there is none."""
        found = answers({"": Question(self._dialogue, f"{text}\n", lambda said: said.endswith("\n"))}, ANSWER_S).get("")
        if found is None:
            raise PlanError(f"does not answer: {self._dialogue.complaint or 'it says nothing'}", where=self.place.name, hint="see 'plan doctor --inventory'")
        return found

    def ground(self) -> Ground:
        """Return what it is."""
        return Ground(**json.loads(self.say(json.dumps({"ask": "ground"}))))


@contextmanager
def asked(place: Place) -> Iterator[Asked]:
    """Give somebody to ask on ``place``."""
    dialogue = Dialogue(place.argv(python(PROGRAM)))
    try:
        dialogue.tell(PROGRAM)
        yield Asked(place, dialogue)
    finally:
        dialogue.end()
