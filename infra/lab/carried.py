"""What a lab host takes over from this machine to reach the same package registries: read here when it is made, kept only with it."""

import os
import re
import shutil
from pathlib import Path

# Addresses of registries and proxies, never a path: the host has folders of its own.
NAMES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_DEFAULT_TIMEOUT", "GOPROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
AUTHORITIES = Path("/usr/local/share/ca-certificates")
RESOLVERS = (Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf"))
PIP_SETTINGS = Path("/etc/pip.conf")
LOOPBACK = re.compile(r"^nameserver\s+(127\.|::1)", re.MULTILINE)
NAMESERVER = re.compile(r"^nameserver\s+([0-9.]+)\s*$", re.MULTILINE)


def names() -> tuple[str, ...]:
    """Return the variables that are handed to each command in a lab host."""
    return tuple(name for known in NAMES for name in (known, known.lower()) if os.environ.get(name))


def prepare(handover: Path) -> None:
    """Put this machine's own certificate authorities, resolvers and pip's settings into ``handover``."""
    (handover / "authorities").mkdir(parents=True, exist_ok=True)
    for authority in AUTHORITIES.glob("*.crt"):
        shutil.copy(authority, handover / "authorities")
    if PIP_SETTINGS.is_file():
        shutil.copy(PIP_SETTINGS, handover)
    for resolver in RESOLVERS:
        if resolver.is_file() and not LOOPBACK.search(resolver.read_text()):
            shutil.copy(resolver, handover / "resolv.conf")
            break


def environment() -> str:
    """Return the lines of /etc/environment for those who come by SSH, in place of what is handed to each command."""
    return "".join(f"{name}={os.environ[name]}\n" for name in names())


def resolvers() -> tuple[str, ...]:
    """Return the IPv4 addresses of this machine's name servers."""
    return tuple(address for resolver in RESOLVERS if resolver.is_file() for address in NAMESERVER.findall(resolver.read_text()))
