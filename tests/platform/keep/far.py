"""What must hold of backups at any place: taken, listed, proved, brought back byte by byte, forgotten."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.deployment import Deployment
from infra.keep import places
from infra.keep.repository import Policy, Repository, Snapshot
from runtime.errors import PlanError

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
TEXT, PICTURE = "keep/work/manifest.json", "data/uploads/Straßenfest 2026.jpg"


def filled(folder: Path) -> Path:
    """A small folder as a deployment has it, with its key."""
    for name, content in (("secrets/backup", os.urandom(16).hex().encode()), (TEXT, b'{"version": 1}'), (PICTURE, os.urandom(3_000_000)), ("data/empty", b"")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def taken(repository: Repository, folder: Path, days_ago: int = 0) -> str:
    heard: list[dict[str, Any]] = []
    made = repository.take(folder, ["keep/work", "data"], Snapshot("", NOW - timedelta(days=days_ago), "sample", "by a test", ""), heard.append)
    assert heard[-1]["message_type"] == "summary"
    return made


def comes_back(repository: Repository, folder: Path, to: Path) -> None:
    """A backup that is taken is listed, proved, and the same bytes; a second one says nothing new of the place."""
    assert repository.ensure()
    made = taken(repository, folder)
    assert not repository.ensure()
    (listed,) = repository.snapshots()
    assert made.startswith(listed.id)
    assert (listed.time, listed.name, listed.why) == (NOW, "sample", "by a test")
    repository.check(share_percent=100)
    assert repository.text(listed.id, TEXT) == (folder / TEXT).read_text()
    assert {entry["path"] for entry in repository.files(listed.id)} >= {f"/{TEXT}", f"/{PICTURE}", "/data/empty"}
    repository.restore(listed.id, to, verify=True)
    assert (to / PICTURE).read_bytes() == (folder / PICTURE).read_bytes()


def is_forgotten(repository: Repository, folder: Path) -> None:
    """Of several backups of one day the policy keeps the last, and never less than two."""
    repository.ensure()
    for _ in range(3):
        taken(repository, folder)
    before = [one.id for one in repository.snapshots()]
    repository.forget(Policy(daily=1, weekly=1, monthly=1))
    assert [one.id for one in repository.snapshots()] == before[-2:]
    repository.check(share_percent=100)


def is_found_on_a_bare_machine(deployment: Deployment, place: str) -> None:
    """With the key alone: by the folder of all deployments and a name, and by the folder of this one."""
    key, name = deployment.folder / "secrets" / "backup", deployment.name
    ours = [one.id for one in places.repository(deployment, place).snapshots()]
    for base, named in ((place, name), (f"{place}/{name}", name), (f"{place}/{name}", "")):
        found = places.elsewhere(base, key, named)
        assert found.name == name
        assert [one.id for one in found.at.snapshots()] == ours


def refused(repository: Repository, words: str, mend: str) -> None:
    """Whatever is asked of the place, one line says what is wrong, and one how to mend it."""
    for ask in (repository.snapshots, repository.ensure):
        with pytest.raises(PlanError, match=words) as problem:
            ask()
        assert mend in problem.value.hint
        assert problem.value.where
