"""The peer: Apache with mod_php and MariaDB as the distribution sets them, with our deployment's content."""

import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.stock.systems import System
from infra import images
from infra.deployment import Deployment
from infra.images import context_digest
from loadtests.accounting import account
from runtime import files
from runtime.errors import PlanError
from runtime.run import run

CONTEXT = Path(__file__).parent / "peer"
NAMES = DATABASE, WEB = "stock-bench-peer-database", "stock-bench-peer-web"
SOCKETS = "stock-bench-peer-sockets"
WEB_USER = 33
PATIENCE_S = 60


def build() -> str:
    """Build the peer's image where it is not there yet; return its reference."""
    base = images.references()["base"]
    reference = f"underdesk-bench/stock:{base.rpartition(':')[2]}-{context_digest(CONTEXT)[:12]}"
    if not run(["docker", "images", "-q", reference]).stdout.strip():
        run(["docker", "build", "-q", "-t", reference, "--build-arg", f"BASE={base}", str(CONTEXT)], timeout_s=1200)
    return reference


@contextmanager
def running(deployment: Deployment, image: str, cores: str) -> Iterator[tuple[System, System]]:
    """Run the peer with the deployment's content; yield it by HTTPS and plainly. It is gone afterwards."""
    remove()
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder)
        files.write(secret / "password", secrets.token_hex(16), files.PRIVATE)
        os.chown(secret / "password", WEB_USER, WEB_USER)
        files.write(secret / "site.pem", files.read(deployment.folder / "frontdoor" / "tls.pem"), files.PRIVATE)
        try:
            _database(image, cores)
            _copy(deployment, image, files.read(secret / "password"))
            _web(deployment, image, cores, secret)
            yield _systems(deployment)
        finally:
            remove()


def remove() -> None:
    """Remove the peer, also that of a killed run."""
    run(["docker", "rm", "-f", "-v", *NAMES], check=False)
    run(["docker", "volume", "rm", "-f", SOCKETS], check=False)


def _database(image: str, cores: str) -> None:
    run(["docker", "run", "-d", "--name", DATABASE, "--cpuset-cpus", cores, "-v", f"{SOCKETS}:/run/mysqld", "-v", "/var/lib/mysql", image, "peer-database"])
    deadline = time.monotonic() + PATIENCE_S
    while run(["docker", "exec", DATABASE, "mariadb-admin", "ping"], check=False).returncode:
        if time.monotonic() > deadline:
            raise PlanError("does not answer", where=DATABASE, hint=f"see 'docker logs {DATABASE}'")
        time.sleep(0.2)


def _copy(deployment: Deployment, image: str, password: str) -> None:
    """Copy the blogs' database; the dump is taken beside our database, in its network."""
    login = {"MYSQL_PWD": files.read(deployment.folder / "secrets" / "database-blogs").strip()}
    beside = ["docker", "run", "--rm", "-e", "MYSQL_PWD", "--network", f"container:{deployment.container('database')}", image]
    dump = run([*beside, "mariadb-dump", "-h", "127.0.0.1", "-u", "blogs", "--single-transaction", "blogs"], env=login).stdout
    account = f"CREATE USER wordpress@localhost IDENTIFIED BY '{password}'; GRANT ALL ON wordpress.* TO wordpress@localhost;"
    into = ["docker", "exec", "-i", DATABASE, "mariadb"]
    run(into, stdin=f"CREATE DATABASE wordpress CHARACTER SET utf8mb4; {account}\n")
    run([*into, "wordpress"], stdin=dump)


def _web(deployment: Deployment, image: str, cores: str, secret: Path) -> None:
    site = deployment.urls["internal"].removeprefix("https://").rstrip("/")
    host, port = deployment.plan.platform.hosts.internal, deployment.ports[1]
    setting = {"SITE_AUTHORITY": site, "SITE_HOST": host, "HTTPS_PORT": str(port)}
    mounts = {
        SOCKETS: "/run/mysqld",
        f"{secret}/password": "/etc/wordpress/database-password:ro",
        f"{secret}/site.pem": "/etc/ssl/private/site.pem:ro",
    }
    run(
        [
            *("docker", "create", "--name", WEB, "--cpuset-cpus", cores, "--add-host", f"{host}:127.0.0.1"),
            *(word for name, value in setting.items() for word in ("-e", f"{name}={value}")),
            *(word for source, target in mounts.items() for word in ("-v", f"{source}:{target}")),
            *(image, "peer-web"),
        ]
    )
    run(["docker", "cp", "-a", f"{deployment.folder}/data/uploads/.", f"{WEB}:/var/lib/wordpress/wp-content/uploads"])
    run(["docker", "start", WEB])


def _systems(deployment: Deployment) -> tuple[System, System]:
    address = run(["docker", "inspect", "--format", "{{.NetworkSettings.IPAddress}}", WEB]).stdout.strip()
    authority = deployment.urls["internal"].removeprefix("https://").rstrip("/")
    accounts = {"apache": account(WEB), "database": account(DATABASE)}
    return (
        System("stock", authority, (address, deployment.ports[1]), accounts, deployment.ca_file),
        System("stock_plain", authority, (address, 80), accounts),
    )
