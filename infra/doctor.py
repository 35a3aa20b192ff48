"""What a command needs of this machine, checked line by line, each with the mend."""

import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

from infra import acme, certificates, clock, filesystem, live
from infra.deployment import ROOT, Deployment, load, names
from infra.engine import find_engine, find_provider
from infra.finding import Finding
from infra.keep import places, trial
from infra.ports import answers, holder
from runtime.errors import PlanError

GIB = 1024**3
LEAST_DISK_GIB, LEAST_MEMORY_GIB = 10, 3
OLDEST_PYTHON = (3, 11)
HTTP, HTTPS = 80, 443
SCHEDULES, SCHEDULER = Path("/etc/cron.d"), "cron"


def examine() -> list[Finding]:
    """Return a finding for everything that a command needs."""
    checks: list[Callable[[], Finding]] = [_python, _rights, _engine, _disk, _file_system, _memory, _clock, _pulumi]
    findings = [check() for check in checks]
    for name in names():
        findings += _deployment(name)
    return findings if names() else [*findings, _free_ports(HTTP, HTTPS)]


def of_this_side() -> list[Finding]:
    """Return a finding for everything that a command needs here, where the platform is on other hosts."""
    return [_python(), _clock(), _pulumi()]


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    mend = "" if sys.version_info >= OLDEST_PYTHON else "install Python 3.11 or newer, then run 'make setup'"
    return Finding("python", version, mend)


def _rights() -> Finding:
    if live.is_administrator():
        return Finding("rights", "administrator")
    return Finding("rights", "not the administrator", "run deploy, test and destroy with sudo")


def _engine() -> Finding:
    if not shutil.which("dockerd"):
        return Finding("engine", "not installed yet; 'plan deploy' installs it")
    try:
        answer = live.engine_client().info()
    except PlanError as problem:
        return Finding("engine", problem.message, problem.hint)
    return Finding("engine", f"Docker {answer['ServerVersion']}, swarm {answer['Swarm']['LocalNodeState']}, {answer['Driver']}")


def _disk() -> Finding:
    folder = ROOT if ROOT.exists() else ROOT.parent
    free = shutil.disk_usage(folder).free / GIB
    return Finding("disk", f"{free:.0f} GiB free in {folder}", "" if free > LEAST_DISK_GIB else f"free some: {LEAST_DISK_GIB} GiB at least")


def _file_system() -> Finding:
    judged = filesystem.judge(ROOT)
    return Finding("file system", judged.said, judged.mend)


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    said = f"{memory.available / GIB:.1f} of {memory.total / GIB:.1f} GiB available"
    return Finding("memory", said, "" if memory.total / GIB > LEAST_MEMORY_GIB else f"a desk needs {LEAST_MEMORY_GIB} GiB at least")


def _clock() -> Finding:
    known = list(_loadable())
    said = [line for line in (clock.behind(), *(line for one in known for line in (clock.behind(one), *clock.ahead(one)))) if line]
    if said:
        return Finding("clock", "; ".join(dict.fromkeys(said)), clock.MEND)
    return Finding("clock", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()))


def _loadable() -> Iterator[Deployment]:
    for name in names():
        with suppress(PlanError):
            yield load(name)


def _pulumi() -> Finding:
    engine = find_engine()
    if engine is None:
        return Finding("pulumi", "no engine yet; 'plan deploy' installs it, or builds it with Go")
    found = [find_provider(ROOT / name / "pulumi-home") for name in names()]
    provider = ", ".join(sorted({provider.origin for provider in found if provider})) or "chosen at the first deploy"
    return Finding("pulumi", f"engine {engine.version} ({engine.origin}); Docker provider: {provider}")


def _deployment(name: str) -> Iterator[Finding]:
    try:
        deployment = load(name)
    except PlanError as problem:
        yield Finding(f"plan of {name}", str(problem), problem.hint)
        return
    yield _names(deployment)
    yield _ports(deployment)
    yield _certificate(deployment)
    yield schedule(deployment)
    yield _leftovers(deployment)
    yield _backups(deployment)


def _names(deployment: Deployment) -> Finding:
    lost = [host for host in deployment.plan.platform.names if not _resolves(host)]
    subject = f"names of {deployment.name}"
    if not lost:
        return Finding(subject, "all resolve")
    return Finding(subject, f"{', '.join(lost)} does not resolve here", f"add it to DNS, or to /etc/hosts: {deployment.address} {' '.join(lost)}")


def _resolves(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None))
    except OSError:
        return False


def _ports(deployment: Deployment) -> Finding:
    closed = [port for port in deployment.ports if not answers(port)]
    subject = f"ports of {deployment.name}"
    if closed:
        return Finding(subject, f"nothing answers on {', '.join(map(str, closed))}", "run 'plan deploy'")
    return Finding(subject, f"{', '.join(map(str, deployment.ports))} answer")


def _free_ports(*ports: int) -> Finding:
    taken = [port for port in ports if answers(port)]
    if taken:
        held = ", ".join(f"{port} ({holder(port)})" for port in taken)
        return Finding("ports", f"taken: {held}", "stop what holds them, or name others in brief.yaml (infrastructure.ports)")
    return Finding("ports", f"{', '.join(map(str, ports))} are free")


def _certificate(deployment: Deployment) -> Finding:
    subject = f"certificate of {deployment.name}"
    if by_acme := acme.standing(deployment):
        return Finding(subject, by_acme.said, acme.MEND if by_acme.late else "")
    end = certificates.ends(deployment.folder)
    if end is None:
        return Finding(subject, "not there or not readable", "run 'plan deploy'")
    soon = end - datetime.now(UTC) < certificates.RENEW_BEFORE
    return Finding(subject, f"good until {end:%Y-%m-%d}", "run 'plan deploy': it renews its own; of the company's, bring the new files" if soon else "")


def schedule(deployment: Deployment) -> Finding:
    """Tell whether what is due is done by itself: backups, drills."""
    subject = f"schedule of {deployment.name}"
    if not deployment.plan.platform.backup.scheduled:
        return Finding(subject, "nothing runs by itself, as the plan says")
    if not (SCHEDULES / f"underdesk-{deployment.name}").is_file():
        return Finding(subject, "not there: no backup and no drill runs by itself", "run 'plan deploy'")
    if not any(process.info["name"] == SCHEDULER for process in psutil.process_iter(["name"])):
        return Finding(subject, f"{SCHEDULER} does not run: no backup and no drill comes by itself", f"start it: service {SCHEDULER} start")
    return Finding(subject, f"{SCHEDULER} runs it")


def _leftovers(deployment: Deployment) -> Finding:
    subject = f"deploy of {deployment.name}"
    if deployment.record() and not deployment.interrupted:
        return Finding(subject, "ended well")
    return Finding(subject, "did not end", "run 'plan deploy' again: it goes on where it stopped")


def _backups(deployment: Deployment) -> Finding:
    subject = f"backups of {deployment.name}"
    if not live.is_administrator():
        return Finding(subject, "not tried: only the administrator has the key")
    problem = trial.trouble(deployment)
    if problem:
        return Finding(subject, str(problem), problem.hint)
    return Finding(subject, f"{places.repository(deployment).place} can be used")
