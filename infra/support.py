"""What support needs to see of a deployment: gathered part by part, so that what is broken hides nothing else."""

import json
import platform
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import psutil

from infra import live, logs
from infra.deployment import ROOT, Deployment, load
from infra.discretion import LONGEST, reduced
from infra.doctor import examine
from infra.engine import find_engine
from infra.program import LABEL
from infra.redaction import Secret, redacted
from infra.state import PROJECT
from runtime import files

LOG_SPAN_S: Final = 3600
LOG_CHARACTERS: Final = 2_000_000
FILE_BYTES: Final = 4_000_000
PACKAGES: Final = ("underdesk", "ansible-core", "pulumi", "pulumi-docker", "docker", "pydantic", "typer", "locust")
SECRET_MARK: Final = "4dabf18193072939515e22adb298388d"  # noqa: S105 - the key by which Pulumi marks a secret in its state

Members = Mapping[str, str]


@dataclass(frozen=True)
class Gathered:
    """Texts by their name in the bundle, and why parts are missing, by the name of the part."""

    members: Mapping[str, str]
    missing: Mapping[str, str]


def gather(name: str, known: Sequence[Secret]) -> Gathered:
    """Return everything that there is of the deployment called ``name`` ("": only of the machine); no secret of ``known`` is cut in two."""
    members, missing = dict[str, str](), dict[str, str]()
    for part, collect in _parts(name, known).items():
        try:
            found = collect()
        except Exception as problem:  # noqa: BLE001 - a bundle is asked for when anything may be broken
            missing[part] = f"{type(problem).__name__}: {problem}".removeprefix("PlanError: ")
            continue
        if not found:
            missing[part] = "there is none"
        members.update(found)
    return Gathered(members, missing)


def _parts(name: str, known: Sequence[Secret]) -> dict[str, Callable[[], Members]]:
    machine: dict[str, Callable[[], Members]] = {
        "versions": lambda: _json("versions.json", _versions()),
        "machine": lambda: {**_json("machine.json", _machine()), **_file(Path("/etc/os-release"), "os-release")},
        "engine": lambda: _json("engine.json", _engine()),
        "doctor": lambda: _json("doctor.json", [{**vars(found), "ok": found.ok} for found in examine()]),
    }
    if not name:
        return machine
    folder = ROOT / name
    return {
        **machine,
        "plan": lambda: {**_file(folder / "plan.json"), **_file(folder / "plan.pending.json")},
        "record": lambda: _file(folder / "deployment.json"),
        "front door's configuration": lambda: _file(folder / "frontdoor" / "haproxy.cfg", "frontdoor/haproxy.cfg"),
        "packages of the images": lambda: _files(folder, "images/*.txt"),
        "backups and drills": lambda: {**_files(folder, "keep/scheduled.log*"), **_files(folder, "keep/last-*.json")},
        "updates": lambda: _file(folder / "updates.json"),
        "versions that ran": lambda: _files(folder, "history/*/*"),
        "last results": lambda: _files(folder, "tests/last-*.json"),
        "state": lambda: _state(folder, name),
        "status": lambda: _json("status.json", _status(load(name))),
        "services and tasks": lambda: _services(name),
        "logs": lambda: _logs(name, known),
    }


def _json(member: str, value: object) -> Members:
    return {member: json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n"}


def _file(path: Path, member: str = "") -> Members:
    """Return a file's text, however damaged it is."""
    if not path.exists():
        return {}
    if path.stat().st_size > FILE_BYTES:
        raise ValueError(f"{path} is larger than {FILE_BYTES:,} bytes")
    return {member or path.name: path.read_bytes().decode("utf-8", "backslashreplace")}


def _files(folder: Path, pattern: str) -> Members:
    return {member: text for path in sorted(folder.glob(pattern)) for member, text in _file(path, str(path.relative_to(folder))).items()}


def _versions() -> dict[str, Any]:
    engine = find_engine()
    return {
        "python": platform.python_version(),
        "kernel": platform.release(),
        "packages": {package: metadata.version(package) for package in PACKAGES},
        "pulumi_engine": {"version": engine.version, "origin": engine.origin} if engine else None,
    }


def _machine() -> dict[str, Any]:
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    frequency = psutil.cpu_freq()
    return {
        "taken_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "booted_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(psutil.boot_time())),
        "cpu": {"cores": psutil.cpu_count(), "architecture": platform.machine(), "load": psutil.getloadavg(), "mhz": frequency.max if frequency else None},
        "memory": {**memory._asdict(), "swap": swap._asdict()},
        "disks": {part.mountpoint: {"device": part.device, "type": part.fstype, **_disk(part.mountpoint)} for part in psutil.disk_partitions()},
        "platform_folder": {"path": str(ROOT), **(_disk(str(ROOT)) if ROOT.exists() else {})},
    }


def _disk(path: str) -> dict[str, int]:
    used = shutil.disk_usage(path)
    return {"total": used.total, "used": used.used, "free": used.free}


def _engine() -> dict[str, Any]:
    client = live.engine_client()
    return {"info": client.info(), "version": client.version()}


def _status(deployment: Deployment) -> dict[str, Any]:
    return {
        "urls": deployment.urls,
        "interrupted": deployment.interrupted,
        "applied_at": deployment.record().get("applied_at"),
        "services": {role: {"running": running, "wanted": wanted} for role, (running, wanted) in live.tasks(deployment).items()},
        "drift": [str(found) for found in live.drift(deployment)],
    }


def _services(name: str) -> Members:
    client = live.engine_client()
    mine = {"label": f"{LABEL}={name}"}
    services = [service.attrs for service in client.services.list(filters=mine)]
    tasks = [task for service in services for task in client.api.tasks({"service": service["ID"]})]  # type: ignore[no-untyped-call]
    return {**_json("services.json", services), **_json("tasks.json", tasks)} if services else {}


def _state(folder: Path, name: str) -> Members:
    """Return Pulumi's state without what is secret in it, enciphered or not, and without what would help to guess the passphrase."""
    path = folder / "pulumi" / ".pulumi" / "stacks" / PROJECT / f"{name}.json"
    return _json("pulumi-state.json", _open(json.loads(files.read(path)))) if path.exists() else {}


def _open(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, dict):
        return "[secret]" if SECRET_MARK in value else {key: "[left out]" if key == "secrets_providers" else _open(inner) for key, inner in value.items()}
    return [_open(inner) for inner in value] if isinstance(value, list) else value


def _logs(name: str, known: Sequence[Secret]) -> Members:
    """Return what each role has said in the last hour, the newest where it is too much."""
    client = live.engine_client()
    by_role: dict[str, list[logs.Source]] = {}
    for source in logs.sources(client, name):
        by_role.setdefault(source.role, []).append(source)
    since = time.time() - LOG_SPAN_S
    return {f"logs/{role}.log": "".join(_newest(logs.past(client, of, since), known)) for role, of in by_role.items()}


def _newest(lines: Iterable[logs.Line], known: Sequence[Secret]) -> Iterator[str]:
    kept, size = deque[str](), 0
    for line in lines:
        whole = redacted(line.text, known) if len(line.text) > LONGEST else line.text
        kept.append(f"{line.time} {line.container} {reduced(whole)}\n")
        size += len(kept[-1])
        while size > LOG_CHARACTERS:
            size -= len(kept.popleft())
    yield from kept
