"""Where the engine keeps what it has made: in the deployment's folder, or on a backend of the company's, which is then noted in that folder.

Whoever has the folder knows so where to look, whatever an inventory says. Other notes there: to which backend a copy is under way, and who began
a change that has not ended well, since a lock that is left there may be of that, or of somebody who works on it with Pulumi's own command.
"""

import getpass
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from runtime import files

NOTE: Final = "pulumi/backend"
MOVING: Final = "pulumi/moving-to"
UNDER_WAY: Final = "pulumi/under-way"
HELD_BY: Final = re.compile(r"created by (\S+)@(\S+) \(pid (\d+)\)")


@dataclass(frozen=True)
class Holder:
    """Who holds a lock, as Pulumi says it."""

    user: str
    host: str
    process: int

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"


def company(folder: Path) -> str:
    """Return the URL of the company's backend that has the state of the deployment in ``folder``; "" where the folder has it."""
    return _read(folder / NOTE)


def moving(folder: Path) -> str:
    """Return the URL of the backend to which the state was being copied; "" where that ended, or never began."""
    return _read(folder / MOVING)


def announce(folder: Path, url: str) -> None:
    """Note that the state is being copied to ``url``: a stack that is found there is ours."""
    files.write(folder / MOVING, f"{url}\n", files.PRIVATE)


def note(folder: Path, url: str) -> None:
    """Note that ``url`` has the state from now on; "": the folder itself."""
    if url:
        files.write(folder / NOTE, f"{url}\n", files.PRIVATE)
    else:
        (folder / NOTE).unlink(missing_ok=True)
    (folder / MOVING).unlink(missing_ok=True)


def begin(folder: Path) -> bool:
    """Note that a change by us begins; return whether there is anything to note: locks in the folder itself are nobody else's."""
    if not company(folder):
        return False
    files.write(folder / UNDER_WAY, "".join(f"{one}\n" for one in dict.fromkeys([*_began(folder), _us()])), files.PRIVATE)
    return True


def end(folder: Path) -> None:
    """Note that the change has ended well, and with it all that had not before."""
    (folder / UNDER_WAY).unlink(missing_ok=True)


def holders(said: str) -> tuple[Holder, ...]:
    """Return who holds the locks that Pulumi complains of."""
    return tuple(Holder(user, host, int(process)) for user, host, process in HELD_BY.findall(said))


def left_behind(folder: Path, held: Iterable[Holder]) -> bool:
    """Tell whether locks are of changes that were killed: no other of ours can be at work while we hold the deployment."""
    ours = {*_began(folder), _us()}
    found = tuple(held)
    return bool(found) and all(str(one) in ours and not (one.host == socket.gethostname() and psutil.pid_exists(one.process)) for one in found)


def named(url: str) -> str:
    """Return what to call the place ``url`` in words."""
    return url or "the managers"


def _us() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _began(folder: Path) -> tuple[str, ...]:
    return tuple(_read(folder / UNDER_WAY).split())


def _read(place: Path) -> str:
    return files.read(place).strip() if place.exists() else ""
