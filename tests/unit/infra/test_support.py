"""The bundle holds what a problem with backups, drills or updates needs, and no secret with it."""

import io
import tarfile
from pathlib import Path

import pytest

from infra import support
from infra.bundle import archive
from infra.redaction import secrets

KEPT = (
    "keep/scheduled.log",
    "keep/scheduled.log.1",
    "keep/last-backup.json",
    "keep/last-drill.json",
    "keep/last-updates.json",
    "updates.json",
    "history/3/entry.json",
    "history/3/plan.json",
)


def test_what_backups_drills_and_updates_left_is_in_it_without_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pilot"
    for name in (*KEPT, "secrets/s3", "keep/work/database.sql"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI\n" if name == "secrets/s3" else f"{name}: wJalrXUtnFEMI is refused\n")
    monkeypatch.setattr(support, "ROOT", tmp_path)
    for part in ("_services", "_logs", "_versions", "_machine", "_engine", "examine", "load"):
        monkeypatch.setattr(support, part, dict)
    known = secrets(folder)
    made = archive(support.gather("pilot", known), known, "bundle", "pilot")
    with tarfile.open(fileobj=io.BytesIO(made)) as tar:
        said = {member.name.removeprefix("bundle/"): (tar.extractfile(member) or io.BytesIO()).read().decode() for member in tar}
    assert [name for name in KEPT if said.get(name) != f"{name}: [secret: s3] is refused\n"] == []
    assert "keep/work/database.sql" not in said
