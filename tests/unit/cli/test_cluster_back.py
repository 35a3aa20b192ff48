"""What is refused while an upgrade or a restore of a cluster is half done: whatever would open it, take it away, or forget what it needs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli import cluster_back, cluster_keep, promote
from cli.main import run
from infra.cluster.keep import restoring
from infra.cluster.upgrade import renewal
from infra.deployment import Deployment
from infra.upgrade.journal import Journal
from infra.version import Version
from runtime.errors import PlanError
from tests.unit.sample_plan import SAMPLE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a deployment on a cluster."""
    deployment = Deployment(SAMPLE, tmp_path)

    @contextmanager
    def changing(_path: Path, _name: str) -> Iterator[tuple[Any, None]]:
        yield SimpleNamespace(deployment=deployment, work=SimpleNamespace(cluster=None)), None

    @contextmanager
    def opened(*_: object, **__: object) -> Iterator[Any]:
        yield SimpleNamespace(deployment=deployment)

    monkeypatch.setattr(cluster_back, "changing", changing)
    monkeypatch.setattr(cluster_keep, "_opened", opened)
    return tmp_path


def upgrading(folder: Path) -> None:
    renewal.note(folder, Journal(started="2026-12-01", origin=1, to=Version(), phase="tables", key="a-key"))


def restoring_(folder: Path) -> None:
    restoring.note(folder, restoring.Begun("/vault", "abc", restoring.CLOSED, "before-now"))


HALF = pytest.mark.parametrize(("half", "said"), [(upgrading, "an upgrade"), (restoring_, "a restore of backup abc has not ended")], ids=["upgrade", "restore"])


@HALF
def test_the_platform_is_not_taken_away(folder: Path, half: Callable[[Path], None], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    half(folder)
    assert run(["destroy", "--inventory", "cluster.yaml", "--yes"]) == 1
    assert said in capsys.readouterr().err


@HALF
def test_no_desk_moves_in(folder: Path, half: Callable[[Path], None], said: str) -> None:
    half(folder)
    move: Any = SimpleNamespace(platform=SimpleNamespace(deployment=Deployment(SAMPLE, folder), work=SimpleNamespace(cluster=None)), desk=None)
    with pytest.raises(PlanError, match=said):
        promote._begun(move, promote.Asked(rehearse=True, confirm=False, take_back=False, replace=False, yes=True))


@pytest.mark.parametrize(
    ("command", "said"), [(["rollback"], "an upgrade is being taken back"), (["backup", "--forget"], "an upgrade has not ended")], ids=["rollback", "forget"]
)
def test_an_upgrade_keeps_what_it_needs(folder: Path, command: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    upgrading(folder)
    assert run([*command, "--inventory", "cluster.yaml", "--yes"]) == 1
    assert said in capsys.readouterr().err
