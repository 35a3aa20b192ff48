"""A place where no backup can go is said when it is deployed, not found out by the first that fails."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from infra import credentials, doctor, live
from infra.deployment import Deployment
from infra.keep import backup, memory, places, trial
from runtime.errors import PlanError
from sizing.plan import Backup

needs_restic = pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed")


def to(deployment: Deployment, place: str) -> Deployment:
    platform = deployment.plan.platform.model_copy(update={"backup": Backup(to=place)})
    return replace(deployment, plan=deployment.plan.model_copy(update={"platform": platform}))


@pytest.fixture
def deployed(deployment: Deployment) -> Deployment:
    credentials.ensure(deployment.folder)
    return deployment


@pytest.mark.parametrize("place", ["{folder}/data", "{folder}", "{folder}/..", "s3:nowhere", "s3:https://s3.test:99999/bucket"])
def test_what_can_never_hold_backups_is_refused(deployment: Deployment, place: str) -> None:
    inside = deployment.folder.with_name(deployment.name)
    (inside / "data").mkdir(parents=True)
    with pytest.raises(PlanError):
        trial.notes(to(replace(deployment, folder=inside), place.format(folder=inside)))


@needs_restic
def test_what_cannot_be_reached_is_said_with_the_mend(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "one")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "two")
    (note,) = trial.notes(to(deployed, "s3:http://127.0.0.1:1/bucket"))
    assert "the connection is refused" in note
    assert "infrastructure.backup.to" in note


@needs_restic
def test_an_empty_place_is_good_until_backups_were_there(deployed: Deployment, tmp_path: Path) -> None:
    there = to(deployed, str(tmp_path))
    assert trial.notes(there) == []
    assert not Path(places.repository(there).place).exists()
    memory.succeeded(there.folder / backup.LAST, {"place": places.repository(there).place})
    (note,) = trial.notes(there)
    assert "is the disk mounted?" in note


def test_before_the_first_deploy_there_is_nothing_to_try_with(deployment: Deployment) -> None:
    assert trial.notes(deployment) == []
    assert not list(deployment.folder.iterdir())


@needs_restic
def test_the_doctor_tries_it(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "is_administrator", lambda: True)
    assert doctor._backups(deployed).ok
    (deployed.folder / "secrets" / "backup").unlink()
    assert "your copy" in doctor._backups(deployed).mend
