"""Ask every host of the inventory what it is: one SSH session each, all at once, none waits for another."""

import functools
import ipaddress
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from infra.inventory.connect import LOST, Reach, reaches, ssh
from infra.inventory.mark import PATH
from infra.inventory.model import Inventory
from runtime.errors import PlanError
from runtime.run import Completed, TimeOverError, run
from runtime.together import together

PROGRAM: Final = Path(__file__).with_name("on_host.py")
PROBE_S: Final = 40
MOST_LINES, LONGEST_LINE = 1000, 1_000_000
FOLDER: Final = "/var/lib/underdesk"
NO_PYTHON: Final = 127


class Part(BaseModel):
    """A part of a host's answer; what a newer program on it adds is left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class HostAddress(Part):
    """An address of a host."""

    address: str
    prefix: int
    interface: str

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        ipaddress.ip_interface(f"{self.address}/{self.prefix}")
        return self


class Listening(Part):
    """A port that is taken, and by which program as far as that can be seen."""

    protocol: Literal["tcp", "udp"]
    port: int
    by: str


class Facts(Part):
    """What a host says of itself. Of ``sudo`` and of ``peers`` '' is good, else it is why not."""

    hostname: str
    os: str
    release: str
    os_name: str
    architecture: str
    python: str
    systemd: bool
    sudo: str
    cores: int
    memory_bytes: int
    disk_bytes: int
    disk_free_bytes: int
    addresses: tuple[HostAddress, ...]
    listening: tuple[Listening, ...]
    peers: dict[str, str]
    names: dict[str, tuple[str, ...]]
    front: dict[str, str]
    mark: str
    hardware: tuple[str, ...] = ()
    """Hardware addresses of its own interfaces."""


@dataclass(frozen=True)
class Clock:
    """How far a host's clock is ahead of ours (s): it is between the two. The first is close: nothing but the way of one line."""

    low: float
    high: float


@dataclass(frozen=True)
class Seen:
    """What was seen of a host: its facts and clock, or why there are none."""

    reach: Reach
    facts: Facts | None = None
    clock: Clock | None = None
    problem: PlanError | None = None


@dataclass
class _Heard:
    """Lines of a host, as they come."""

    began: float
    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    facts: object = None
    lines: int = 0

    def line(self, text: str) -> None:
        now, self.lines = time.time(), self.lines + 1
        if self.lines > MOST_LINES or len(text) > LONGEST_LINE:
            raise PlanError("says too much", hint="does its login print something without end?")
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(told, dict):
            return
        if isinstance(said := told.get("clock"), float):
            self.lows.append(said - now)
            self.highs.append(said - self.began)
        self.facts = told.get("facts", self.facts)

    @property
    def clock(self) -> Clock | None:
        """The narrowest bounds of all that was heard."""
        return Clock(max(self.lows), min(self.highs)) if self.lows else None


def look(inventory: Inventory, skip: Sequence[str] = ()) -> tuple[Seen, ...]:
    """Return what is seen of each host but those in ``skip``, in the order of the inventory."""
    all_of_them = reaches(inventory)
    return tuple(together([functools.partial(_probe, one, all_of_them, inventory.front_door.addresses) for one in all_of_them if one.name not in skip]))


def program(reach: Reach, everyone: Sequence[Reach], front: Sequence[str]) -> str:
    """Return what a host's Python is given to run."""
    peers = {other.name: [other.address, other.port] for other in everyone if other != reach}
    asked = {"peers": peers, "front": list(front), "folder": FOLDER, "mark": PATH}
    return f"{PROGRAM.read_text(encoding='utf-8')}\n\nanswer(json.loads({json.dumps(asked)!r}))\n"


def _probe(reach: Reach, everyone: Sequence[Reach], front: Sequence[str]) -> Seen:
    heard = _Heard(time.time())
    try:
        done = run(
            ssh(reach, ["python3", "-I", "-"]), stdin=program(reach, everyone, front), env={"LC_ALL": "C"}, timeout_s=PROBE_S, check=False, on_line=heard.line
        )
    except TimeOverError:
        return Seen(reach, problem=_refused(reach, f"does not answer within {PROBE_S} s", "is it overloaded, or does its login wait for something?"))
    except PlanError as problem:
        return Seen(reach, problem=_refused(reach, problem.message, problem.hint))
    try:
        return Seen(reach, Facts.model_validate_json(json.dumps(heard.facts)), heard.clock)
    except ValidationError:
        return Seen(reach, problem=why_not(reach, done))


def why_not(reach: Reach, done: Completed) -> PlanError:
    """Return what an answer without facts means, with the mend."""
    said = done.stderr
    if done.returncode == NO_PYTHON and "python3" in said:
        return _refused(reach, "has no Python 3", "install it there: sudo apt-get install python3")
    for sign, message, hint in _SIGNS:
        if sign in said:
            return _refused(reach, message.format(**vars(reach)), hint.format(marked=reach.marked, **vars(reach)))
    last = _last(said)
    if done.returncode == LOST:
        return _refused(
            reach, f"cannot be reached by SSH: {last or 'it said nothing'}", "is it up, are address and port right, and does no firewall stand between?"
        )
    return _refused(
        reach, f"answers something else: {last or 'nothing'}", f"'{' '.join(ssh(reach, ['python3', '--version']))}' must print a version and nothing else"
    )


def _refused(reach: Reach, message: str, hint: str) -> PlanError:
    return PlanError(message, where=f"{reach.name} ({reach.address})", hint=hint)


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith(("**", "Warning:", "@@@"))]
    return lines[-1].removeprefix("ssh: ")[:300] if lines else ""


_SIGNS: Final = (
    (
        "HOST IDENTIFICATION HAS CHANGED",
        "has another SSH key than {known_hosts} says: it was installed anew, or it is another machine",
        "if you know why: ssh-keygen -f {known_hosts} -R '{marked}', then ssh-keyscan -p {port} {address} >> {known_hosts}, and compare the fingerprint",
    ),
    (
        "Host key verification failed",
        "its SSH key is not in {known_hosts}",
        "ssh-keyscan -p {port} {address} >> {known_hosts}, then compare its fingerprint with the host's own: ssh-keygen -l -f {known_hosts}",
    ),
    (
        "incorrect passphrase",
        "{key} has a passphrase, and nobody is there to be asked",
        "load it with ssh-add before, or make a key without one (ssh-keygen -p)",
    ),
    (
        "Permission denied (",
        "does not let {user} in with {key}",
        "put the public key there: ssh-copy-id -i {key}.pub -p {port} {user}@{address}; is the account right?",
    ),
    ("timed out", "does not answer at port {port}", "is it up, is the address right, and does no firewall stand between?"),
    ("refused", "nothing listens at port {port}", "is its SSH service up, and is ssh.port right?"),
    ("No route to host", "no way leads there", "is it up, is the address right, and is this machine in its network?"),
    ("Network is unreachable", "no way leads there", "is the address right, and is this machine in its network?"),
)
