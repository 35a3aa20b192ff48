"""A restore that was interrupted brings back everything that was written since, and one that fails leaves an open platform as it was."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import NoReturn

import pytest

from infra.deployment import Deployment
from infra.keep import journal, restore, staging
from infra.keep.repository import Snapshot
from infra.keep.restore import Request
from runtime.errors import PlanError
from tests.unit.keep.platform import NEW, NOW, OLD, Platform

AS_IT_WAS = (OLD, OLD)
PRECISELY = Request(wanted="abc")


@pytest.fixture
def platform(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Platform:
    return Platform(deployment, monkeypatch)


@pytest.fixture
def killed(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Kill a restore when it has made everything and exchanged nothing."""

    def kill(request: Request | None = None) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(restore, "_put", interrupt)
            with pytest.raises(KeyboardInterrupt):
                platform.restore(request)

    return kill


@pytest.fixture
def killed_halfway(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Kill a restore when it has moved the database and not the uploads."""
    move = Path.rename

    def stopped(path: Path, target: Path) -> Path:
        return interrupt() if path.name == "uploads" else move(path, target)

    def kill(request: Request) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", stopped)
            with pytest.raises(KeyboardInterrupt):
                platform.restore(request)
        assert NEW in platform.content()[0]
        assert platform.content()[1] == OLD

    return kill


def interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def test_as_late_as_possible_brings_back_the_backup_and_what_was_written_since(platform: Platform) -> None:
    platform.write("a post")
    assert platform.restore().aside
    rows, picture = platform.content()
    assert (NEW in rows, "a post" in rows, picture) == (True, True, NEW)
    assert platform.open
    assert journal.unended(platform.deployment) == ""


def test_what_people_wrote_after_an_interrupted_restore_is_brought_back_by_the_next(platform: Platform, killed: Callable[..., None]) -> None:
    platform.write("before it")
    killed()
    platform.open = True  # by a deploy, or by hand
    platform.write("days later")
    platform.restore()
    assert "days later" in platform.content()[0]


def test_what_was_made_is_used_where_nobody_has_written_since(platform: Platform, killed: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    killed()
    platform.open = True
    monkeypatch.setattr(staging, "fetch", interrupt)
    platform.restore()
    assert platform.content()[1] == NEW


def test_precisely_a_backup_is_put_in_place_whatever_was_written_since(
    platform: Platform, killed: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(PRECISELY)
    platform.write("days later")
    monkeypatch.setattr(staging, "fetch", interrupt)
    platform.restore(PRECISELY)
    assert "days later" not in platform.content()[0]


@pytest.mark.parametrize("request_", [Request(), PRECISELY], ids=str)
def test_killed_at_any_of_its_writes_the_same_command_completes_and_loses_nothing(platform: Platform, request_: Request) -> None:
    platform.write("a post")
    for at in count(1):
        if not platform.fails(at, request_, KeyboardInterrupt):
            break
    assert at > 10, "the kills did not reach the writes"
    assert platform.content()[1] == NEW
    assert ("a post" in platform.content()[0]) is request_.latest
    assert platform.open


def test_a_disk_that_fills_up_at_any_of_its_writes_leaves_the_platform_open_and_as_it_was(platform: Platform) -> None:
    for at in count(1):
        if not platform.fails(at):
            break
        assert platform.open, f"closed by a full disk at write {at}"
        assert platform.content() == AS_IT_WAS, f"half restored by a full disk at write {at}"
        assert not [*platform.deployment.folder.glob("data.before-*")]
    assert at > 10, "the full disk did not reach the writes"
    assert platform.content()[1] == NEW


def test_a_restore_that_is_half_in_place_is_completed_before_anything_else(platform: Platform, killed_halfway: Callable[..., None]) -> None:
    killed_halfway(PRECISELY)
    deployment, backups = platform.deployment, platform.backups
    assert "'plan restore --backup abc' completes it" in journal.unended(deployment)
    for other in (
        platform.restore,
        lambda: journal.before_deploy(deployment),
        lambda: restore.state_back(deployment, backups, Request(), print),
        lambda: restore.database_back(deployment, "abc", print),
    ):
        with pytest.raises(PlanError, match="is being put in its place") as caught:
            other()
        assert "plan restore --backup abc" in caught.value.hint
    platform.restore(PRECISELY)
    assert platform.content()[1] == NEW
    assert journal.before_deploy(deployment) == ""


def test_a_deploy_names_an_interrupted_restore_and_drops_what_it_had_made(platform: Platform, killed: Callable[..., None]) -> None:
    killed()
    assert "has not ended" in journal.unended(platform.deployment)
    assert "'plan restore' begins anew" in journal.before_deploy(platform.deployment)
    journal.after_deploy(platform.deployment)
    assert journal.unended(platform.deployment) == ""
    assert platform.content() == AS_IT_WAS


@pytest.mark.parametrize(
    ("request_", "expected"),
    [(Request(), "new"), (Request(wanted="old"), "old"), (Request(at=NOW - timedelta(minutes=1)), "old")],
    ids=["newest", "id", "time"],
)
def test_the_state_that_comes_back_is_that_of_the_backup_that_was_asked_for(platform: Platform, request_: Request, expected: str) -> None:
    old, new = (Snapshot(name, NOW - timedelta(hours=age), "sample", "", "") for name, age in (("old", 1), ("new", 0)))
    (platform.deployment.folder / "pulumi").mkdir()
    restore.state_back(platform.deployment, replace(platform.backups, held=(old, new)), request_, lambda _line: None)
    assert (platform.deployment.folder / "pulumi" / "snapshot").read_text() == expected
