"""Backups of a cluster: who does what, what is in them, and what a restore that was stopped leaves; hosts are folders of this machine."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra import credentials
from infra.cluster.keep import backup, records, restore, restoring
from infra.cluster.keep import database as keep_database
from infra.cluster.keep.backup import Vault, choose
from infra.cluster.keep.host import READY, OnHost, carry
from infra.cluster.keep.restoring import CHANGED, CLOSED, Begun
from infra.cluster.standing import Standing
from infra.keep import manifest, memory, places
from infra.keep.repository import Repository
from runtime.errors import PlanError
from sizing.plan import FormerHosts
from tests.unit.cluster.test_condition import DOOR, SERVES, there
from tests.unit.inventory_examples import fake_ssh
from tests.unit.sample_plan import SAMPLE

needs_restic = pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed")
DUMP = """-- MariaDB dump
-- CHANGE MASTER TO MASTER_LOG_FILE='binlog.000007', MASTER_LOG_POS=4711;
CREATE TABLE `searchindex` (
  `si_page` int NOT NULL
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4;
INSERT INTO `searchindex` VALUES
(1),
(2);
-- Dump completed
"""
PROGRAMS = {
    "sudo": 'shift; exec "$@"',
    "mountpoint": "exit 0",
    "install": 'shift 3; mkdir -p "$@"',
    "unshare": 'shift 5; cp -a "$1/." "$2/data/"; cd "$2"; shift 2; exec "$@"',
    "mariadb": 'case "$*" in *--batch*) n=$(tr -cd ";" | wc -c); yes 1 | head -n $((n + 1)) ;; *) cat >"$LOADED" ;; esac',
    "mariadb-dump": 'cat "$DUMPED"',
}


def quiet(_: str) -> None:
    """Say nothing."""


@pytest.fixture
def private(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder with a short path, where hosts of the cluster do what they are told on this machine."""
    with TemporaryDirectory(prefix="underdesk-") as made:
        folder = Path(made)
        does = dict.fromkeys(("10.20.0.11", "10.20.0.12", "10.20.0.13"), 'exec sh -c "$*"')
        monkeypatch.setenv("PATH", fake_ssh(folder / "bin", does))
        monkeypatch.setenv("DUMPED", str(folder / "dumped"))
        monkeypatch.setenv("LOADED", str(folder / "loaded"))
        for name, script in PROGRAMS.items():
            (folder / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / "bin" / name).chmod(0o755)
        (folder / "dumped").write_text(DUMP)
        yield folder


def standing(folder: Path, *lost: str) -> Standing:
    """Return a cluster of three that serves, of which node-2 is written to; on its hosts everything lies in ``folder``/host."""
    found = there(folder, *lost, database=SERVES, door=DOOR)
    for place in (folder / "host" / "data" / "uploads", folder / "host" / "keep", folder / "sample"):
        place.mkdir(parents=True, exist_ok=True)
    return replace(found, deployment=replace(found.deployment, folder=folder / "sample", on_hosts=folder / "host"))


def vault(folder: Path, *lost: str) -> Vault:
    found = standing(folder, *lost)
    credentials.ensure(found.deployment.folder)
    host = choose(found, None)
    return Vault(found, found.deployment, host, places.repository(found.deployment, "", host))


def test_a_host_that_is_not_written_to_copies_and_where_backups_are_before_others(private: Path) -> None:
    assert choose(standing(private), None).name == "node-1"
    assert choose(standing(private, "node-1"), None).name == "node-3"
    (private / "bin" / "mountpoint").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(PlanError, match=r"no host has the files \(node-1: does not answer; node-2: its files are not mounted"):
        choose(standing(private, "node-1"), None)


def test_the_member_that_is_written_to_dumps_only_where_no_other_serves(private: Path) -> None:
    found = standing(private)
    told = dict(found.tells.told)
    assert (keep_database.writer(found.cluster, told), keep_database.reader(found.cluster, told)) == ("node-2", "node-1")
    joining = {name: one.model_copy(update={"database": {"health": "joins", "Threads_connected": "1"}}) for name, one in told.items() if name != "node-2"}
    assert keep_database.reader(found.cluster, told | joining) == "node-2"
    with pytest.raises(PlanError, match="no member serves"):
        keep_database.writer(found.cluster, joining)


def test_what_opens_backups_is_in_no_command_line(private: Path) -> None:
    (private / "key").write_text("guess\n")
    host = OnHost(standing(private).cluster.reach["node-1"], private, private / "host")
    env = {"RESTIC_PASSWORD_FILE": str(private / "key"), "AWS_SECRET_ACCESS_KEY": "it's"}
    done = host.run(["sh", "-c", 'echo "$RESTIC_PASSWORD|$AWS_SECRET_ACCESS_KEY|$RESTIC_PASSWORD_FILE"; tr "\\0" " " </proc/$PPID/cmdline'], env=env)
    said, _, command = done.stdout.partition("\n")
    assert said == "guess|it's|"
    assert "guess" not in command


def test_a_host_that_is_gone_is_named_and_its_restic_is_no_verdict(private: Path) -> None:
    (private / "bin" / "at" / "10.20.0.11").write_text("echo 'Connection refused' >&2; exit 255")
    host = OnHost(standing(private).cluster.reach["node-1"], private, private / "host")
    with pytest.raises(PlanError, match="was lost: Connection refused") as caught:
        host.run(["restic", "version"])
    assert caught.value.where.startswith("node-1")


@pytest.mark.parametrize("target", ["node-1", "node-3"])
def test_a_dump_is_taken_over_whole_or_its_maker_is_blamed(private: Path, target: str) -> None:
    reach = standing(private).cluster.reach
    source, other = (OnHost(reach[name], private, private / "host") for name in ("node-1", target))
    carry(source, f"cat {private}/dumped", other, f"cat >{private}/there")
    assert (private / "there").read_text() == DUMP
    assert not list(private.glob("*.gz"))
    with pytest.raises(PlanError, match="the server has gone away"):
        carry(source, "{ echo half; echo the server has gone away >&2; false; }", other, f"cat >{private}/there")


def test_a_dump_without_its_end_is_none(private: Path) -> None:
    (private / "dumped").write_text(DUMP.replace("-- Dump completed\n", ""))
    with pytest.raises(PlanError, match="the dump is not whole"):
        vault(private).reader.dump_to(vault(private).host, private / "host" / "half.sql")


def test_tables_that_members_do_not_copy_become_such_that_they_do(private: Path) -> None:
    member = vault(private).reader
    member.load_from(member.host, private / "dumped")
    loaded = (private / "loaded").read_text()
    assert loaded.startswith("DROP DATABASE IF EXISTS blogs; DROP DATABASE IF EXISTS wiki;\n")
    assert loaded.endswith(DUMP.replace("ENGINE=MyISAM", "ENGINE=InnoDB"))


@needs_restic
def test_a_backup_is_as_a_desk_has_it_and_all_hosts_know_of_it(private: Path) -> None:
    found = vault(private)
    (private / "host" / "data" / "uploads" / "one.png").write_text("picture")
    (private / "sample" / "plan.json").write_text("{}")
    found.host.make_ready()
    made = backup.take(found, quiet)
    assert (backup.recorded(found)["id"], backup.recorded(found)["host"]) == (made.id, "node-1")
    assert json.loads((private / "host" / "data" / "keep" / "last-backup.json").read_text())["id"] == made.id
    assert found.repository.place == str(private / "host" / "data" / "backups")
    assert not (private / "host" / backup.WORK).exists()
    here = Repository(found.repository.place, found.repository.key_file)
    assert {"/plan.json", "/secrets/administrator", "/data/uploads/one.png", f"/{manifest.DUMP}"} <= {str(one["path"]) for one in here.files(made.id)}
    said = manifest.read(here, made)
    assert (said.position.file, said.position.offset, said.position.timeline) == ("binlog.000007", 4711, "hq/node-1@1")
    assert (said.counts["files"], said.counts["file bytes"]) == (1, len("picture"))
    here.restore(made.id, private / "back")
    assert keep_database.written(found.host, private / "back" / manifest.DUMP).digest == said.dump_sha256


@needs_restic
def test_a_place_that_cannot_be_used_is_said_with_the_host(private: Path) -> None:
    found = vault(private)
    there_not = Repository("/nowhere/at/all/backups", found.repository.key_file, at=found.host)
    with pytest.raises(PlanError, match="no such folder") as caught:
        there_not.ensure()
    assert caught.value.where == "/nowhere/at/all, as node-1 sees it"


@pytest.mark.parametrize("stopped_after", range(5))
def test_files_are_swapped_once_however_often_that_is_stopped(tmp_path: Path, stopped_after: int) -> None:
    data = tmp_path / "data"

    def stage() -> None:
        shutil.rmtree(data / restore.STAGED, ignore_errors=True)
        for name in ("uploads", "sink"):
            (data / restore.STAGED / "data" / name).mkdir(parents=True)
            (data / restore.STAGED / "data" / name / "new").touch()

    for name in ("uploads", "sink", "mail-queue"):
        (data / name).mkdir(parents=True)
        (data / name / "old").touch()
    stage()
    moves = f"PATH={tmp_path}:$PATH; "
    (tmp_path / "mv").write_text(f'#!/bin/sh\necho . >>{tmp_path}/moves; [ "$(wc -l <{tmp_path}/moves)" -le {stopped_after} ] || exit 1; exec /bin/mv "$@"\n')
    (tmp_path / "mv").chmod(0o755)
    subprocess.run(["sh", "-c", moves + restore.swap(data, "before-1")], check=False)
    stage()
    subprocess.run(["sh", "-c", restore.swap(data, "before-1")], check=True)
    found = {str(path.relative_to(data)) for path in data.rglob("*") if path.is_file()}
    assert found == {"uploads/new", "sink/new", "mail-queue/old", "before-1/uploads/old", "before-1/sink/old"}


@pytest.mark.parametrize("taken", [True, False])
def test_secrets_come_along_and_the_key_stays_where_it_opens_backups(private: Path, *, taken: bool) -> None:
    found, folder = vault(private), private / "sample"
    own = (folder / "secrets" / "backup").read_text()
    back = private / "host" / restore.WORK / "secrets"
    back.mkdir(parents=True)
    (back / "backup").write_text("of the desk")
    (back / "administrator").write_text("first")
    if taken:
        memory.succeeded(folder / "keep" / "last-backup.json", {"place": "/somewhere"})
    restore.secrets_back(found.host, folder, private, own_key=restore.backed_up(folder))
    assert (folder / "secrets" / "administrator").read_text() == "first"
    assert (folder / "secrets" / "backup").read_text() == (own if taken else "of the desk")
    assert not (private / "secrets-back").exists()


@pytest.mark.parametrize(("stage", "refused"), [(CLOSED, True), (CHANGED, False)])
def test_what_may_be_half_of_a_backup_is_not_opened(tmp_path: Path, stage: str, *, refused: bool) -> None:
    restoring.note(tmp_path, Begun("/mnt/backups", "0a1b2c3d", stage, "before-1"))
    assert json.loads((tmp_path / restoring.JOURNAL).read_text())["stage"] == stage
    if refused:
        with pytest.raises(PlanError, match="has not ended") as caught:
            restoring.refuse_half(tmp_path)
        assert "plan restore --backup 0a1b2c3d" in (caught.value.hint or "")
    else:
        restoring.refuse_half(tmp_path)
    restoring.ended(tmp_path)
    restoring.refuse_half(tmp_path)


def test_a_damaged_note_of_a_restore_is_none(tmp_path: Path) -> None:
    (tmp_path / "keep").mkdir()
    (tmp_path / restoring.JOURNAL).write_text('{"place": 1}')
    assert restoring.begun(tmp_path) is None


def test_a_folder_of_this_machine_is_no_place_for_a_cluster(private: Path) -> None:
    with pytest.raises(PlanError, match="is no folder of the hosts"), backup.opened(standing(private), "backups"):
        pass  # pragma: no cover - it is refused


def test_without_restic_a_host_says_what_installs_it(private: Path) -> None:
    host = vault(private).host
    with pytest.raises(PlanError, match="restic is not installed: run plan deploy"):
        replace(host, home=private / "host").do(f"command() {{ false; }}; {READY.format(home=private / 'host')}")


def test_of_what_hosts_tell_of_the_last_backup_the_newest_counts() -> None:
    old, new = ('{"time": "2026-11-01T00:00:00+00:00"}', '{"time": "2026-11-01T00:00:00+00:00", "failed_at": "2026-11-02T00:00:00+00:00"}')
    assert records.newest([{"a": old}, None, {"a": new, "b": old}, {"a": "{"}]) == {"a": new, "b": old}


def test_what_hosts_recorded_is_found_where_a_desk_has_it(tmp_path: Path) -> None:
    records.put({"last-backup.json": '{"time": "2026-11-01T00:00:00+00:00"}'}, tmp_path)
    assert memory.last(tmp_path / "keep" / "last-backup.json") == {"time": "2026-11-01T00:00:00+00:00"}


@pytest.mark.parametrize(
    ("former", "https", "refused"), [({}, 8443, True), ({"internal": ("in.before.example",)}, 8443, False), ({"internal": ("in.before.example",)}, 443, True)]
)
def test_a_backup_of_other_names_goes_into_a_cluster_that_leads_on_from_them(former: dict[str, tuple[str, ...]], https: int, *, refused: bool) -> None:
    here = SAMPLE.platform.model_copy(update={"former_hosts": FormerHosts(**former), "ports": SAMPLE.platform.ports.model_copy(update={"https": https})})
    theirs = SAMPLE.platform.hosts.model_copy(update={"internal": "in.before.example"})
    ports = SAMPLE.platform.ports.model_copy(update={"https": 8443})
    backed_up = SAMPLE.model_copy(update={"platform": SAMPLE.platform.model_copy(update={"hosts": theirs, "ports": ports})})
    cluster = SimpleNamespace(plan=SAMPLE.model_copy(update={"platform": here}))
    vault = SimpleNamespace(cluster=cluster, repository=SimpleNamespace(text=lambda *_: backed_up.model_dump_json()))
    with pytest.raises(PlanError, match="is of a platform at in") if refused else nullcontext():
        restore.refuse_other_names(cast("Vault", vault), cast("Any", SimpleNamespace(id="1")))
