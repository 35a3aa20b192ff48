"""Backups of a cluster by themselves: whose turn it is, and that what a host makes is what a command makes; the host is a folder of this machine."""

import http.server
import importlib
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra import credentials
from infra.cluster.carry import archive
from infra.cluster.keep import commands, trial
from infra.cluster.parts import folders, schedule
from infra.cluster.parts.files import variables as of_files
from infra.keep import bucket, manifest
from infra.keep.repository import Repository
from tests.unit.cluster.test_condition import cluster
from tests.unit.cluster.test_keep import DUMP, PROGRAMS

PROGRAM = Path(__file__).resolve().parents[3] / "playbooks/roles/schedule/files/underdesk_keep"
MODULES = ("__main__", "backup", "drill", "keeping", "memory", "problems", "restic", "schedule", "server", "settings")
needs_restic = pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed")
DAY_S = 24 * 3600


def _loaded() -> dict[str, Any]:
    before = {name: sys.modules.pop(name) for name in MODULES if name in sys.modules and name != "__main__"}
    sys.path.insert(0, str(PROGRAM))
    try:
        return {name: importlib.import_module(name) for name in MODULES if name != "__main__"}
    finally:
        sys.path.remove(str(PROGRAM))
        for name in MODULES[1:]:
            sys.modules.pop(name, None)
        sys.modules.update(before)


HOST = _loaded()


def told(hosts: int = 3, name: str = "node-1") -> Any:  # noqa: ANN401 - of another program
    """Return what a host of a cluster is told, as it reads it."""
    said = json.loads(json.dumps(schedule.variables(cluster(hosts))["schedule_settings"][name]))
    return HOST["settings"].Settings(**{**said, "home": Path(said["home"]), "keeping": tuple(said["keeping"])})


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give what a manager is told whose folders, database and health are here."""
    for folder in (tmp_path / "data" / "uploads", tmp_path / "keep", tmp_path / "kept", tmp_path / "bin", tmp_path / "of"):
        folder.mkdir(parents=True)
    (tmp_path / "data" / "uploads" / "one.png").write_text("picture")
    (tmp_path / "dumped").write_text(DUMP)
    for name in ("mariadb", "mariadb-dump", "unshare"):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{PROGRAMS[name]}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("DUMPED", str(tmp_path / "dumped"))
    monkeypatch.setenv("LOADED", str(tmp_path / "loaded"))
    monkeypatch.setattr(HOST["schedule"], "RUN", tmp_path / "run")
    kept(tmp_path)
    with serving() as health:
        yield replace(told(), home=tmp_path, store=False, health=health, place=str(tmp_path / "data" / "backups"))


def kept(home: Path, **changes: str) -> None:
    """Let the manager keep a deployment."""
    of = home / "of"
    credentials.ensure(of)
    for name, text in {"plan.json": "{}", "deployment.json": '{"images": {"blogs": "1"}}', **changes}.items():
        (of / name).parent.mkdir(exist_ok=True)
        (of / name).write_text(text)
    packed = archive.pack(of, ())
    (home / "kept" / f"{len(list((home / 'kept').iterdir())) + 1:010d}-{archive.digest(packed)}").write_bytes(archive.compress(packed))


class serving:  # noqa: N801 - a context
    """What tells whether a database serves."""

    status = 200

    def __enter__(self) -> str:
        outer = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(outer.status)
                self.end_headers()
                self.wfile.write(b"serves")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="seconds")


def test_managers_that_hold_the_database_do_it_and_have_the_files_where_they_serve_no_pages() -> None:
    assert schedule.variables(cluster(3))["schedule_settings"].keys() == {"node-1", "node-2", "node-3"}
    assert [told(3, f"node-{number}").turn for number in (1, 2, 3)] == [0, 1, 2]
    assert schedule.variables(cluster(1))["schedule_settings"].keys() == {"node-1"}
    apart = cluster(roles=True)
    assert folders.copying(apart)
    assert not set(folders.copying(apart)) & set(apart.placement.hosts("web"))
    assert set(folders.copying(apart)) < set(of_files(apart)["files_mounting"])
    assert set(schedule.variables(apart)["schedule_copying"]) == {*folders.copying(apart), *apart.placement.hosts("web")}


def test_where_nothing_is_scheduled_no_host_is_told_to() -> None:
    whole = cluster(3)
    keep = whole.plan.platform.backup.model_copy(update={"scheduled": False})
    quiet = replace(whole, plan=whole.plan.model_copy(update={"platform": whole.plan.platform.model_copy(update={"backup": keep})}))
    assert schedule.variables(quiet)["schedule_settings"] == {}
    assert schedule.variables(quiet)["schedule_copying"] == ["node-1", "node-2", "node-3"]


@pytest.mark.parametrize(
    ("last", "due"),
    [
        ({}, True),
        ({"time": ago(DAY_S / 2), "place": "HERE"}, False),
        ({"time": ago(2 * DAY_S), "place": "HERE"}, True),
        ({"time": ago(60), "place": "/elsewhere"}, True),
        ({"time": ago(-3600), "place": "HERE"}, True),
        ({"time": "yesterday", "place": "HERE"}, True),
        ({"time": ago(2 * DAY_S), "place": "HERE", "failed_at": ago(60), "failed_on": "node-1"}, False),
        ({"time": ago(2 * DAY_S), "place": "HERE", "failed_at": ago(60), "failed_on": "node-2"}, True),
        ({"time": ago(2 * DAY_S), "place": "HERE", "failed_at": ago(2 * 3600), "failed_on": "node-1"}, True),
    ],
)
def test_a_backup_is_due_as_the_plan_says_and_after_a_failure_here_others_try(host: Any, last: dict[str, Any], *, due: bool) -> None:  # noqa: ANN401
    HOST["memory"].succeeded(host, "backup", {**last, **({"place": host.place} if last.get("place") == "HERE" else {})})
    assert HOST["schedule"].due(host, "backup", time.time()) is due


def test_nothing_is_due_where_the_files_that_hosts_share_are_not(host: Any) -> None:  # noqa: ANN401
    assert not HOST["schedule"].due(replace(host, store=True), "backup", time.time())


def test_a_drill_is_due_once_there_is_a_backup_and_never_where_the_plan_wants_none(host: Any) -> None:  # noqa: ANN401
    assert not HOST["schedule"].due(host, "drill", time.time())
    HOST["memory"].succeeded(host, "backup", {"time": ago(60), "place": host.place})
    assert HOST["schedule"].due(host, "drill", time.time())
    assert not HOST["schedule"].due(replace(host, drill_s=0), "drill", time.time())


def test_the_first_host_does_it_at_once_the_next_where_it_did_not_and_who_is_written_to_last(host: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    turn, wait_s = HOST["schedule"].turn, HOST["schedule"].TURN_S
    monkeypatch.setattr(HOST["server"], "written_to", lambda _settings: False)
    now = time.time()
    assert turn(host, "backup", now)
    second = replace(host, turn=1)
    assert not turn(second, "backup", now + wait_s - 1)
    assert turn(second, "backup", now + wait_s)
    monkeypatch.setattr(HOST["server"], "written_to", lambda _settings: True)
    assert not turn(second, "backup", now + wait_s)
    assert turn(second, "backup", now + (1 + 3) * wait_s)
    HOST["memory"].succeeded(host, "backup", {"time": ago(0), "place": host.place})
    assert not turn(second, "backup", now + 5 * wait_s)


def test_of_two_at_once_one_works(host: Any) -> None:  # noqa: ANN401
    with HOST["memory"].held(host) as mine, HOST["memory"].held(host) as other:
        assert (mine, other) == (True, False)
    with HOST["memory"].held(host) as again:
        assert again


@needs_restic
def test_what_a_host_makes_by_itself_is_a_backup_as_commands_make_them(host: Any, tmp_path: Path) -> None:  # noqa: ANN401
    HOST["backup"].take(host)
    last = HOST["memory"].last(host, "backup")
    assert (last["place"], last["host"], last["why"]) == (host.place, "node-1", "scheduled")
    here = Repository(host.place, tmp_path / "of" / "secrets" / "backup")
    made = here.snapshots()[-1]
    assert (made.id, made.name, made.why) == (last["id"], host.name, "scheduled")
    assert {"/plan.json", "/secrets/administrator", "/data/uploads/one.png", f"/{manifest.DUMP}"} <= {str(one["path"]) for one in here.files(made.id)}
    said = manifest.read(here, made)
    assert (said.position.file, said.position.offset, said.position.timeline) == ("binlog.000007", 4711, "hq/node-1@1")
    assert (said.counts["files"], said.counts["file bytes"]) == (1, len("picture"))
    assert not list((tmp_path / "keep").glob("scheduled*"))
    HOST["backup"].take(host)
    assert len(here.snapshots()) == 2


@needs_restic
def test_backups_that_are_gone_are_not_begun_anew(host: Any) -> None:  # noqa: ANN401
    HOST["memory"].succeeded(host, "backup", {"time": ago(2 * DAY_S), "place": host.place})
    with pytest.raises(HOST["problems"].KeepError, match="are gone"):
        HOST["backup"].take(host)
    assert not Path(host.place).exists()


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({"deployment.json": "{}"}, "is not deployed"),
        ({"plan.removed.json": "{}"}, "is not deployed"),
        ({"keep/restore.json": '{"stage": "closed"}'}, "a restore has not ended"),
        ({"renewal.json": '{"phase": "test", "key": "a-key"}'}, "an upgrade that changes tables has not ended"),
    ],
)
def test_what_is_not_there_or_may_be_half_is_not_backed_up_and_nobodys_fault(host: Any, there: dict[str, str], said: str) -> None:  # noqa: ANN401
    kept(host.home, **there)
    with pytest.raises(HOST["problems"].NotNowError, match=said):
        HOST["backup"].take(host)


def test_a_database_that_has_not_got_everything_is_not_backed_up(host: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    monkeypatch.setattr(serving, "status", 503)
    with pytest.raises(HOST["problems"].KeepError, match="the database here"):
        HOST["backup"].take(host)
    behind = {"60": None, "61": "is behind the primary", "NULL": "is behind the primary"}
    monkeypatch.setitem(host.told["database"], "read_only", "serves")
    for seconds, wrong in behind.items():
        monkeypatch.setattr(HOST["server"], "ask", lambda *_, seconds=seconds: f"Seconds_Behind_Master: {seconds}")
        if wrong is None:
            HOST["server"].ready(replace(host, mode="copy"))
            continue
        with pytest.raises(HOST["problems"].KeepError, match=wrong):
            HOST["server"].ready(replace(host, mode="copy"))


@pytest.mark.usefixtures("host")
def test_a_dump_is_known_by_the_same_digests_as_commands_know_it_by(tmp_path: Path) -> None:
    dump = tmp_path / "dumped"
    found = HOST["server"].written(dump)
    for script, digest in ((commands.ROWS, found.rows), ("grep -av '^--' | sha256sum | cut -c1-64", found.digest)):
        with dump.open("rb") as file:
            assert subprocess.run(["sh", "-c", script], stdin=file, capture_output=True, text=True, check=True).stdout.strip() == digest
    dump.write_text(DUMP.replace("-- Dump completed\n", ""))
    with pytest.raises(HOST["problems"].KeepError, match="is not whole"):
        HOST["server"].written(dump)


@pytest.mark.parametrize(
    ("said", "problem"), [("retrying after 4s: The specified bucket does not exist.", ""), ("retrying after 4s: dial tcp", "dial tcp"), ("", "does not answer")]
)
def test_what_is_asked_for_again_and_again_is_known_by_what_it_says(host: Any, monkeypatch: pytest.MonkeyPatch, said: str, problem: str) -> None:  # noqa: ANN401
    def stopped(*_: object, **_more: object) -> None:
        raise subprocess.TimeoutExpired("restic", 60, stderr=said.encode() or None)

    monkeypatch.setattr(HOST["restic"].Restic, "run", stopped)
    place = HOST["restic"].Restic(host, host.home)
    if not problem:
        assert not place.there(known=False)
        return
    with pytest.raises(HOST["problems"].KeepError, match=problem):
        place.there(known=False)


@needs_restic
def test_the_place_is_tried_and_nothing_is_written_there(host: Any, tmp_path: Path) -> None:  # noqa: ANN401
    HOST["backup"].trial(host)
    assert not Path(host.place).exists()
    with pytest.raises(HOST["problems"].KeepError, match=f"no such folder: {tmp_path}/unmounted"):
        HOST["backup"].trial(replace(host, place=str(tmp_path / "unmounted" / "sample")))


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("/mnt/backups", "mount the same share on every host that backs up: node-1, node-2"),
        ("sftp:keep@nas:/backups", "ssh-copy-id keep@nas"),
        ("s3:https://s3.example/backups", "export AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=…"),
    ],
)
def test_what_makes_a_place_usable_is_said(to: str, said: str) -> None:
    assert said in trial.mend(to, ("node-1", "node-2"))


def test_credentials_of_a_bucket_are_kept_for_the_schedule_and_a_command_without_them_leaves_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "me")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/of/this/machine")
    bucket.keep(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name)
    bucket.keep(tmp_path)
    assert bucket.credentials(tmp_path) == {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "s"}
    assert (tmp_path / bucket.FILE).stat().st_mode & 0o777 == 0o600
