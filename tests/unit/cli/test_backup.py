"""``plan backup``, ``plan restore``: what would be passed over in silence is refused, and what is removed is shown and asked for."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli import main
from infra import credentials, live
from infra import deployment as deployments
from infra.keep import backup, due, places
from infra.keep.repository import Snapshot
from infra.upgrade import daily, journal
from infra.version import Version
from runtime import behind
from runtime.errors import PlanError
from tests.unit.sample_plan import SAMPLE

NOW = (datetime.now(UTC) - timedelta(days=1)).replace(hour=12)  # minutes apart lie on one day, as the policy counts them


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(deployments, "ROOT", tmp_path)
    monkeypatch.setattr(live, "is_administrator", lambda: True)
    monkeypatch.setattr(behind, "people", lambda: None)
    made = tmp_path / SAMPLE.platform.name
    credentials.ensure(made)
    (made / "plan.json").write_text(SAMPLE.model_dump_json())
    return made


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["backup", "--list", "--forget"], 2, ("two things", "one of them")),
        (["backup", "--forget", "--scheduled"], 2, ("two things", "one of them")),
        (["backup", "--scheduled", "--to", "/mnt/stick"], 2, ("takes no --to", "where the plan says")),
        (["backup", "--scheduled", "--json"], 2, ("takes no --json", "leave it out")),
        (["restore", "--at", ""], 1, ("is no time", "write it as")),
        (["restore", "--at", "", "--backup", "9ff5a2aa"], 1, ("is no time", "write it as")),
    ],
)
def test_a_wish_that_cannot_be_meant_is_one_line_and_the_mend(
    arguments: list[str], code: int, words: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(arguments) == code
    error, hint = capsys.readouterr().err.splitlines()
    assert words[0] in error
    assert words[1] in hint


def test_an_upgrade_that_changes_tables_keeps_its_backup(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    did: list[str] = []
    for called in ("take", "forget"):
        monkeypatch.setattr(backup, called, lambda *_, called=called, **__: did.append(called))
    for room, asked, answer in ((due, "backup_due", True), (due, "drill_due", False), (daily, "due", False)):
        monkeypatch.setattr(room, asked, lambda *_, answer=answer: answer)
    journal.write(folder, journal.Journal(started="2026-12-01", origin=1, to=Version(), phase="test", key="a-key"))
    assert main.run(["backup", "--scheduled"]) == 0
    assert main.run(["backup", "--forget"]) == 1
    assert "an upgrade has not ended, and may need its backup" in capsys.readouterr().err
    journal.remove(folder)
    assert main.run(["backup", "--scheduled"]) == 0
    assert did == ["take", "take", "forget"]


@pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed")
def test_what_is_no_longer_kept_is_shown_and_asked_for_and_then_removed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repository = places.repository(deployments.load())
    repository.ensure()
    ages = [timedelta(minutes=minutes) for minutes in (3, 2, 1, 0)]
    (folder / "post").write_text("hello")
    made = [repository.take(folder, ["post"], Snapshot("", NOW - age, "", "by hand", ""), lambda _: None)[:8] for age in ages]
    assert main.run(["backup", "--forget"]) == 1
    said = capsys.readouterr().err
    assert [one in said for one in made] == [True, True, False, False]
    assert "add --yes" in said
    assert len(repository.snapshots()) == len(made)
    assert main.run(["backup", "--forget", "--yes", "--json"]) == 0
    assert [one["id"] for one in json.loads(capsys.readouterr().out)["removed"]] == made[:2]
    assert [one.id for one in repository.snapshots()] == made[2:]
    assert main.run(["backup", "--forget"]) == 0
    assert "0 backups removed" in capsys.readouterr().out


def test_what_fails_elsewhere_does_not_hold_the_schedule_back(folder: Path) -> None:
    assert main.run(["backup", "--to", str(folder.parent / "mistyped" / "stick")]) == 1
    assert not (folder / "keep").exists()
    assert backup.last(deployments.load()) == {}


@pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed")
def test_removing_that_fails_is_recorded(folder: Path) -> None:
    (folder / "backups" / "config").parent.mkdir()
    (folder / "backups" / "config").write_text("damaged")
    with pytest.raises(PlanError):
        backup.forget(deployments.load(), lambda _: None)
    assert "old backups could not be removed" in backup.last(deployments.load())["problem"]
