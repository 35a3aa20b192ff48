"""Runs on a machine that shall drive load, by its own Python 3 and nothing else: says what time it is, what it is, and whether it reaches the platform."""

import http.client
import json
import os
import platform
import socket
import ssl
import sys
import time
from pathlib import Path
from typing import Any

PATIENCE_S = 10


def serve() -> None:
    """Answer each line until there are no more."""
    answers = {"clock": lambda _: {"at": time.time()}, "ground": ground, "reach": reach}
    for line in sys.stdin:
        question = json.loads(line)
        sys.stdout.write(json.dumps(answers[question["ask"]](question)) + "\n")
        sys.stdout.flush()


def ground(_: dict[str, Any]) -> dict[str, Any]:
    """Return what this machine is."""
    kernel = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": python, "machine": platform.machine(), "cores": os.cpu_count() or 1, "kernel": kernel}


def reach(question: dict[str, Any]) -> dict[str, Any]:
    """Return what the platform's first pages answer to this machine, and the address that it is seen with."""
    context = ssl.create_default_context(cadata=question["trusted"])
    said = {}
    for host, path in question["pages"]:
        try:
            said[host + path] = _status(question["address"], question["port"], host, path, context)
        except (OSError, http.client.HTTPException) as problem:
            said[host + path] = str(problem)
    return {"said": said}


def _status(address: str, port: int, host: str, path: str, context: ssl.SSLContext) -> str:
    raw = socket.create_connection((address, port), timeout=PATIENCE_S)
    with context.wrap_socket(raw, server_hostname=host) as wrapped:
        connection = http.client.HTTPSConnection(host, port, timeout=PATIENCE_S)
        connection.sock = wrapped
        connection.request("GET", path, headers={"Host": host if port == 443 else f"{host}:{port}", "Accept": "text/html"})  # noqa: PLR2004 - HTTPS
        return str(connection.getresponse().status)
