"""A package archive of our own, as the distribution's security archive is one: packages with what they do when installed."""

import hashlib
import socket
import subprocess
import threading
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Archive:
    """Served to containers on the address of the engine's own bridge."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.served = folder / "served"
        self.served.mkdir()
        (address,) = (one.address for one in psutil.net_if_addrs()["docker0"] if one.family == socket.AF_INET)
        self.server = ThreadingHTTPServer((address, 0), partial(Quiet, directory=str(self.served)))
        self.url = "http://{}:{}".format(*self.server.server_address)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(self, **packages: tuple[str, str]) -> None:
        """Offer these packages and no others: NAME=(version, shell text that it runs when it is installed)."""
        for old in self.served.glob("*.deb"):
            old.unlink()
        index = "\n".join(self._package(name.replace("_", "-"), *content) for name, content in packages.items())
        (self.served / "Packages").write_text(index)
        said = f"{hashlib.sha256(index.encode()).hexdigest()} {len(index.encode())} Packages"
        now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S UTC")
        (self.served / "Release").write_text(f"Origin: Test\nLabel: Test-Security\nSuite: test-security\nDate: {now}\nSHA256:\n {said}\n")

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _package(self, name: str, version: str, script: str) -> str:
        control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Test <test@desk.test>\nDescription: {name} of the test\n"
        tree = self.folder / f"{name}-{version}" / "DEBIAN"
        tree.mkdir(parents=True, exist_ok=True)
        (tree / "control").write_text(control)
        (tree / "postinst").write_text(f"#!/bin/sh\nset -e\n{script}\n")
        (tree / "postinst").chmod(0o755)
        made = self.served / f"{name}_{version}_all.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", str(tree.parent), str(made)], check=True, capture_output=True)
        content = made.read_bytes()
        return f"{control}Filename: ./{made.name}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
