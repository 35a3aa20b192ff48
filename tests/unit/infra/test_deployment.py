"""Which folders are deployments: those whose plan is of their name, and none that was put aside."""

import shutil
from pathlib import Path

import pytest

from cli import main
from infra import deployment
from infra.deployment import load, names
from runtime.errors import PlanError
from tests.unit.sample_plan import SAMPLE

NAME = SAMPLE.platform.name


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(deployment, "ROOT", tmp_path)
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "plan.json").write_text(SAMPLE.model_dump_json())
    return tmp_path


@pytest.mark.parametrize("aside", [f"{NAME}-old", f"{NAME}.before-20261128T120000", f".{NAME}.restoring", f"{NAME}/data.before-20261128T120000"])
def test_a_folder_that_was_put_aside_is_no_deployment(aside: str, home: Path) -> None:
    shutil.copytree(home / NAME, home / "copy")
    (home / "copy").rename(home / aside)
    assert names() == [NAME]
    assert load().folder == home / NAME
    with pytest.raises(PlanError, match=f"no deployment is called {aside}"):
        load(aside)


def test_what_runs_is_not_destroyed_by_the_name_of_a_folder_that_was_put_aside(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / NAME).rename(home / f"{NAME}-old")
    monkeypatch.setattr("cli.destroy.live.need_administrator", lambda _: None)
    assert main.run(["destroy", "--yes", "--delete-data", f"{NAME}-old"]) == 1
    assert f"no deployment is called {NAME}-old" in capsys.readouterr().err


def test_a_deployment_being_made_and_one_whose_plan_is_damaged_are_deployments(home: Path) -> None:
    (home / NAME / "plan.json").rename(home / NAME / "plan.pending.json")
    (home / "damaged").mkdir()
    (home / "damaged" / "plan.json").write_text("{")
    assert names() == ["damaged", NAME]
    with pytest.raises(PlanError, match="is no plan"):
        load("damaged")
