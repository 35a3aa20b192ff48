"""Looks at the kernel's accounts on every host of a cluster at once: a program there is asked each second, over a session that stays open."""

import functools
import json
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from loadtests import accounts
from loadtests.accounting import NAME
from loadtests.accounts import OpenFiles, Reading
from loadtests.steady.eyes import COUNT_AGAIN_S, FIND_AGAIN_S, ON, Machine, Seen
from runtime.dialogue import Dialogue, Question, answers
from runtime.errors import PlanError
from runtime.place import Place
from runtime.run import run
from runtime.together import together

ANSWER_S: Final = 0.8
"""A row is taken each second; who answers later is missing in it."""
FIND_S: Final = 30
SHUN_S: Final = 10.0
LOADER: Final = "import sys; exec(sys.stdin.read(int(sys.argv[1])))"
PROGRAM: Final = f"{Path(accounts.__file__).read_text(encoding='utf-8')}\n\nserve()\n"
SHAPE: Final = f'{{{{.State.Pid}}}} {{{{.Id}}}} {{{{index .Config.Labels "{NAME}"}}}}'


@dataclass
class _Host:
    """The program on one host; ``containers`` and ``processes`` are what it is asked for: process ids by ``SERVICE ON HOST`` and number."""

    place: Place
    dialogue: Dialogue | None = None
    begun_at: float = -math.inf
    owes: bool = False
    asked: dict[str, dict[str, int]] = field(default_factory=dict)
    found_at: float = -math.inf
    finding: bool = False

    def question(self, *, count_files: bool) -> Question | None:
        """Return what it is asked now; None where it cannot be reached."""
        if self.dialogue is None and time.monotonic() - self.begun_at > SHUN_S:
            self.begun_at, self.owes = time.monotonic(), False
            try:
                self.dialogue = Dialogue(self.place.argv(["python3", "-I", "-u", "-c", LOADER, str(len(PROGRAM))]))
            except OSError:
                return None
            self.dialogue.tell(PROGRAM)
        if self.dialogue is None:
            return None
        return Question(self.dialogue, "" if self.owes else json.dumps({**self.asked, "files": count_files}) + "\n", lambda text: text.endswith("\n"))

    def heard(self, text: str | None) -> dict[str, Any] | None:
        """Return what an answer says; None where there is none of this second."""
        late, self.owes = self.owes, False
        if text is None:
            self.owes = self.dialogue is not None and not self.dialogue.ended
            if self.dialogue and self.dialogue.ended:
                self.end()
            return None
        try:
            return None if late else dict(json.loads(text))
        except ValueError:
            self.end()
            return None

    def end(self) -> None:
        """End it, without waiting."""
        dialogue, self.dialogue = self.dialogue, None
        if dialogue:
            threading.Thread(target=dialogue.end, daemon=True).start()


class There:
    """Looks at the services of the deployment ``name`` on ``places``."""

    def __init__(self, name: str, places: Sequence[Place]) -> None:
        self.name, self._hosts = name, [_Host(place) for place in places]
        self._counted = -math.inf
        self._files: dict[str, OpenFiles] = {}
        together([functools.partial(self._find, host) for host in self._hosts])

    def see(self, *, count_files: bool) -> Seen:
        """Return what hosts say now; who says nothing in time is missing in it."""
        counts = count_files and time.monotonic() - self._counted > COUNT_AGAIN_S
        questions = {host.place.name: question for host in self._hosts if (question := host.question(count_files=counts))}
        said = answers(questions, ANSWER_S)
        seen = Seen({}, {}, {}, {}, {})
        for host in self._hosts:
            told = host.heard(said.get(host.place.name))
            if told is not None:
                seen = _and(seen, host, told)
            if told is None or len(told["readings"]) < sum(map(len, host.asked.values())) or not host.asked:
                self._find_later(host)
        if counts:
            self._counted, self._files = time.monotonic(), dict(seen.files)
        return Seen(seen.machines, seen.readings, seen.limits, dict(self._files) if count_files else {}, seen.made_of)

    def close(self) -> None:
        """End all programs."""
        for host in self._hosts:
            if host.dialogue:
                host.dialogue.hush()
        together([host.dialogue.end for host in self._hosts if host.dialogue])

    def _find_later(self, host: _Host) -> None:
        if not host.finding and time.monotonic() - host.found_at > FIND_AGAIN_S:
            host.finding = True
            threading.Thread(target=self._find, args=(host,), daemon=True).start()

    def _find(self, host: _Host) -> None:
        """Look which containers and processes of ours a host has."""
        try:
            done = run(host.place.argv(["sh", "-c", script(self.name, host.place)]), timeout_s=FIND_S, check=False)
            host.asked = found(self.name, host.place.name, done.stdout.splitlines()) if done.returncode == 0 else host.asked
        except PlanError:
            pass  # it is looked for again
        finally:
            host.found_at, host.finding = time.monotonic(), False


def script(deployment: str, place: Place) -> str:
    """Return what finds the processes of ``deployment`` on a host: a line each, with the id, whose it is, and the service or role."""
    listed = f"docker ps --quiet --no-trunc --filter label=underdesk.deployment={deployment} --filter status=running"
    lines = [f"{listed} | xargs --no-run-if-empty docker inspect --format '{SHAPE}' || true"]
    for role, names in place.programs.items():
        lines += [f'for pid in $(pgrep --exact "{"|".join(names)}"); do echo "$pid - {role}"; done']
    return "\n".join([*lines, "true"])


def found(deployment: str, host: str, lines: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return what the program on a host is asked for: process ids of containers and of processes, by service, host and whose it is."""
    asked: dict[str, dict[str, int]] = {"containers": {}, "processes": {}}
    for pid, one, service in (line.split() for line in lines if len(line.split()) == 3):  # noqa: PLR2004 - as the script says them
        if one == "-":
            asked["processes"][f"{service}{ON}{host}#{pid}"] = int(pid)
        elif service.startswith(f"{deployment}-"):
            asked["containers"][f"{service.removeprefix(f'{deployment}-')}{ON}{host}#{one}"] = int(pid)
    return asked


def _and(seen: Seen, host: _Host, told: dict[str, Any]) -> Seen:
    """Return ``seen`` with what one more host told."""
    readings, limits, files, made_of = dict(seen.readings), dict(seen.limits), dict(seen.files), dict(seen.made_of)
    for key, counters in told["readings"].items():
        name = key.partition("#")[0]
        readings[name] = readings[name].plus(Reading(*counters)) if name in made_of else Reading(*counters)
        limits[name] = limits.get(name, 0) + told["limits"][key]
        made_of[name] = made_of.get(name, frozenset()) | {key}
        if key in told["files"]:
            files[name] = max(OpenFiles(*told["files"][key]), files.get(name, OpenFiles(0, 0)))
    machine = Machine(told["machine"] or host.place.name, told["cores"], *told["ticks"])
    return Seen({**seen.machines, host.place.name: machine}, readings, limits, files, made_of)
