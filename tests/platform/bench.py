"""What must hold for every container of a deployment, in the manner of docker-bench, and each exception with its reason."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.deployment import ROOT
from infra.topology import RELAY_CAPABILITIES

Inspected = Mapping[str, Any]
TELLING = re.compile(r"(PASS|SECRET|TOKEN|PRIVATE|CREDENTIAL)", re.IGNORECASE)
HOST = "host"


def _capabilities(shown: Inspected) -> bool:
    dropped = {name.removeprefix("CAP_") for name in shown["HostConfig"]["CapDrop"] or []}
    return "ALL" in dropped and not shown["HostConfig"]["CapAdd"]


def _own_namespaces(shown: Inspected) -> bool:
    """Whether it shares none with the host. Control groups are left out: of version 1 the engine shares the view, and Swarm cannot say otherwise."""
    host = shown["HostConfig"]
    return not any(str(host.get(kind, "")).startswith(HOST) for kind in ("NetworkMode", "PidMode", "IpcMode", "UTSMode", "UsernsMode"))


def _sees_only_its_folder(shown: Inspected) -> bool:
    """Whether of the host nothing is mounted but folders of the deployment that are meant for containers."""
    deployment = shown["Config"]["Labels"]["underdesk.deployment"]
    ours = re.compile(rf"/{deployment}/(data/[a-z-]+|frontdoor|changes)$|^/var/lib/docker/")
    copies = re.compile(rf"/{deployment}$")  # on the disk that the brief names for changes; never the deployment's own folder, where secrets lie
    sources = [mount["Source"] for mount in shown["Mounts"] if mount["Type"] == "bind"]
    return all(ours.search(source) or (copies.search(source) and Path(source) != ROOT / deployment) for source in sources)


def _rotates_logs(shown: Inspected) -> bool:
    log = shown["HostConfig"]["LogConfig"]
    return log["Type"] == "json-file" and {"max-size", "max-file"} <= set(log["Config"] or {})


CHECKS: dict[str, Callable[[Inspected], bool]] = {
    "it is not privileged": lambda shown: not shown["HostConfig"]["Privileged"],
    "no user of it is root": lambda shown: shown["Config"]["User"] not in {"", "0", "root"},
    "it has no capability": _capabilities,
    "its root is read-only": lambda shown: bool(shown["HostConfig"]["ReadonlyRootfs"]),
    "it shares no namespace with the host": _own_namespaces,
    "it does not reach the engine": lambda shown: not any("docker.sock" in str(mount["Source"]) for mount in shown["Mounts"]),
    "it sees nothing of the host but its folder": _sees_only_its_folder,
    "it has no device of the host": lambda shown: not shown["HostConfig"]["Devices"],
    "its memory is limited": lambda shown: shown["HostConfig"]["Memory"] > 0,
    "its processes are limited": lambda shown: (shown["HostConfig"]["PidsLimit"] or 0) > 0,
    "its health is watched": lambda shown: "Health" in shown["State"],
    "its system calls are filtered": lambda shown: not any("unconfined" in option for option in shown["HostConfig"]["SecurityOpt"] or []),
    "the kernel's module confines it where there is one": lambda shown: shown["AppArmorProfile"] in {"", "docker-default"},
    "its environment names no secret": lambda shown: not any(TELLING.search(line.split("=")[0]) for line in shown["Config"]["Env"] or []),
    "its log cannot fill the disk": _rotates_logs,
    "its image is said exactly": lambda shown: not shown["Config"]["Image"].split("@")[0].endswith(":latest") and ":" in shown["Config"]["Image"],
    "an init process reaps what it leaves": lambda shown: shown["HostConfig"]["Init"] is True,
}
EVERY = "every role"
# (check, role): why it does not hold there.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("its processes are limited", EVERY): (
        "the engine could (20.10 and later), but the official Docker provider's service has no such field; the memory limit ends a fork bomb instead"
    ),
}
# The mail service that passes mail on; a sink has no exception.
RELAY_EXCEPTIONS: dict[tuple[str, str], str] = {
    **EXCEPTIONS,
    ("no user of it is root", "mail"): "Postfix's master starts as root to become its own user for each part; with no new privileges it cannot go back",
    ("it has no capability", "mail"): f"Postfix's master makes its queue and becomes its own user: {', '.join(RELAY_CAPABILITIES)}, measured one by one",
}


def findings(role: str, shown: Inspected, exceptions: Mapping[tuple[str, str], str]) -> list[str]:
    """Checks that do not hold and are not excepted; and exceptions that are none any more."""
    found = []
    for check, holds in CHECKS.items():
        excepted = (check, role) in exceptions or (check, EVERY) in exceptions
        if holds(shown) == excepted:
            found.append(f"{role}: {'no exception is needed any more' if excepted else 'not so'}: {check}")
    return found
