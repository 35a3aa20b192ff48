"""The platform's names lead to the deployment's own address, and no other name leads anywhere."""

import ipaddress
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from runtime.errors import PlanError

Lookup = Callable[..., Any]


def check_own(address: str, inventory: Collection[str] = ()) -> None:
    """Raise PlanError where ``address`` is neither of the deployment's ``inventory``, nor loopback, nor an address of this machine."""
    try:
        own = ipaddress.ip_address(address)
    except ValueError as problem:
        raise PlanError(f"{address!r} is not an IP address", where="target", hint="run 'plan deploy' again: it writes the deployment's address") from problem
    if str(own) in inventory:
        return
    if not own.is_loopback and (own.is_unspecified or own.is_multicast or not _ours(own)):
        raise PlanError(
            f"{address} is not an address of this deployment",
            where="target",
            hint="load goes only to the deployment's own hosts: run the test on the machine that serves it, or name its hosts with --inventory",
        )


def only(hosts: Collection[str], address: str, lookup: Lookup, port: int = 0) -> Lookup:
    """Return a ``getaddrinfo`` that sends ``hosts`` to ``address`` and refuses every other name.

    With ``port`` they are sent to that port, whatever their address says: a platform beside another listens elsewhere.
    ``lookup`` is the real ``getaddrinfo``; it is asked for ``address`` alone.
    """
    return partial(_resolve, _Own(frozenset(name.lower() for name in hosts), address, port), lookup)


def install(hosts: Collection[str], address: str, port: int, inventory: Collection[str] = ()) -> None:
    """Make this process (Locust's) resolve by ``only``; raises PlanError for an ``address`` that is foreign and not of the ``inventory``."""
    check_own(address, inventory)
    socket.getaddrinfo = only(hosts, address, socket.getaddrinfo, port)


@dataclass(frozen=True)
class _Own:
    hosts: frozenset[str]
    address: str
    port: int


def _resolve(own: _Own, lookup: Lookup, host: object, service: object = None, *rest: object, **options: object) -> Any:  # noqa: ANN401 - getaddrinfo's own
    name = host.decode("idna") if isinstance(host, bytes) else str(host)
    if name.lower().rstrip(".") in own.hosts or name == own.address:
        return lookup(own.address, own.port or service, *rest, **options)
    raise socket.gaierror(socket.EAI_FAIL, f"{name} is not part of this deployment: refused")


def _ours(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True
