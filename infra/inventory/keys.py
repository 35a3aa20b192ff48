"""The files by which hosts are reached: keys, and the hosts' own keys. Looked at before any host is asked."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra.finding import Finding
from infra.inventory.connect import Reach, reaches
from infra.inventory.model import Inventory

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
HEAD_BYTES: Final = 64


def wrong_files(inventory: Inventory) -> tuple[list[Finding], list[str]]:
    """Return what is wrong with files that the inventory names, and the hosts that cannot be reached for it."""
    everyone = reaches(inventory)
    findings, lost = [], []
    for key in dict.fromkeys(one.key for one in everyone):
        if trouble := _key(Path(key)):
            findings.append(Finding("key", *trouble))
            lost += [one.name for one in everyone if one.key == key]
    for trouble in _known_hosts(everyone):
        findings.append(Finding("known_hosts", *trouble))
        lost = [one.name for one in everyone]
    return findings, lost


def _key(path: Path) -> tuple[str, str] | None:
    """Return what is wrong with a private key, with the mend."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            return f"{path} is no file", "name the file of a private key (ssh.key)"
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError:
        return f"{path} is not there", f"write where the private key lies (ssh.key), or make one: ssh-keygen -t ed25519 -f {path}"
    except OSError as problem:
        return f"{path} cannot be read: {problem.strerror}", "run it as the one whose key it is"
    if strange := _strange(path, head):
        return strange
    if mode & OTHERS:
        return f"{path} is readable by others ({stat.S_IMODE(mode):04o})", f"chmod 600 {path}"
    return None


def _strange(path: Path, head: bytes) -> tuple[str, str] | None:
    if head.startswith((b"ssh-", b"ecdsa-", b"sk-")):
        return f"{path} is the public half of a key", f"write the private one: {path.with_suffix('') if path.suffix == '.pub' else 'its name without .pub'}"
    return None if head.startswith(b"-----BEGIN ") else (f"{path} is no private key", "name a file that ssh-keygen wrote")


def _known_hosts(everyone: tuple[Reach, ...]) -> Iterator[tuple[str, str]]:
    path = Path(everyone[0].known_hosts)
    by_port: dict[int, list[str]] = {}
    for one in everyone:
        by_port.setdefault(one.port, []).append(one.address)
    scans = "; ".join(f"ssh-keyscan -p {port} {' '.join(addresses)} >> {path}" for port, addresses in by_port.items())
    try:
        if not path.read_bytes().strip():
            yield f"{path} is empty", f"{scans}; then compare the fingerprints with the hosts' own"
    except FileNotFoundError:
        yield f"{path} is not there", f"{scans}; then compare the fingerprints with the hosts' own: ssh-keygen -l -f {path}"
    except OSError as problem:
        yield f"{path} cannot be read: {problem.strerror}", "name a file of host keys (ssh.known_hosts)"
