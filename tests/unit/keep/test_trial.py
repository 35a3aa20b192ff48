"""A place where no backup can go is said when it is deployed, not found out by the first that fails."""

import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from cli.deploy import _backups_tried
from infra import checks, credentials, doctor, live
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
def test_what_can_never_hold_backups_is_refused(deployment: Deployment, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = deployment.folder.with_name(deployment.name)
    (inside / "data").mkdir(parents=True)
    monkeypatch.setattr(live, "is_administrator", lambda: True)
    monkeypatch.setattr(live, "elsewhere", lambda: False)
    with pytest.raises(PlanError, match=r"inside the data|no place for backups"):
        checks.before_deploy(to(replace(deployment, folder=inside), place.format(folder=inside)), "local")


@needs_restic
def test_what_cannot_be_reached_is_said_with_the_mend(deployed: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "one")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "two")
    refused = to(deployed, "s3:http://127.0.0.1:1/bucket")
    assert _backups_tried(refused)
    said = capsys.readouterr().err
    assert "note: no backup can be taken now" in said
    assert "connection refused" in said
    assert "is its server up" in said


@needs_restic
def test_what_does_not_answer_is_given_up_soon(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "PATIENCE_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        problem = trial.trouble(to(deployed, f"s3:http://127.0.0.1:{silent.getsockname()[1]}/bucket"))
    assert problem is not None
    assert problem.message == "does not answer"


@needs_restic
def test_an_empty_place_is_good_until_backups_were_there(deployed: Deployment, tmp_path: Path) -> None:
    there = to(deployed, str(tmp_path))
    assert trial.trouble(there) is None
    assert not Path(places.repository(there).place).exists()
    memory.succeeded(there.folder / backup.LAST, {"place": places.repository(there).place})
    problem = trial.trouble(there)
    assert problem is not None
    assert problem.hint == "is the disk mounted?"


def test_before_the_first_deploy_there_is_nothing_to_try_with(deployment: Deployment) -> None:
    assert not _backups_tried(deployment)
    assert not list(deployment.folder.iterdir())


@needs_restic
def test_the_doctor_tries_it(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "is_administrator", lambda: True)
    assert doctor._backups(deployed).ok
    (deployed.folder / "secrets" / "backup").unlink()
    assert "your copy" in doctor._backups(deployed).mend
