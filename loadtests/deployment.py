"""What a load test needs to know of a deployment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from sizing.plan import Plan


class Served(Protocol):
    """A platform as it is reached."""

    @property
    def plan(self) -> Plan:
        """The applied plan."""

    @property
    def urls(self) -> Mapping[str, str]:
        """Base URLs by use: ``internal``, ``external``, ``wiki``."""

    @property
    def address(self) -> str:
        """Where its front door listens (an IP address)."""

    @property
    def ports(self) -> tuple[int, int]:
        """Where its front door listens: HTTP, HTTPS."""

    @property
    def ca_file(self) -> Path:
        """PEM file that its certificate is verified against."""


class Deployment(Served, Protocol):
    """A deployed platform, as far as a test touches it."""

    @property
    def folder(self) -> Path:
        """Its own folder, readable by root alone."""

    def exec(self, service: str, argv: list[str], /, stdin: str = "") -> str:
        """Run ``argv`` in a container of ``service`` and return its stdout; raises PlanError."""
