"""What several processes that drive one load have come to together, and what that tells. Pure.

Each does the visits whose number fits it; one process, which drives nothing where there are several, hears them all and alone
speaks. Processes are numbered from 0 here; people count them from 1.
"""

from dataclasses import dataclass, field

from pydantic import Field

from loadtests.part import Part
from loadtests.steady.order import Stage
from loadtests.steady.tape import Turn

OPEN, DONE, FAULT, LEVEL = "open", "done", "fault", "level"


class State(Part):
    """What everybody is told, again and again: whether it is enough, which level it is, and when what begins (unix time)."""

    halted: bool = False
    stage: Stage = Stage(number=0, share=0.0)
    moments: dict[str, float] = Field(default={})


@dataclass
class Ensemble:
    """``of`` processes, and what they have told so far."""

    of: int
    most_requests: int
    state: State = field(default_factory=State)
    asked: dict[int, int] = field(default_factory=dict)
    over: set[int] = field(default_factory=set)
    """Those that came to their own end."""
    lost: set[int] = field(default_factory=set)
    """Those that nobody heard of any more before that."""
    _come: dict[str, set[int]] = field(default_factory=dict)
    _done: set[int] = field(default_factory=set)
    _heard: dict[int, int] = field(default_factory=dict)
    _said: set[tuple[str, str]] = field(default_factory=set)

    @property
    def through(self) -> bool:
        """Tell whether nobody is left."""
        return self.over | self.lost >= set(range(self.of))

    def halt(self) -> None:
        """Let it be enough."""
        self.state = self.state.model_copy(update={"halted": True})

    def begin_stage(self, stage: Stage) -> None:
        """Let ``stage`` be the present level."""
        self.state = self.state.model_copy(update={"stage": stage})

    def hear(self, number: int, serial: int, at: float) -> Turn | None:
        """Take down the number of a message, which a process counts from 1; return a fault where one before it did not come."""
        before, self._heard[number] = self._heard.get(number, 0), serial
        return None if serial == before + 1 else Turn(at, FAULT, f"{self.name(number)}: {serial - before - 1} of its messages were lost")

    def count(self, number: int, asked: int) -> None:
        """Take down how many requests a process has sent in all; all together keep to the limit."""
        self.asked[number] = asked
        if sum(self.asked.values()) >= self.most_requests:
            self.halt()

    def come(self, number: int, name: str) -> None:
        """Take down that a process waits for the others at ``name``."""
        self._come.setdefault(name, set()).add(number)

    def complete(self) -> list[str]:
        """Return where everybody who is left waits, and no moment was told yet."""
        left = set(range(self.of)) - self.over - self.lost
        return [name for name, there in self._come.items() if name not in self.state.moments and there >= left]

    def begin(self, name: str, at: float) -> Turn:
        """Let everybody go on at ``at`` (unix time); return what that is called."""
        self.state = self.state.model_copy(update={"moments": {**self.state.moments, name: at}})
        phase, _, reason = name.partition(" ")
        return Turn(at, phase, reason)

    def told(self, number: int, turn: Turn) -> Turn | None:
        """Return what one process's turn tells of all: a fault each time, the end when all have it, everything else when the first has; None where nothing."""
        if turn.phase == FAULT:
            return Turn(turn.at, FAULT, f"{self.name(number)}: {turn.reason}" if self.of > 1 else turn.reason)
        if turn.phase == DONE:
            self._done.add(number)
            return turn if self._all_done else None
        if turn.phase == "refused":
            self.halt()
        if (turn.phase, turn.reason) in self._said:
            return None
        self._said.add((turn.phase, turn.reason))
        return turn

    def lose(self, numbers: set[int], at: float) -> list[Turn]:
        """Nobody hears of ``numbers`` any more: return what that tells; the others end, for what comes is not the whole load."""
        new = numbers - self.over - self.lost
        self.lost |= new
        if new:
            self.halt()
        ended = [Turn(at, FAULT, f"{self.name(number)} of the load generator ended midway") for number in sorted(new)]
        return [*ended, Turn(at, DONE)] if new and self._done and self._all_done else ended

    def end(self, number: int) -> None:
        """Take down that a process is through; where it did not come to its own end, all others end, too: what comes is not the whole load."""
        self.over.add(number)
        if number not in self._done:
            self.halt()

    @property
    def _all_done(self) -> bool:
        return self._done | self.lost >= set(range(self.of))

    def name(self, number: int) -> str:
        """Return what people call a process."""
        return f"process {number + 1} of {self.of}"
