"""``plan upgrade --inventory``: what is shown, asked, refused and answered, and the exit codes of the desk's."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli import cluster_upgrade
from cli.main import run
from infra.cluster.standing import Standing
from infra.cluster.upgrade import perform, renewal
from infra.cluster.upgrade.pending import OnHost, Pending
from infra.upgrade.journal import Journal
from infra.upgrade.perform import Outcome
from infra.upgrade.updates import Update
from infra.version import Version
from tests.unit.cluster.test_condition import there

ASKED = ["upgrade", "--inventory", "cluster.yaml"]
KRB5 = Update(package="libkrb5-3", old="1.21.3-5+deb13u1", new="1.21.3-5+deb13u2", security=True)
RUNC = Update(package="runc", old="1.1.15", new="1.1.16", security=True)
TAR = Update(package="tar", old="1.35", new="1.36", security=False)


class Scene:
    """A cluster of which nothing is real: what is pending, and what became of an upgrade."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.standing: Standing = there(folder)
        self.pending = Pending("2026-11-29T20:00:00+00:00", {"mail": (KRB5,)}, {"node-1": OnHost((RUNC, TAR), ("the container engine",)), "node-2": OnHost()})
        self.outcome = Outcome(("libkrb5-3 1 -> 2, in mail",), "a-backup", ())
        self.did: list[str] = []
        monkeypatch.setattr(cluster_upgrade, "looked", self._looked)
        monkeypatch.setattr(cluster_upgrade, "pending", lambda _there: self.pending)
        monkeypatch.setattr(cluster_upgrade, "changing", self._changing)
        monkeypatch.setattr(perform, "begin", lambda _platform, renew: self._does(f"begin {','.join(sorted(renew))}", "begun"))
        monkeypatch.setattr(perform.Attempt, "carry_out", lambda _self, begun: self._does(f"carry out {getattr(begun, 'phase', begun)}", self.outcome))

    @contextmanager
    def _looked(self, _path: Path, _name: str) -> Iterator[Standing]:
        yield self.standing

    @contextmanager
    def _changing(self, _path: Path, _name: str) -> Iterator[tuple[Any, None]]:
        yield SimpleNamespace(deployment=self.standing.deployment), None

    def _does(self, what: str, answer: Any) -> Any:  # noqa: ANN401 - of each its own
        self.did.append(what)
        return answer


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tmp_path, monkeypatch)


def test_a_look_names_image_host_old_new_and_exits_3(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ASKED, "--check"]) == 3
    heard = capsys.readouterr()
    assert "image mail:\n    libkrb5-3 1.21.3-5+deb13u1 -> 1.21.3-5+deb13u2 (security)" in heard.err
    assert "host node-1 (security updates stop the container engine there):\n    runc 1.1.15 -> 1.1.16 (security)" in heard.err
    assert heard.out.startswith("sample: 1 security updates pending in the images, 1 on 2 hosts; 0 other")
    assert scene.did == []


def test_a_look_with_nothing_pending_exits_0(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.pending = Pending("now", {}, {"node-1": OnHost((TAR,))})
    assert run([*ASKED, "--check", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["images"], told["hosts"]["node-1"]["updates"][0]["package"]) == ("sample", {}, "tar")


def test_it_is_asked_before_anything_is_done(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ASKED) == 1
    said = capsys.readouterr().err
    assert "then: build mail on a manager, and bring them to every host; take a backup; roll out mail, host by host; test the platform; go back" in said
    assert "nobody is here to ask" in said
    assert scene.did == []


def test_the_answer_is_as_on_a_desk(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ASKED, "--yes", "--json"]) == 0
    assert scene.did == ["begin mail", "carry out begun"]
    told = json.loads(capsys.readouterr().out)
    assert (told["passed"], told["snapshot"], told["packages"]) == (True, "a-backup", ["libkrb5-3 1 -> 2, in mail"])


def test_what_was_taken_back_exits_3_with_the_reasons(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.outcome = Outcome((), "a-backup", (), ("service mail: was taken back",))
    assert run([*ASKED, "--yes"]) == 3
    said = capsys.readouterr().out
    assert "rolled back: the platform runs what it ran before; nothing that people wrote is lost" in said
    assert "service mail: was taken back" in said


def test_an_interrupted_upgrade_goes_on_without_a_question(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    renewal.note(scene.standing.deployment.folder, Journal(started="2026-11-29", origin=1, to=Version(), phase="test"))
    assert run(ASKED) == 0
    assert scene.did == ["carry out test"]
    assert "was interrupted while testing; going on" in capsys.readouterr().err


def test_a_dry_run_shows_it_and_does_nothing(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ASKED, "--dry-run"]) == 0
    assert "then: build mail" in capsys.readouterr().err
    assert scene.did == []


def test_images_of_a_companys_registry_are_not_built_here(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    platform = scene.standing.cluster.plan.platform.model_copy(update={"registry": "registry.example"})
    plan = scene.standing.cluster.plan.model_copy(update={"platform": platform})
    object.__setattr__(scene.standing.cluster, "plan", plan)
    assert run([*ASKED, "--yes"]) == 1
    assert "the images come from registry.example" in capsys.readouterr().err
    assert scene.did == []


def test_a_desk_is_not_booted_by_a_command_that_runs_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["upgrade", "--reboot"]) == 2
    assert "--inventory" in capsys.readouterr().err
