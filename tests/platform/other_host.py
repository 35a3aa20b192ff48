"""Another host with an SSH service, in a container; this machine reaches it by a key and known hosts of the test's own."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from infra.images import references
from tests.platform.binlog_writer import until

CONTEXT = Path(__file__).parent / "vault"
ACCOUNT, SERVED = "keep", "/srv/changes"
DEADLINE_S = 180


def docker(*arguments: str, stdin: str = "", check: bool = True) -> str:
    return subprocess.run(["docker", *arguments], input=stdin, capture_output=True, text=True, check=check, timeout=600).stdout.strip()


@dataclass(frozen=True)
class OtherHost:
    """The container ``name``; ``folder`` holds our key, what hosts we know, and an ``ssh`` that uses both."""

    name: str
    folder: Path

    @property
    def address(self) -> str:
        return docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", self.name)

    @property
    def place(self) -> str:
        return f"sftp:{ACCOUNT}@{self.address}:{SERVED}"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def start(self) -> None:
        docker("start", self.name)
        until(self._listens, DEADLINE_S, "an SSH service")

    def kill(self) -> None:
        docker("kill", "--signal", "KILL", self.name)

    def let_us_in(self, key: str | None = None) -> None:
        """Allow our key there, or ``key`` instead; and know the host."""
        keys = f"/home/{ACCOUNT}/.ssh/authorized_keys"
        script = f"cat >{keys} && chown {ACCOUNT}:{ACCOUNT} {keys} && chmod 600 {keys}"
        docker("exec", "--interactive", self.name, "sh", "-c", script, stdin=(self.folder / "id.pub").read_text() if key is None else key)
        shown = subprocess.run(["ssh-keyscan", "-t", "ed25519", self.address], capture_output=True, text=True, check=True)
        self.known_hosts.write_text(shown.stdout)

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection((self.address, 22), timeout=5) as served:
            return served.recv(4) == b"SSH-"
        return False


@contextmanager
def other_host(name: str, folder: Path) -> Iterator[OtherHost]:
    """Run another host; ``folder``/bin has an ``ssh`` that goes first on the PATH of whoever shall reach it."""
    host = OtherHost(name, folder)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "id")], check=True)
    settings = f"IdentityFile {folder}/id\nIdentitiesOnly yes\nUserKnownHostsFile {host.known_hosts}\n"
    (folder / "config").write_text(settings)
    (folder / "bin").mkdir()
    shim = folder / "bin" / "ssh"
    shim.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/config "$@"\n')
    shim.chmod(0o755)
    docker("build", "--quiet", "--build-arg", f"BASE={references()['base']}", "--tag", f"{name}:latest", str(CONTEXT))
    try:
        docker("run", "--detach", "--name", name, f"{name}:latest")
        host.start()
        yield host
    finally:
        docker("rm", "--force", "--volumes", name, check=False)
        docker("rmi", f"{name}:latest", check=False)
