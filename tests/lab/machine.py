"""A lab host with this checkout and a deployed desk on it."""

import http.client
import socket
import ssl
import subprocess
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from infra import engine, images
from infra.lab import host as lab
from infra.lab.commands import LabHost
from runtime.homes import cache_folder
from runtime.run import Completed

CHECKOUT = Path(__file__).resolve().parent.parent.parent
HERE, WORK = "/root/underdesk", "/root/work"
CACHE = "/root/.cache/underdesk"
NAME = "desk"
HOSTS = ("blogs.desk.test", "www.desk.test", "wiki.desk.test")
COMPANY_MAIL = "company-mail"
SERVES_S, SETUP_S, DEPLOY_S, PAGE_S = 120, 900, 900, 5


@dataclass
class Machine:
    """A booted lab host; ``host.address`` changes when it is readdressed."""

    host: LabHost
    here: str = HERE

    def run(self, *argv: str, check: bool = True, timeout_s: float = 300) -> Completed:
        """Run a command on the host."""
        return lab.execute(self.host, argv, folder=self.here, check=check, timeout_s=timeout_s)

    def shell(self, script: str, *, check: bool = True, timeout_s: float = 300) -> str:
        """Run a shell script on the host and return what it printed."""
        return self.run("sh", "-c", script, check=check, timeout_s=timeout_s).stdout.strip()

    def plan(self, *arguments: str, check: bool = True, timeout_s: float = DEPLOY_S) -> Completed:
        """Run the command as the guru would, on the host."""
        return self.run(".venv/bin/plan", *arguments, check=check, timeout_s=timeout_s)

    def prepare(self) -> None:
        """Bring checkout, environment, images and engine onto the host."""
        lab.execute(self.host, ["mkdir", "-p", HERE, WORK])
        self.run("tar", "-xf", lab.hand_over(self.host, _checkout(self.host.handover)))
        with ThreadPoolExecutor() as both:
            loading = both.submit(self.lend)
            self.run("make", "setup", timeout_s=SETUP_S)
            loading.result()

    def lend(self) -> None:
        """Give it this machine's images and Pulumi engine: from the registries it would make the same in half an hour."""
        lab.execute(self.host, ["mkdir", "-p", CACHE])
        lab.hand_over_images(self.host, list(images.references().values()))
        lab.execute(self.host, ["tar", "-xf", lab.hand_over(self.host, _engine(self.host.handover)), "-C", CACHE])

    def deploy(self) -> None:
        """Deploy the desk of brief.yaml."""
        self.shell(f"cp tests/lab/brief.yaml {WORK}/")
        self.plan("size", f"{WORK}/brief.yaml", "--output", f"{WORK}/plan.json")
        self.plan("deploy", f"{WORK}/plan.json", "--yes")
        self.run("docker", "run", "--detach", "--restart", "always", "--name", COMPANY_MAIL, "--network", "host", "--user", "804", images.references()["mail"])

    def serves(self, hosts: tuple[str, ...] = HOSTS) -> bool:
        """Whether every host name is answered with a page, asked from this machine at the host's address."""
        return all(self._page(name) == 200 for name in hosts)

    def wait_until_it_serves(self, began: float) -> float:
        """Return the seconds since ``began`` (a monotonic time) until pages come; fails after two minutes."""
        lab.wait_for(self.serves, SERVES_S - (time.monotonic() - began), f"{self.host.name} does not serve again")
        return time.monotonic() - began

    def inspect(self, role: str) -> str:
        """Return what the host's engine says of the container of ``role``, as JSON."""
        return self.shell(f"docker inspect $({self._container(role)})")

    def inside(self, role: str, script: str, shell: str = "sh") -> str:
        """Run a shell script in the container of ``role``."""
        return self.run("sh", "-c", f'docker exec -i $({self._container(role)}) "$@"', "_", shell, "-c", script).stdout.strip()

    def settle(self) -> None:
        """Wait until everything runs, not only what a page needs."""
        lab.wait_for(self._complete, SERVES_S, f"not everything runs on {self.host.name}")

    def _complete(self) -> bool:
        replicas = self.shell("docker service ls --format '{{.Replicas}}'", check=False).split()
        return bool(replicas) and all(running == wanted for running, wanted in (count.split("/") for count in replicas))

    @staticmethod
    def _container(role: str) -> str:
        return f"docker ps -q -f status=running -f label=com.docker.swarm.service.name={NAME}-{role}"

    def _page(self, name: str) -> int:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        try:
            with socket.create_connection((self.host.address, 443), timeout=PAGE_S) as raw, trusting.wrap_socket(raw, server_hostname=name) as secure:
                connection = http.client.HTTPSConnection(name, timeout=PAGE_S)
                connection.sock = secure
                connection.request("GET", "/wiki/Main_Page" if name.startswith("wiki") else "/")
                return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0


def _checkout(folder: Path) -> Path:
    """Pack the files of this checkout, as they are in the work tree."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=CHECKOUT, capture_output=True, check=True).stdout
    packed = folder / "checkout.tar"
    with tarfile.open(packed, "w") as archive:
        for name in filter(None, listed.decode().split("\0")):
            if (CHECKOUT / name).is_file():
                archive.add(CHECKOUT / name, name)
    return packed


def _engine(folder: Path) -> Path:
    """Pack the Pulumi engine that this machine has, and the note that the official provider cannot be had, if there is one."""
    assert engine.find_engine(), "no Pulumi engine here: the platform tests come first, they make it"
    packed = folder / "engine.tar"
    with tarfile.open(packed, "w") as archive:
        for part in ("engine", "provider"):
            if (cache_folder() / part).is_dir():
                archive.add(cache_folder() / part, part)
    return packed
