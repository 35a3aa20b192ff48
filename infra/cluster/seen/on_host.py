"""Runs on a host, as its administrator, by its own Python 3 and nothing else: says how it stands. Sent through SSH's stdin, with what is asked appended."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

COMMAND_S, ALL_S = 6, 7.0
SERVICE = "com.docker.swarm.service.name"
SOCKET = "/run/mysqld/mysqld.sock"
DOOR = "/run/haproxy/admin.sock"


def answer(asked: dict[str, Any]) -> None:
    """Print one line of JSON; what hangs is left out of it."""
    found: dict[str, Any] = {"mark": read(asked["mark"]), "record": read(asked["record"]), "kept": kept(asked["root"]), "deploying": holder(asked["claim"])}
    found.update(memory(), **disk(asked["root"]))
    slow: dict[str, Callable[[], Any]] = {
        "addresses": addresses,
        "swarm": swarm,
        "tasks": tasks,
        "database": partial(database, asked["address"], asked["health_port"]),
        "door": door,
        "records": partial(records, asked["root"]),
    }
    threads = [threading.Thread(target=fill, args=(found, key, ask), daemon=True) for key, ask in slow.items()]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + ALL_S
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    sys.stdout.write(json.dumps(dict(found)) + "\n")
    sys.stdout.flush()
    os._exit(0)  # whatever still hangs is left


def fill(table: dict[str, Any], key: str, ask: Callable[[], Any]) -> None:
    """Put an answer into its place, where there is one."""
    told = ask()
    if told is not None:
        table[key] = told


def read(path: str) -> str:
    """Return what stands in a file, "" where it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def run(*argv: str, stdin: str = "") -> str | None:
    """Return what a command says, None where it fails."""
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, errors="replace", timeout=COMMAND_S, check=False)  # noqa: S603 - argv list
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


def kept(root: str) -> list[str]:
    """Return the deployments whose folders are kept here."""
    return sorted(path.parent.name for path in Path(root).glob("*/kept") if any(path.glob("0*")))


def records(root: str) -> dict[str, dict[str, str]]:
    """Return what is recorded of backups and drills of each deployment, by file; these lie in the store that hosts share."""
    found: dict[str, dict[str, str]] = {}
    for file in Path(root).glob("*/data/keep/last-*.json"):
        found.setdefault(file.parents[2].name, {})[file.name] = read(str(file))
    return found


def holder(claim: str) -> str:
    """Return who holds the cluster, "" where nobody does."""
    try:
        with Path(claim).open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return ""
    except OSError:
        return read(f"{claim}.who").strip() or "somebody"
    return ""


def memory() -> dict[str, int]:
    """Return the memory that the host has, and what of it is free for more."""
    told = {name: int(size) * 1024 for name, size in re.findall(r"^(\w+):\s+(\d+) kB$", read("/proc/meminfo"), re.MULTILINE)}
    return {"memory_bytes": told.get("MemTotal", 0), "memory_free_bytes": told.get("MemAvailable", 0)}


def disk(folder: str) -> dict[str, int]:
    """Return the disk that ``folder`` lies on."""
    there = os.statvfs(folder if Path(folder).is_dir() else "/")
    return {"disk_bytes": there.f_frsize * there.f_blocks, "disk_free_bytes": there.f_frsize * there.f_bavail}


def addresses() -> list[str]:
    """Return its addresses."""
    return re.findall(r"\binet6? ([0-9a-f.:]+)/", run("ip", "-o", "address", "show") or "")


def swarm() -> dict[str, Any] | None:
    """Return what its engine says of the swarm."""
    said = run("docker", "info", "--format", "{{json .Swarm}}")
    told = json.loads(said) if said else None
    if not told:
        return None
    answers = bool(told.get("ControlAvailable")) and run("docker", "node", "inspect", "self", "--format", "{{.ID}}") is not None
    return {"state": str(told.get("LocalNodeState")), "manages": bool(told.get("ControlAvailable")), "answers": answers}


def tasks() -> dict[str, int] | None:
    """Return how many containers of each service run."""
    said = run("docker", "ps", "--filter", f"label={SERVICE}", "--format", f'{{{{.Label "{SERVICE}"}}}}')
    return None if said is None else {name: said.split().count(name) for name in set(said.split())}


def door() -> str | None:
    """Return what the front door says of itself, in its own words."""
    said = run("docker", "ps", "--no-trunc", "--filter", f"label={SERVICE}", "--format", f'{{{{.ID}}}} {{{{.Label "{SERVICE}"}}}}') or ""
    mine = [words[0] for words in map(str.split, said.splitlines()) if words[-1].endswith("-frontdoor")]
    asks = "show info;show stat;show table database\n"
    return run("docker", "exec", "-i", mine[0], "socat", "-t", "3", "-", f"UNIX-CONNECT:{DOOR}", stdin=asks) if mine else None


def database(address: str, port: int) -> dict[str, str] | None:
    """Return what the database server says, and what front doors are told of it."""
    connection = http.client.HTTPConnection(address, port, timeout=COMMAND_S)
    try:
        connection.request("GET", "/")
        health = connection.getresponse().read().decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException):
        health = ""
    finally:
        connection.close()
    names = "'wsrep_local_state_comment','wsrep_cluster_status','wsrep_cluster_size','Threads_connected','Max_used_connections'"
    client = ("mariadb", "--no-defaults", f"--socket={SOCKET}", "--batch", "--raw", "--skip-column-names", "--connect-timeout=3")
    status = (
        run(*client, stdin=f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names}); SHOW GLOBAL VARIABLES LIKE 'read_only';") if Path(SOCKET).exists() else ""
    )
    told = dict(line.split("\t", 1) for line in (status or "").splitlines() if "\t" in line)
    return {"health": health, **told} if health or told or Path(SOCKET).exists() else None
