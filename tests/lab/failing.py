"""Power losses and moved addresses of a lab host, with the seconds until it serves again."""

import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from infra.lab import host as lab
from tests.lab.machine import Machine
from tests.lab.writing import Author, Newsroom, site_of

POSTS_BEFORE = 12


@dataclass(frozen=True)
class Loss:
    """A power loss: posts acknowledged before it, those of them gone after it, seconds from switching on to serving."""

    acknowledged: int
    lost: tuple[str, ...]
    seconds: float


def lose_power(machine: Machine, folder: Path) -> Loss:
    """Cut the power while posts are written, switch on again, wait until pages come, and look for every acknowledged post."""
    mark = f"power {uuid.uuid4().hex[:8]}"
    author = Author(site_of(machine), folder)
    news = Newsroom(author, mark)
    news.open(POSTS_BEFORE)
    lab.kill(machine.host)
    acknowledged = news.close()
    author.close()
    began = time.monotonic()
    lab.start(machine.host)
    seconds = machine.wait_until_it_serves(began)
    reader = Author(site_of(machine), folder)
    lost = tuple(sorted(set(acknowledged) - reader.titles(mark)))
    reader.close()
    return Loss(len(acknowledged), lost, seconds)


def move(machine: Machine, address: str) -> float:
    """Switch the host off, give it another address as a DHCP server may, switch it on; return the seconds until pages come there."""
    lab.kill(machine.host)
    machine.host = lab.readdress(machine.host, address)
    began = time.monotonic()
    lab.start(machine.host)
    return machine.wait_until_it_serves(began)
