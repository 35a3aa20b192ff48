"""Ask a running PHP-FPM pool, as nginx does, for the settings that are in force there; or keep its processes at work."""

import json
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from infra.deployment import Deployment

BEGIN, PARAMS, STDIN, STDOUT, END = 1, 4, 5, 6, 3
SCRIPT = "/tmp/underdesk-in-force.php"  # noqa: S108 - in the container's own scratch

HOLD = """$held = [];
for ($number = 0; $number < %d; $number++) { $held[] = stream_socket_client("unix:///run/php-fpm.sock"); }
echo "held\n";
fgets(STDIN);"""
LET_GO_S = 60


@contextmanager
def busy(deployment: Deployment, role: str, requests: int) -> Iterator[None]:
    """Have ``requests`` that do not end in the pool of ``role``: those that find no process wait."""
    held = ["docker", "exec", "--interactive", deployment.container(role), "php", "-r", HOLD % requests]
    with subprocess.Popen(held, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holding:
        assert holding.stdout is not None
        assert holding.stdout.readline() == "held\n"
        try:
            yield
        finally:
            holding.communicate("\n", timeout=LET_GO_S)


def in_pool(deployment: Deployment, role: str, names: list[str]) -> dict[str, str]:
    """Return the value of each PHP setting as a page of ``role`` sees it."""
    container = deployment.container(role)
    shown = subprocess.run(["docker", "inspect", "-f", "{{.State.Pid}}", container], capture_output=True, text=True, check=True)
    code = f"<?php echo json_encode(array_map('ini_get', array_combine($n = {json.dumps(names)}, $n)));"
    deployment.exec(role, ["sh", "-c", f"cat > {SCRIPT}"], stdin=code)
    try:
        answer = _request(f"/proc/{shown.stdout.strip()}/root/run/php-fpm.sock", {"SCRIPT_FILENAME": SCRIPT, "REQUEST_METHOD": "GET"})
    finally:
        deployment.exec(role, ["rm", SCRIPT])
    said: dict[str, str] = json.loads(answer.split("\r\n\r\n", 1)[1])
    return said


def _request(path: str, parameters: dict[str, str]) -> str:
    pairs = b"".join(struct.pack(">BB", len(name), len(value)) + name.encode() + value.encode() for name, value in parameters.items())
    with socket.socket(socket.AF_UNIX) as pool:
        pool.settimeout(10)
        pool.connect(path)
        pool.sendall(_record(BEGIN, struct.pack(">HB5x", 1, 0)) + _record(PARAMS, pairs) + _record(PARAMS, b"") + _record(STDIN, b""))
        return _output(pool.makefile("rb"))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def _output(stream: BinaryIO) -> str:
    output = b""
    while header := stream.read(8):
        _, kind, _, length, padding = struct.unpack(">BBHHBx", header)
        content = stream.read(length + padding)[:length]
        if kind == STDOUT:
            output += content
        if kind == END:
            break
    return output.decode()
