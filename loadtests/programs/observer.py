"""Asks the programs inside a deployment's containers, every two seconds, in a thread of its own: a run neither waits for them nor ends with them."""

import math
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from loadtests.accounting import containers
from loadtests.programs.answers import ASKED, Told
from loadtests.programs.measured import Programs
from loadtests.programs.rows import Look, programs
from runtime.dialogue import Dialogue, Question, answers
from runtime.errors import PlanError
from runtime.place import HERE, Place
from runtime.together import together

LOOK_S = 2.0
ANSWER_S = 1.8
START_S = 10.0
"""So long the engine may take to begin a process where all are busy; its first answer is waited for beside the looks."""
FIND_AGAIN_S = 5.0
END_S = 5.0
KEPT = 160
"""Characters of a complaint."""
ALL = "everything"
NOT_THERE = "no container of it runs, or the engine does not tell"
"""Why there is no number."""


@dataclass
class _Source:
    """The program in one container; ``dialogue`` is None where it has to be begun anew."""

    role: str
    container: str
    place: Place = HERE
    dialogue: Dialogue | None = None
    begun_at: float = 0.0
    answered: bool = False
    owes: bool = False
    """Whether an answer to an earlier look is still to come."""

    def question(self) -> Question | None:
        """Return what it is asked now; None where it cannot be reached."""
        asked = ASKED[self.role]
        if self.dialogue is None:
            with suppress(OSError):
                inside = ("docker", "exec", "-i", self.container) if self.container else ()
                self.dialogue = Dialogue(self.place.argv([*inside, *asked.argv]))
                self.begun_at, self.answered, self.owes = time.monotonic(), False, False
                self.dialogue.tell(asked.begin)
        return Question(self.dialogue, "" if self.owes else asked.text, asked.over) if self.dialogue else None

    def said(self, text: str | None) -> Told | str:
        """Return what an answer says, or why there is none: '' where the program is only beginning."""
        late, self.owes = self.owes, False
        if text is not None:
            self.answered = True
            told = "" if late else _told(self.role, text)
            return (self.end() or told) if told and isinstance(told, str) else told
        if self.dialogue and not self.answered and not self.dialogue.ended and time.monotonic() - self.begun_at < START_S:
            self.owes = True
            return ""
        words = "it ended" if self.dialogue and self.dialogue.ended else f"no answer within {ANSWER_S:g} s"
        return self.end() or words

    def end(self) -> str:
        """End it, and return what it complained of."""
        dialogue, self.dialogue = self.dialogue, None
        if dialogue is None:
            return ""
        dialogue.hush()
        words = "".join(one if one.isprintable() else " " for one in dialogue.complaint)
        dialogue.end()
        return words[:KEPT]


@dataclass
class Observer:
    """What the programs of the deployment ``name`` say; ``children`` of a PHP pool's one replica by role."""

    name: str
    children: Mapping[str, int]
    places: Sequence[Place] = (HERE,)
    looks: list[Look] = field(default_factory=list)
    missing: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often a role told nothing, by why."""
    _sources: dict[str, _Source] = field(default_factory=dict)
    _found_at: float = -math.inf
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._run, name="programs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more, and end what was started for it."""
        self._over.set()
        if self._thread:
            self._thread.join(END_S)

    def programs(self) -> Programs | None:
        """Return what was told so far; None where no program ever told anything."""
        looks = tuple(self.looks)
        return programs(looks, self.children, dict(self.missing)) if any(look.told for look in looks) else None

    def _run(self) -> None:
        due = time.monotonic()
        try:
            while not self._over.wait(max(0.0, due - time.monotonic())):
                due = max(due + LOOK_S, time.monotonic())
                try:
                    self._look()
                except (OSError, ValueError, RuntimeError) as problem:  # the run goes on without
                    self.missing[ALL, str(problem)] += 1
        finally:
            for source in self._sources.values():
                if source.dialogue:
                    source.dialogue.hush()
            for source in self._sources.values():
                source.end()

    def _look(self) -> None:
        """Ask all once, at the same time."""
        if set(ASKED) - {source.role for source in self._sources.values() if source.dialogue}:
            self._find()
        at, clock = time.time(), time.monotonic()
        questions = {key: question for key, one in self._sources.items() if (question := one.question())}
        said = answers(questions, ANSWER_S)
        told: dict[str, dict[str, Told]] = {}
        lost: dict[str, str] = {}
        for key, source in self._sources.items():
            answer = source.said(said.get(key))
            if isinstance(answer, Told):
                told.setdefault(source.role, {})[key] = answer
            else:
                lost[source.role] = lost.get(source.role) or answer
        whole = {role: by_container for role, by_container in told.items() if role not in lost}
        if whole or self.looks:
            self.looks.append(Look(at, clock, whole))
            self.missing.update((role, why) for role in ASKED if role not in whole and (why := lost.get(role, NOT_THERE)))

    def _find(self) -> None:
        """Look which containers there are, now and then."""
        if time.monotonic() - self._found_at < FIND_AGAIN_S:
            return
        self._found_at = time.monotonic()
        with suppress(PlanError):
            there = dict(chain.from_iterable(together([partial(self._at, place) for place in self.places])))
            for key in set(self._sources) - set(there):
                self._sources.pop(key).end()
            for key, source in there.items():
                self._sources.setdefault(key, source)

    def _at(self, place: Place) -> list[tuple[str, _Source]]:
        """Return the programs of a place that can be asked; one that is in no container is there once."""
        inside = [(container, _Source(role, container, place)) for role, ids in containers(self.name, place).items() if role in ASKED for container in ids]
        return [*inside, *((f"{role} of {place.name}", _Source(role, "", place)) for role in place.programs if role in ASKED)]


def _told(role: str, text: str) -> Told | str:
    """Return what an answer says, or why it says nothing."""
    try:
        told = ASKED[role].told(text)
    except (ValueError, KeyError, IndexError, TypeError):
        return "an answer that says nothing"
    return told if all(map(math.isfinite, (*told.now.values(), *told.counted.values()))) else "an answer with no numbers"
