"""What a lab host takes over from this machine to reach the same package registries: read here when it boots, kept nowhere."""

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
TAKE_OVER = """
cp -r /handover/authorities/. /usr/local/share/ca-certificates/
update-ca-certificates >/dev/null 2>&1
test ! -f /handover/pip.conf || cp /handover/pip.conf /etc/pip.conf
"""


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
