"""The schedule looks for updates once a day; that it cannot is said, and stops nothing else."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli import backup as command
from cli import main
from infra import live
from infra.deployment import RECORDED, Deployment
from infra.keep import backup, due, memory
from infra.upgrade import check, daily, updates
from infra.upgrade.state import State
from infra.upgrade.updates import Found
from runtime import behind
from runtime.errors import PlanError
from runtime.locks import lock
from tests.unit.sample_plan import SAMPLE

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    folder = tmp_path / "pilot"
    folder.mkdir()
    (folder / "deployment.json").write_text(json.dumps({"live": {kind: {} for kind in RECORDED}, "images": {"mail": "underdesk/mail:1"}}))
    return Deployment(SAMPLE, folder)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of apt; the package archives do not answer."""
    there: list[str] = []

    def ask(deployment: Deployment, _say: object) -> Found:
        there.append(deployment.name)
        raise PlanError("the package archives do not answer", where="apt-get in mail", hint="does this machine reach them?")

    monkeypatch.setattr(check, "check", ask)
    return there


def quiet(_line: str) -> None:
    pass


@pytest.mark.parametrize(("hours", "expected"), [(1, False), (23, False), (24, True), (100, True), (-100, True)])
def test_it_is_due_a_day_after_anyone_has_looked(deployment: Deployment, hours: int, expected: bool) -> None:  # noqa: FBT001
    assert daily.due(deployment, NOW)
    updates.write(deployment.folder, Found(time=(NOW - timedelta(hours=hours)).isoformat(), images={}))
    assert daily.due(deployment, NOW) is expected


def test_a_record_whose_time_is_none_counts_as_none(deployment: Deployment) -> None:
    updates.write(deployment.folder, Found(time="yesterday", images={}))
    assert updates.last(deployment.folder) is None
    assert daily.due(deployment, NOW)


def test_it_is_not_due_before_the_first_deploy_has_ended(deployment: Deployment) -> None:
    (deployment.folder / "deployment.json").unlink()
    assert not daily.due(deployment, NOW)


def test_a_failure_is_recorded_and_not_repeated_for_a_day(deployment: Deployment, asked: list[str]) -> None:
    updates.write(deployment.folder, Found(time="2020-01-01T00:00:00+00:00", images={}))
    daily.look(deployment, quiet)
    assert asked == [deployment.name]
    assert not daily.due(deployment, datetime.now(UTC))
    assert daily.due(deployment, datetime.now(UTC) + timedelta(days=1))
    (line,) = [line for line in State({}, updates.last(deployment.folder), "", "", daily.failure(deployment)).lines(NOW) if line.startswith("updates")]
    assert "none was open on 2020-01-01" in line
    assert "looking FAILED on 20" in line
    assert "the package archives do not answer; does this machine reach them?" in line


def test_finding_out_forgets_the_failure_before_it(deployment: Deployment, asked: list[str]) -> None:
    daily.look(deployment, quiet)
    assert asked
    assert daily.failure(deployment)
    updates.write(deployment.folder, Found(time=updates.now(), images={}))
    assert daily.failure(deployment) == {}


def test_it_waits_for_a_command_that_works_on_the_deployment(deployment: Deployment, asked: list[str]) -> None:
    with lock(deployment.lock_file):
        daily.look(deployment, quiet)
    assert asked == []
    assert daily.failure(deployment) == {}


def test_a_check_begins_only_where_no_other_runs(deployment: Deployment) -> None:
    with lock(deployment.folder.parent / f"{deployment.name}.updates.lock"), pytest.raises(PlanError, match="another command"):
        check.check(deployment, quiet)


def test_the_schedule_looks_for_updates_after_the_backup_and_goes_on_without_network(
    deployment: Deployment, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def take(deployment: Deployment, _say: object, **_why: str) -> None:
        done.append(f"backup, asked {len(asked)} times")
        memory.succeeded(deployment.folder / backup.LAST, {"time": datetime.now(UTC).isoformat()})

    monkeypatch.setattr(live, "need_administrator", lambda _where: None)
    monkeypatch.setattr(behind, "people", lambda: None)
    monkeypatch.setattr(command, "load", lambda _name: deployment)
    monkeypatch.setattr(backup, "take", take)
    monkeypatch.setattr(backup, "forget", lambda _deployment, _say: None)
    monkeypatch.setattr(due, "drill_due", lambda _deployment, _now: False)
    assert [main.run(["backup", "--scheduled"]) for _ten_minutes in range(2)] == [0, 0]
    assert done == ["backup, asked 0 times"]
    assert asked == [deployment.name]


def test_the_log_of_the_schedule_stays_small_even_where_the_plan_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "pilot" / command.LOG
    log.parent.mkdir(parents=True)
    monkeypatch.setattr(live, "need_administrator", lambda _where: None)
    monkeypatch.setattr(behind, "people", lambda: None)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr("infra.deployment.ROOT", tmp_path)
    for _night in range(3):
        log.write_bytes(b"x" * (command.LOG_BYTES + 1))
        with log.open("ab") as cron:
            assert main.run(["backup", "--scheduled", "--name", "pilot"]) == 1
            cron.write(b"the end")
        assert not log.exists()
    (aside,) = log.parent.iterdir()
    assert aside.name == "scheduled.log.1"
    assert aside.read_bytes().endswith(b"xthe end")
