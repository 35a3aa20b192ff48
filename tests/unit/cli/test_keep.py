"""What people must know to keep their work is said where they look: the key, what a restore left, what a deletion takes along."""

import json
from pathlib import Path

import pytest
import typer

from cli import deploy, destroy, main
from infra import deploy as deploying
from infra import deployment as deployments
from infra import live
from infra.deployment import RECORDED, Deployment
from infra.keep import bare, journal, key
from infra.keep import restore as bringing
from infra.keep.restore import Request
from runtime import behind
from tests.unit.sample_plan import SAMPLE


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    made = Deployment(SAMPLE, tmp_path / "sample")
    made.folder.mkdir()
    (made.folder / "plan.json").write_text(SAMPLE.model_dump_json())
    for module in (deployments, bare, destroy, deploying):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(live, "need_administrator", lambda _: None)
    monkeypatch.setattr(behind, "people", lambda: None)
    return made


@pytest.fixture
def deployed(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    def applied(*_: object) -> list[str]:
        (deployment.folder / "deployment.json").write_text(json.dumps({"live": {kind: {} for kind in RECORDED}}))
        return ["a service"]

    monkeypatch.setattr(deploy, "before_deploy", lambda *_: [])
    monkeypatch.setattr(deploying, "propose", lambda *_: deploying.Proposal(("a folder",)))
    monkeypatch.setattr(deploying, "apply", applied)
    return deployment


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every question that is asked; the answer is no."""
    asked: list[str] = []

    def no(question: str, **_: object) -> bool:
        asked.append(question)
        return False

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(typer, "confirm", no)
    return asked


def test_the_first_deploy_says_that_the_key_must_be_copied_and_later_ones_do_not(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(deployed.folder / "plan.json")
    assert main.run(["deploy", plan, "--yes"]) == 0
    assert key.advice(deployed.folder) in capsys.readouterr().out
    assert main.run(["deploy", plan, "--yes"]) == 0
    assert "safe" not in capsys.readouterr().out


def test_a_deploy_names_an_interrupted_restore_and_drops_it_when_it_has_opened_the_platform(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    (deployed.folder / journal.WORK).mkdir()
    assert main.run(["deploy", str(deployed.folder / "plan.json"), "--dry-run"]) == 0
    assert (deployed.folder / journal.WORK).exists()
    assert main.run(["deploy", str(deployed.folder / "plan.json"), "--yes"]) == 0
    assert "a restore was interrupted" in capsys.readouterr().err
    assert not (deployed.folder / journal.WORK).exists()


def test_status_leads_to_the_end_of_a_restore_and_not_to_a_deploy(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "tasks", lambda _: {})
    monkeypatch.setattr(live, "drift", lambda _: [live.Drift("task", "blogs", "0 of 1 run")])
    monkeypatch.setattr(live, "engine_client", lambda: None)
    (deployment.folder / journal.WORK).mkdir()
    assert main.run(["status"]) == 0
    found = capsys.readouterr()
    assert "a restore was begun and has not ended" in found.out
    assert "next: end the restore" in found.err


@pytest.mark.parametrize("destroyed", [False, True])
def test_who_deletes_the_data_is_told_of_the_key_and_of_the_backups_that_go_with_it(deployment: Deployment, questions: list[str], *, destroyed: bool) -> None:
    if destroyed:
        (deployment.folder / "plan.json").rename(deployment.folder / "plan.removed.json")
    (deployment.folder / "backups").mkdir()
    assert main.run(["destroy", "--delete-data", "sample"]) == 1
    assert str(deployment.folder / "backups") in questions[0]
    assert f"copy {deployment.folder}/secrets/backup first" in questions[0]


def test_backups_that_lie_elsewhere_are_not_said_to_be_deleted(deployment: Deployment, questions: list[str]) -> None:
    assert main.run(["destroy", "--delete-data", "sample"]) == 1
    assert str(deployment.folder / "backups") not in questions[0]


def test_the_help_of_destroy_names_key_and_backups(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main.run(["destroy", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "key" in said
    assert "backups" in said


@pytest.mark.parametrize(("option", "wanted"), [(["--backup", "9ff5a2aa"], "9ff5a2aa"), ([], "")])
def test_the_state_of_the_backup_that_was_named_is_brought_back(
    deployment: Deployment, option: list[str], wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Request] = []

    def back(_deployment: object, _repository: object, request: Request, _say: object) -> Path:
        seen.append(request)
        return deployment.folder

    monkeypatch.setattr(bringing, "state_back", back)
    assert main.run(["restore", "--state", "--from", str(deployment.folder.parent / "elsewhere"), "--yes", *option]) == 0
    assert [request.wanted for request in seen] == [wanted]
