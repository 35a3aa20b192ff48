"""Runs on a host, by its own Python 3 and nothing else: says what it is. Sent through SSH's stdin, with what is asked appended."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

COMMAND_S, CONNECT_S, ALL_S = 10, 4.0, 15.0
ARP_S, KNOWN_S = 1.0, 9.0  # of an address that was known once the kernel asks again after five seconds
LISTENS = {"tcp": "0A", "udp": "07"}
DISCARD = 9
LONGEST = 1_000_000


def answer(asked: dict[str, Any]) -> None:
    """Print the clock three times and then the facts, each a line of JSON; nothing that hangs is waited for."""
    say({"clock": time.time()})
    found: dict[str, Any] = {"sudo": "does not answer", "peers": dict.fromkeys(asked["peers"], "no answer"), "names": {name: [] for name in asked["peers"]}}
    found["front"] = dict.fromkeys(asked["front"], "")
    works: list[Callable[[], None]] = [partial(fill, found, "sudo", rights)]
    works += [partial(fill, found["peers"], name, partial(reached, *at)) for name, at in asked["peers"].items()]
    works += [partial(fill, found["names"], name, partial(resolved, name)) for name in asked["peers"]]
    works += [partial(fill, found["front"], one, partial(neighbour, one)) for one in asked["front"]]
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    own = {**what(), **size(asked["folder"]), "addresses": addresses(), "hardware": hardware(), "mark": read(asked["mark"]).strip()[:2000]}
    say({"clock": time.time()})
    deadline = time.monotonic() + ALL_S
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    say({"clock": time.time()})
    holders = held() if not found["sudo"] else {}
    own["listening"] = [{"protocol": one, "port": port, "by": holders.get((one, port), "")} for one, port in listening()]
    say({"facts": {**found, **own}})
    os._exit(0)  # whatever still hangs is left


def fill(table: dict[str, Any], key: str, ask: Callable[[], Any]) -> None:
    """Put an answer into its place."""
    table[key] = ask()


def say(told: dict[str, Any]) -> None:
    """Print a line of the answer, at once."""
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def read(path: str) -> str:
    """Return what stands in a file, "" where it cannot be read."""
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            return file.read(LONGEST)
    except OSError:
        return ""


def run(argv: list[str]) -> tuple[int, str, str]:
    """Run a command and return its exit code, stdout and stderr."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=COMMAND_S, check=False)  # noqa: S603 - argv list
    except (OSError, subprocess.SubprocessError) as problem:
        return 1, "", str(problem)
    return done.returncode, done.stdout, done.stderr


def what() -> dict[str, Any]:
    """Return its name, system and kind."""
    release = dict(re.findall(r'^([A-Z_]+)="?([^"\n]*)"?$', read("/etc/os-release"), re.MULTILINE))
    return {
        "hostname": socket.gethostname().split(".")[0],
        "os": release.get("ID", ""),
        "release": release.get("VERSION_ID", ""),
        "os_name": release.get("PRETTY_NAME", "an unknown system")[:100],
        "architecture": os.uname().machine,
        "python": ".".join(str(part) for part in sys.version_info[:3]),
        "systemd": Path("/run/systemd/system").is_dir(),
    }


def size(folder: str) -> dict[str, int]:
    """Return its processors, its memory, and the disk that ``folder`` lies on, or will."""
    there = Path(folder)
    while not there.is_dir():
        there = there.parent
    disk = os.statvfs(there)
    return {"cores": cores(), "memory_bytes": memory(), "disk_bytes": disk.f_frsize * disk.f_blocks, "disk_free_bytes": disk.f_frsize * disk.f_bavail}


def cores() -> int:
    """Return the processors that the kernel gives; of a container, those that it may use."""
    most = len(os.sched_getaffinity(0))
    quota, period = [*read("/sys/fs/cgroup/cpu.max").split(), "", ""][:2]
    if not period:
        quota, period = (read(f"/sys/fs/cgroup/cpu/cpu.cfs_{one}_us").strip() for one in ("quota", "period"))
    return min(most, math.ceil(int(quota) / int(period))) if quota.isdigit() and period.isdigit() else most


def memory() -> int:
    """Return the memory (bytes) that the kernel has; of a container, what it may use."""
    found = re.search(r"^MemTotal:\s+(\d+) kB", read("/proc/meminfo"), re.MULTILINE)
    limit = (read("/sys/fs/cgroup/memory.max") or read("/sys/fs/cgroup/memory/memory.limit_in_bytes")).strip()
    total = int(found.group(1)) * 1024 if found else 0
    return min(total, int(limit)) if limit.isdigit() else total


def rights() -> str:
    """Return why sudo does not work without a question, "" where it does."""
    if os.geteuid() == 0:
        return ""
    if not shutil.which("sudo"):
        return "sudo is not installed"
    code, _, said = run(["sudo", "-n", "true"])
    lines = said.strip().splitlines()
    return "" if code == 0 else (lines[-1] if lines else "sudo refuses")[:200]


def addresses() -> list[dict[str, Any]]:
    """Return its own addresses, without those that hold on one link only."""
    try:
        found = json.loads(run(["ip", "-j", "address"])[1])
    except ValueError:
        return []
    return [
        {"address": one["local"], "prefix": one["prefixlen"], "interface": interface["ifname"]}
        for interface in found
        for one in interface.get("addr_info", [])
        if "local" in one and one.get("scope") != "link"
    ]


def hardware() -> list[str]:
    """Return the hardware addresses of its own interfaces."""
    return sorted({read(str(path)).strip() for path in Path("/sys/class/net").glob("*/address")} - {""})


def listening() -> list[tuple[str, int]]:
    """Return the ports that are taken, by protocol."""
    found = set()
    for protocol, state in LISTENS.items():
        for line in (read(f"/proc/net/{protocol}") + read(f"/proc/net/{protocol}6")).splitlines():
            parts = [*line.split(), "", "", "", ""]
            if parts[3] == state and ":" in parts[1]:
                found.add((protocol, int(parts[1].rpartition(":")[2], 16)))
    return sorted(found)


def held() -> dict[tuple[str, int], str]:
    """Return which program holds which port, as the administrator sees it."""
    rows = run([*([] if os.geteuid() == 0 else ["sudo", "-n"]), shutil.which("ss") or "/usr/bin/ss", "-Hlntup"])[1]
    found = {}
    for row in rows.splitlines():
        parts, name = [*row.split(), "", "", "", "", ""], re.search(r'users:\(\("([^"]+)"', row)
        port = parts[4].rpartition(":")[2]
        if name and port.isdigit():
            found[parts[0], int(port)] = name.group(1)
    return found


def reached(address: str, port: int) -> str:
    """Return why another host cannot be reached, "" where it can."""
    try:
        socket.create_connection((address, port), CONNECT_S).close()
    except OSError as problem:
        return (problem.strerror or str(problem) or "no answer")[:100].lower()
    return ""


def resolved(name: str) -> list[str]:
    """Return the addresses of a name."""
    try:
        return sorted({str(one[4][0]) for one in socket.getaddrinfo(name, None)})
    except OSError:
        return []


def neighbour(address: str) -> str:
    """Return the hardware address that answers for an address of this network, "" where none does: what the kernel finds when something is sent there."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"", (address, DISCARD))
    except OSError:
        return ""
    began = time.monotonic()
    while True:
        found = re.search(r"lladdr (\S+).* (\w+)$", run(["ip", "neigh", "show", address])[1].strip())
        state = found.group(2) if found else ""
        if found and state == "REACHABLE":
            return found.group(1)
        if time.monotonic() - began > (KNOWN_S if state in {"DELAY", "PROBE"} else ARP_S):
            return ""
        time.sleep(0.1)
