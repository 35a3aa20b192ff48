"""The systems that are compared: where each answers, and where the kernel counts its CPU time."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from infra.deployment import Deployment
from loadtests.accounting import account
from loadtests.accounts import cpu_ms
from runtime.run import run

ROLES = ("frontdoor", "pagecache", "blogs", "database", "objectcache", "blogs-jobs", "wiki", "wiki-jobs", "mail")


@dataclass(frozen=True)
class System:
    """One system: ``authority`` stands in its pages' addresses, ``address`` is where it listens; without ``ca_file`` plainly."""

    name: str
    authority: str
    address: tuple[str, int]
    accounts: Mapping[str, Path]
    ca_file: Path | None = None

    @property
    def host(self) -> str:
        """The site's host name, without its port."""
        return self.authority.partition(":")[0]

    @cached_property
    def trust(self) -> ssl.SSLContext | None:
        """What a client trusts; None where there is no TLS."""
        return ssl.create_default_context(cafile=str(self.ca_file)) if self.ca_file else None

    def cpu(self) -> dict[str, float]:
        """Return the CPU ms so far by part."""
        return {part: cpu_ms(path) for part, path in self.accounts.items()}


def ours(deployment: Deployment) -> System:
    """Return the deployed platform."""
    accounts = {role: account(deployment.container(role)) for role in ROLES}
    authority = deployment.urls["internal"].removeprefix("https://").rstrip("/")
    return System("ours", authority, (deployment.address, deployment.ports[1]), accounts, deployment.ca_file)


def hold_to(cores: str, containers: list[str]) -> None:
    """Let ``containers`` run on ``cores`` alone (as cpuset has it: 0 or 0-1)."""
    run(["docker", "update", "--cpuset-cpus", cores, *containers])
