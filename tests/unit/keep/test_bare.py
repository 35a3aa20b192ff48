"""A bare restore touches nothing where a platform is, and never brings back less than the backups hold by now."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from infra import deploy, hosts
from infra.deployment import Deployment
from infra.keep import bare, journal, staging
from infra.keep.journal import Journal
from infra.keep.repository import Snapshot
from infra.keep.restore import Request
from runtime import files
from runtime.errors import PlanError
from tests.unit.keep.platform import NOW, Backups
from tests.unit.sample_plan import SAMPLE

THERE = Snapshot("abc", NOW, "pilot", "", "")


LATER = Snapshot("new", NOW + timedelta(seconds=1), "pilot", "", "")


class BeganAnewError(Exception):
    """The backup was fetched."""


class UsedError(Exception):
    """What was made was put in its place and is started."""


@pytest.fixture
def backups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backups:
    def fetched(*_: object, **__: object) -> NoReturn:
        raise BeganAnewError

    def started(*_: object) -> NoReturn:
        raise UsedError

    monkeypatch.setattr(deploy, "apply", started)
    monkeypatch.setattr(bare, "ROOT", tmp_path)
    monkeypatch.setattr(staging, "fetch", fetched)
    monkeypatch.setattr(hosts, "converge", fetched)
    return Backups(str(tmp_path / "backups"), tmp_path / "key", held=(THERE,))


def silent(_line: str) -> None:
    """Say nothing."""


def test_a_platform_that_is_there_is_refused_before_anything_is_fetched_or_changed(deployment: Deployment, backups: Backups) -> None:
    with pytest.raises(PlanError, match="is there already"):
        bare.restore(backups, deployment.folder.name, Request(), silent)
    assert not (deployment.folder.parent / ".pilot.restoring").exists()


@pytest.mark.parametrize(
    ("request_", "there", "copied", "becomes"),
    [
        (Request(), (THERE,), "", UsedError),
        (Request(), (THERE, LATER), "", BeganAnewError),
        (Request(), (THERE,), "/mnt/changes", BeganAnewError),
        (Request(wanted="abc"), (THERE, LATER), "/mnt/changes", UsedError),
    ],
)
def test_what_an_interrupted_one_made_is_used_only_where_nothing_later_is_wanted(
    backups: Backups, request_: Request, there: tuple[Snapshot, ...], copied: str, becomes: type[Exception]
) -> None:
    made = backups.key_file.parent / ".pilot.restoring"
    backup = SAMPLE.platform.backup.model_copy(update={"changes_to": copied})
    files.write(made / "plan.json", SAMPLE.model_copy(update={"platform": SAMPLE.platform.model_copy(update={"backup": backup})}).model_dump_json())
    journal.write(made, Journal(place=backups.place, request=str(request_), again=request_.command, snapshot="abc", taken=NOW, replayed=(), counts={}))
    with pytest.raises(becomes):
        bare.restore(replace(backups, held=there), "pilot", request_, silent)


def test_what_backups_are_read_with_is_installed_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []
    monkeypatch.setattr(hosts, "install_backup_programs", lambda _say: installed.append("restic"))
    monkeypatch.setattr(shutil, "which", lambda program: None if program == "restic" and not installed else f"/usr/bin/{program}")
    bare.make_ready(lambda _line: None)
    bare.make_ready(lambda _line: None)
    assert installed == ["restic"]
