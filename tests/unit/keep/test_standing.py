"""Status says when the last backup and drill were, and does not hide that a later one failed."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli import main
from cli import status as command
from infra import history, live
from infra.deployment import Deployment
from infra.history import Note
from infra.keep import backup, drill, memory
from infra.keep.standing import lines, wrong
from sizing.plan import Backup

DAMAGED = [
    "{",
    "[]",
    '{"time": 5}',
    '{"time": "2026-11-28T12:00:00"}',
    '{"time": "yesterday"}',
    '{"failed_at": null}',
    '{"failed_at": "2026-11-28T12:00:00+00:00", "problem": 5}',
    '{"time": "2026-11-28T12:00:00+00:00", "snapshot": "9ff5a2aa", "minutes": "2"}',
]
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def test_never_is_said(deployment: Deployment) -> None:
    kept, backed_up, drilled = lines(deployment, NOW)
    assert "one every 24 hours, to the platform's own disk; kept: the last of each of 7 days, 5 weeks, 12 months, and at least the newest 2" in kept
    assert backed_up.split()[:3] == ["last", "backup", "never;"]
    assert drilled.split() == ["last", "drill", "never"]


def test_backups_that_share_the_fate_of_the_disk_are_said_wherever_the_plan_meant_them(deployment: Deployment, tmp_path: Path) -> None:
    assert "OWN DISK" in lines(deployment, NOW)[1]
    meant = deployment.plan.platform.model_copy(update={"backup": Backup(to=str(tmp_path / "unmounted"))})
    assert "OWN DISK" in lines(replace(deployment, plan=deployment.plan.model_copy(update={"platform": meant})), NOW)[1]
    memory.succeeded(deployment.folder / backup.LAST, {"time": NOW.isoformat(), "place": str(tmp_path / "unmounted" / deployment.name)})
    assert "is the disk mounted?" in lines(replace(deployment, plan=deployment.plan.model_copy(update={"platform": meant})), NOW)[1]
    away = deployment.plan.platform.model_copy(update={"backup": Backup(to="sftp:keep@vault:/srv")})
    assert "OWN DISK" not in lines(replace(deployment, plan=deployment.plan.model_copy(update={"platform": away})), NOW)[1]


def test_a_time_to_come_is_no_zero_minutes(deployment: Deployment) -> None:
    memory.succeeded(deployment.folder / backup.LAST, {"time": "2027-11-28T12:00:00+00:00", "id": "9ff5a2aa", "place": "/mnt/backups/pilot"})
    assert "in the future (2027-11-28T12:00:00+00:00): set the clock" in lines(deployment, NOW)[1]


def test_the_last_that_passed_and_the_failure_after_it_are_both_said(deployment: Deployment) -> None:
    good = {"time": "2026-11-26T12:00:00+00:00", "id": "9ff5a2aa", "place": "/mnt/backups/pilot"}
    memory.succeeded(deployment.folder / backup.LAST, good)
    memory.failed(deployment.folder / backup.LAST, datetime(2026, 11, 28, 11, 30, tzinfo=UTC), "the disk is full")
    memory.succeeded(deployment.folder / drill.LAST, {"time": "2026-11-28T09:00:00+00:00", "snapshot": "9ff5a2aa", "minutes": 2.3})
    _, backed_up, drilled = lines(deployment, NOW)
    assert "2 days ago: 9ff5a2aa in /mnt/backups/pilot" in backed_up
    assert "FAILED 30 minutes ago: the disk is full" in backed_up
    assert "3 hours ago: backup 9ff5a2aa was serving after 2.3 minutes" in drilled


def test_a_success_forgets_the_failure_before_it(deployment: Deployment) -> None:
    memory.failed(deployment.folder / drill.LAST, NOW, "a page is missing")
    memory.succeeded(deployment.folder / drill.LAST, {"time": NOW.isoformat(), "snapshot": "9ff5a2aa", "minutes": 2.3})
    assert "FAILED" not in lines(deployment, NOW)[2]


@pytest.mark.parametrize("damaged", DAMAGED)
def test_a_record_that_cannot_be_read_counts_as_none(deployment: Deployment, damaged: str) -> None:
    (deployment.folder / "keep").mkdir()
    for record in (backup.LAST, drill.LAST):
        (deployment.folder / record).write_text(damaged)
    assert drill.last(deployment) == {}
    assert [line.split()[2].rstrip(";") for line in lines(deployment, NOW)[1:]] == ["never", "never"]


def test_a_record_with_less_than_all_is_said_as_far_as_it_goes(deployment: Deployment) -> None:
    for record in (backup.LAST, drill.LAST):
        memory.succeeded(deployment.folder / record, {"failed_at": NOW.isoformat(), "time": NOW.isoformat()})
    assert ["FAILED" in line for line in lines(deployment, NOW)] == [False, True, True]


def stands(deployment: Deployment, days: float, **changed: object) -> Deployment:
    """Return ``deployment`` with a first deploy of ``days`` ago and its backups ``changed``."""
    entry = deployment.folder / history.FOLDER / "1" / "entry.json"
    entry.parent.mkdir(parents=True)
    entry.write_text(Note(time=(NOW - timedelta(days=days)).isoformat(), why="deploy", images={}).model_dump_json())
    platform = deployment.plan.platform
    kept = platform.model_copy(update={"backup": platform.backup.model_copy(update=changed)})
    return Deployment(deployment.plan.model_copy(update={"platform": kept}), deployment.folder)


def remember(deployment: Deployment, file: str, days: float, **more: object) -> None:
    memory.succeeded(deployment.folder / file, {"time": (NOW - timedelta(days=days)).isoformat(), "id": "9ff5a2aa", "place": "/mnt", **more})


@pytest.mark.parametrize(
    ("backed_up", "drilled", "deployed", "said"),
    [
        (1.9, 29, 500, []),
        (2.1, 29, 500, ["the last backup was 2 days ago; the plan promises one every 24 hours"]),
        (400, 46, 500, ["the last backup was 400 days ago; the plan promises", "the last drill was 46 days ago; the plan promises one every 30 days"]),
        (None, None, 1.9, []),
        (None, None, 2.1, ["there was no backup yet; the plan promises one every 24 hours"]),
        (1, None, 44, []),
        (1, None, 46, ["there was no drill yet; the plan promises one every 30 days"]),
    ],
)
def test_what_is_overdue_is_said_with_its_mend(
    deployment: Deployment, backed_up: float | None, drilled: float | None, deployed: float, said: list[str]
) -> None:
    there = stands(deployment, deployed)
    for file, days in ((backup.LAST, backed_up), (drill.LAST, drilled)):
        if days is not None:
            remember(there, file, days)
    found = wrong(there, NOW)
    assert [problem.message[: len(part)] for problem, part in zip(found, said, strict=True)] == said
    assert {problem.exit_code for problem in found} <= {3}
    assert all("run 'plan " in problem.hint for problem in found)
    assert sum("OVERDUE" in line for line in lines(there, NOW)) == len(said)


def test_a_failure_is_a_no_whoever_asked_for_it(deployment: Deployment) -> None:
    there = stands(deployment, 1, scheduled=False)
    memory.failed(there.folder / drill.LAST, NOW - timedelta(hours=3), "a page is missing")
    assert [str(problem) for problem in wrong(there, NOW)] == [f"{there.name}: the last drill failed 3 hours ago: a page is missing"]


@pytest.mark.parametrize("changed", [{"scheduled": False}, {"drill_days": 0, "every_minutes": 1440}])
def test_what_nobody_promised_is_never_overdue(deployment: Deployment, changed: dict[str, object]) -> None:
    there = stands(deployment, 500, **changed)
    remember(there, backup.LAST, 400 if not changed.get("scheduled", True) else 1)
    assert wrong(there, NOW) == []


def test_who_may_not_read_the_records_is_told_nothing_of_them(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    there = stands(deployment, 500)
    (there.folder / backup.LAST).parent.mkdir()
    monkeypatch.setattr(os, "access", lambda _path, _how: False)
    assert wrong(there, NOW) == []
    assert [line for line in lines(there, NOW) if "OVERDUE" in line] == []


def test_check_says_no_where_backups_have_stopped(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    remember(deployment, backup.LAST, 400)
    monkeypatch.setattr(command, "load", lambda _name: deployment)
    monkeypatch.setattr(command, "_print", lambda *_all: None)
    monkeypatch.setattr(live, "tasks", lambda _deployment: {})
    monkeypatch.setattr(live, "drift", lambda _deployment: [])
    assert main.run(["status"]) == 0
    assert main.run(["status", "--check"]) == 3
    error, hint = capsys.readouterr().err.splitlines()[-2:]
    assert "the last backup was" in error
    assert "run 'plan backup'" in hint
