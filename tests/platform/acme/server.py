"""Pebble, an ACME server that trusts nobody and forgets everything, and the DNS that it asks: on loopback, for the time of a test."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from runtime.run import run

SOURCE = Path(__file__).parent / "pebble"
MODULE = "github.com/letsencrypt/pebble/v2/cmd"
PROGRAMS = ("pebble", "pebble-challtestsrv")
HERE = "127.0.0.1"
START_S = 60


@dataclass(frozen=True)
class Server:
    """Where it listens, and the PEM file of whom to trust: its own server's certificate and what it issues."""

    directory: str
    authority: Path
    dns: str

    def lose(self, name: str) -> None:
        """Let nobody find the host ``name`` any more."""
        assert requests.post(f"{self.dns}/set-servfail", json={"host": f"{name}."}, timeout=5).ok


def build(folder: Path) -> None:
    """Build the programs into ``folder``; Go's own cache makes the second time seconds."""
    environment = {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    run(["go", "build", "-mod=readonly", "-trimpath", "-o", f"{folder}/", *(f"{MODULE}/{name}" for name in PROGRAMS)], cwd=SOURCE, env=environment)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind((HERE, 0))
        found: int = one.getsockname()[1]
        return found


def until(met: Callable[[], object], limit_s: float = START_S) -> None:
    """Wait until ``met``; what fails is asked again."""
    end = time.monotonic() + limit_s
    while True:
        try:
            if met():
                return
        except OSError:
            pass
        assert time.monotonic() < end, f"not within {limit_s} s"
        time.sleep(0.1)


@contextmanager
def serving(folder: Path, challenges: int, refused: Sequence[str], here: str = HERE, there: str = HERE) -> Iterator[Server]:
    """Run one at ``here`` that asks port ``challenges`` of ``there``, whatever the host, and issues for any but the names in ``refused``."""
    api, management, dns, dns_management = free_port(), free_port(), free_port(socket.SOCK_DGRAM), free_port()
    own, key = str(folder / "api.pem"), str(folder / "api.key")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=pebble", "-addext", f"subjectAltName=IP:{here}"]
    run([*made, "-keyout", key, "-out", own])
    settings: dict[str, Any] = {
        "listenAddress": f"{here}:{api}",
        "managementListenAddress": f"{here}:{management}",
        "certificate": own,
        "privateKey": key,
        "httpPort": challenges,
        "tlsPort": free_port(),
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
        "domainBlocklist": list(refused),
        "profiles": {"default": {"description": "as everywhere", "validityPeriod": 90 * 86400}},
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    names = [f"-defaultIPv4={there}", "-defaultIPv6=", "-http01=", "-https01=", "-tlsalpn01=", "-doh=", f"-dns01={here}:{dns}"]
    with (
        _running([str(folder / PROGRAMS[1]), *names, f"-management={here}:{dns_management}"]),
        _running(
            [str(folder / PROGRAMS[0]), "-config", str(folder / "pebble.json"), "-dnsserver", f"{here}:{dns}"],
            PEBBLE_VA_NOSLEEP="1",
            PEBBLE_AUTHZREUSE="0",
            PEBBLE_WFE_NONCEREJECT="0",
        ),
    ):
        until(lambda: requests.get(f"https://{here}:{api}/dir", verify=own, timeout=5).ok)
        issuer = requests.get(f"https://{here}:{management}/roots/0", verify=own, timeout=5).text
        (folder / "authority.pem").write_text(Path(own).read_text() + issuer)
        yield Server(f"https://{here}:{api}/dir", folder / "authority.pem", f"http://{here}:{dns_management}")


@contextmanager
def _running(argv: list[str], **more: str) -> Iterator[None]:
    process = subprocess.Popen(argv, env={**os.environ, **more}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)
