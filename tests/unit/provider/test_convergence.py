"""When a service counts as running, and what is said when it never will be."""

import os
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.docker_provider import convergence
from infra.docker_provider.convergence import LEAST_FREE_BYTES, Verdict, died, full_disk, judge, task_message
from infra.docker_provider.service import Service

TEMPLATE: dict[str, Any] = {"ContainerSpec": {"Image": "new"}, "ForceUpdate": 0}
OLD: dict[str, Any] = {"ContainerSpec": {"Image": "old"}, "ForceUpdate": 0}
START = "2026-11-23T10:00:00.5Z"
NUMBER = count()


def service(update: str = "", replicas: int = 2) -> dict[str, Any]:
    found: dict[str, Any] = {"Spec": {"Mode": {"Replicated": {"Replicas": replicas}}, "TaskTemplate": TEMPLATE}}
    return {**found, "UpdateStatus": {"State": update}} if update else found


def task(
    state: str = "running", spec: dict[str, Any] = TEMPLATE, desired: str = "running", created: str = "2026-11-23T10:00:01Z", said: str = ""
) -> dict[str, Any]:
    return {"ID": f"task-{next(NUMBER)}", "DesiredState": desired, "Spec": spec, "CreatedAt": created, "Status": {"State": state, "Err": said}}


@pytest.mark.parametrize(
    ("update", "replicas", "tasks", "expected"),
    [
        ("", 2, [task(), task()], "done"),
        ("completed", 2, [task(), task()], "done"),
        ("", 0, [task("running", desired="shutdown")], "done"),
        ("", 2, [task()], "waiting"),
        ("", 2, [task(), task("starting")], "waiting"),
        ("updating", 2, [task(), task()], "waiting"),
        ("", 2, [task(spec=OLD), task(spec=OLD)], "waiting"),
        ("completed", 2, [task(), task(), task(spec=OLD)], "waiting"),
        ("rollback_started", 2, [task(), task()], "rolling back"),
        ("rollback_completed", 2, [task(spec=OLD), task(spec=OLD)], "failed"),
        ("rollback_paused", 2, [task(), task()], "failed"),
        ("paused", 2, [task(), task()], "failed"),
        ("", 2, [task("rejected", said="No such image") for _ in range(3)], "failed"),
        ("", 2, [task("rejected", said="No such image") for _ in range(2)], "waiting"),
        ("", 2, [task("failed", said="non-zero exit (1)")] * 9, "waiting"),
    ],
)
def test_only_running_tasks_of_the_new_spec_count(update: str, replicas: int, tasks: list[dict[str, Any]], expected: str) -> None:
    assert outcome(judge(service(update, replicas), tasks, START)) == expected


def test_rejected_tasks_count_where_the_engine_keeps_only_the_last() -> None:
    last = [task("rejected", said="No such image")]
    assert outcome(judge(service(), last, START, {"one before"})) == "waiting"
    found = judge(service(), last, START, {"one before", "another"})
    assert outcome(found) == "failed"
    assert found.text == "no task can start: No such image"


def test_the_newest_failed_task_speaks_and_older_runs_are_forgotten() -> None:
    tasks = [
        task("failed", created="2026-11-23T09:00:00Z", said="of an earlier run"),
        task("failed", created="2026-11-23T10:00:02Z", said="the first"),
        task("failed", created="2026-11-23T10:00:02.25Z", said="the last"),
    ]
    assert task_message(tasks, START) == "the last"
    assert task_message(tasks[:1], START) == ""
    assert judge(service("rollback_completed"), tasks, START).text == "the update was rolled back: the last"


def outcome(verdict: Verdict) -> str:
    if verdict.done:
        return "done"
    return "failed" if verdict.failed else "rolling back" if verdict.rolling_back else "waiting"


def test_where_the_failed_task_is_gone_the_engines_events_say_how_its_container_ended() -> None:
    asked: dict[str, Any] = {}

    def events(**told: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any option
        asked.update(told)
        return [{"Actor": {"Attributes": {"exitCode": code}}} for code in ("0", "7", "0")]

    client: Any = SimpleNamespace(events=events)
    assert died(client, "service", "2026-11-29T04:03:15.36Z") == "task: non-zero exit (7)"
    assert asked["since"] == 1795924995
    assert asked["filters"]["label"] == "com.docker.swarm.service.id=service"
    client.events = lambda **_: []
    assert not died(client, "service", "2026-11-29T04:03:15Z")


DISK = 60 * 1024**3


def systems(place: Path, monkeypatch: pytest.MonkeyPatch, **found: tuple[int, int, int]) -> None:
    """Make folders, each with a file system of its own: bytes free, of how many, and its flags."""
    for name in found:
        (place / name).mkdir()

    def told(folder: Path) -> SimpleNamespace:
        if folder.name not in found:
            raise FileNotFoundError(folder)
        free, whole, flags = found[folder.name]
        return SimpleNamespace(f_bavail=free, f_blocks=whole, f_frsize=1, f_flag=flags)

    monkeypatch.setattr("os.statvfs", told)


def mounted(*mounts: dict[str, Any]) -> dict[str, Any]:
    return {"Spec": {"TaskTemplate": {"ContainerSpec": {"Mounts": list(mounts)}}}}


def test_a_full_disk_below_a_folder_that_is_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    systems(tmp_path, monkeypatch, full=(LEAST_FREE_BYTES - 1, DISK, 0), roomy=(LEAST_FREE_BYTES, DISK, 0))
    full = {"Type": "bind", "Source": str(tmp_path / "full")}
    roomy = {"Type": "bind", "Source": str(tmp_path / "roomy")}
    assert full_disk(mounted(roomy, full)) == str(tmp_path / "full")
    assert not full_disk(mounted(roomy))
    assert not full_disk(mounted({**full, "ReadOnly": True}, {"Type": "volume", "Source": str(tmp_path / "full")}, {"Type": "tmpfs"}))
    assert not full_disk(mounted({"Type": "bind", "Source": str(tmp_path / "of another host")}))
    assert not full_disk({"Spec": {"TaskTemplate": {"ContainerSpec": {}}}})


def test_what_is_small_or_takes_nothing_by_design_is_no_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mib = 1024 * 1024
    systems(tmp_path, monkeypatch, small=(4 * mib, 5 * mib, 0), kernel=(0, 0, 0), image=(0, DISK, os.ST_RDONLY), filled=(mib // 8, 5 * mib, 0))
    (tmp_path / "socket").touch()
    for name in ("small", "kernel", "image", "socket"):
        assert not full_disk(mounted({"Type": "bind", "Source": str(tmp_path / name)})), name
    assert full_disk(mounted({"Type": "bind", "Source": str(tmp_path / "filled")}))


@pytest.mark.parametrize(("mode", "waited"), [({"global": True}, ["frontdoor"]), ({"replicated": {"replicas": 1}}, [])])
def test_a_service_on_every_node_is_waited_for_though_no_program_can_ask_for_it(
    mode: dict[str, Any], waited: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    monkeypatch.setattr(convergence, "wait", lambda _call, identifier, _settings, _since: found.append(identifier))
    call: Any = SimpleNamespace(client=SimpleNamespace(inspect_service=lambda _identifier: {"UpdatedAt": START}))
    Service()._converge(call, "frontdoor", {"mode": mode})
    assert found == waited


def test_of_a_service_on_every_node_as_many_run_as_the_engine_has_made() -> None:
    found: dict[str, Any] = {"Spec": {"Mode": {"Global": {}}, "TaskTemplate": TEMPLATE}, "UpdateStatus": {"State": "completed"}}
    assert outcome(judge(found, [task(), task(), task("starting")], START)) == "waiting"
    assert outcome(judge(found, [task(), task(), task()], START)) == "done"
