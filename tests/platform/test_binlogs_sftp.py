"""Changes that are copied to another host: a real SSH service, the real images, in containers of their own."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import pytest

from infra import credentials
from infra.deployment import Deployment
from infra.images import references
from infra.keep import changes, copied
from infra.keep.let_in import let_in, public_key
from infra.templates import render
from infra.topology import DATABASE_USER
from runtime.errors import PlanError
from tests.platform.binlog_writer import insert, logs, sql, until, writing
from tests.platform.conftest import NAME

PREFIX = f"{NAME}-sftp"
VAULT, DATABASE, COPY = f"{PREFIX}-vault", f"{PREFIX}-database", f"{PREFIX}-binlogs"
SCRATCH = ("--read-only", "--tmpfs", "/tmp:mode=1777", "--tmpfs", "/run:mode=1777", "--user", str(DATABASE_USER), "--cap-drop", "ALL")  # noqa: S108
TABLE = "blogs.copied"
FOLDER = f"/srv/changes/{NAME}"
WITHIN_S = 10
DEADLINE_S = 180  # of a machine on which others work, too


def docker(*arguments: str, check: bool = True) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=check, timeout=600).stdout.strip()


@dataclass(frozen=True)
class Lab:
    """A network with a database, another host, and what copies between them."""

    deployment: Deployment
    folder: Path

    def database(self, data: str) -> None:
        """Start a database on the data folder ``data``: a new one where that is empty."""
        docker("rm", "--force", "--volumes", DATABASE, check=False)
        (self.folder / data).mkdir(exist_ok=True)
        shutil.chown(self.folder / data, DATABASE_USER, DATABASE_USER)
        mounts = (f"{self.folder / data}:/var/lib/mysql", f"{self.folder}/underdesk.cnf:/etc/mysql/underdesk.cnf:ro", f"{self.folder}/given:/run/secrets:ro")
        docker("run", "--detach", "--name", DATABASE, "--network", PREFIX, *SCRATCH, *volumes(mounts), references()["database"])
        until(
            lambda: docker("exec", DATABASE, "underdesk-database", "health", check=False) == "" and healthy(DATABASE, "underdesk-database"), 180, "a database"
        )
        sql(DATABASE, f"CREATE TABLE IF NOT EXISTS {TABLE} (id INT, text LONGTEXT)")

    def copy(self) -> None:
        """Start what copies, as the service would be started."""
        docker("rm", "--force", "--volumes", COPY, check=False)
        known = changes.known_hosts_file(self.deployment)
        mounts = (f"{self.folder}/given:/run/secrets:ro", f"{known}:/etc/underdesk/known_hosts:ro", f"{self.folder}/spool:/var/spool/binlogs")
        place = f"{self.deployment.plan.platform.backup.changes_to}/{NAME}"
        variables = ("--env", f"DATABASE_HOST={DATABASE}", "--env", f"COPY_TO={place}", "--env", "KEEP_DAYS=9")
        docker("run", "--detach", "--name", COPY, "--network", PREFIX, *SCRATCH, *variables, *volumes(mounts), references()["binlogs"])

    def there(self, timeline: str) -> dict[str, bytes]:
        """The files that the other host has of a timeline."""
        to = self.folder / "there"
        shutil.rmtree(to, ignore_errors=True)
        docker("cp", f"{VAULT}:{FOLDER}/{timeline}", str(to), check=False)
        return logs(to)

    def timeline(self, data: str) -> str:
        return (self.folder / data / "timeline").read_text()

    def holds(self, marker: str, data: str) -> bool:
        """Whether the other host has ``marker`` in the log of the database on ``data``."""
        return any(marker.encode() in content for content in self.there(self.timeline(data)).values())


def volumes(mounts: tuple[str, ...]) -> list[str]:
    return [part for mount in mounts for part in ("--volume", mount)]


def listens(address: str) -> bool:
    with suppress(OSError), socket.create_connection((address, 22), timeout=5):
        return True
    return False


def healthy(container: str, program: str) -> bool:
    return subprocess.run(["docker", "exec", container, program, "health"], capture_output=True, check=False, timeout=60).returncode == 0


@pytest.fixture(scope="module")
def lab(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("vault")
    folder.chmod(0o755)
    try:
        docker("build", "--quiet", "--build-arg", f"BASE={references()['base']}", "--tag", f"{PREFIX}:latest", str(Path(__file__).parent / "vault"))
        docker("network", "create", PREFIX)
        docker("run", "--detach", "--name", VAULT, "--network", PREFIX, f"{PREFIX}:latest")
        address = docker("inspect", "--format", f'{{{{(index .NetworkSettings.Networks "{PREFIX}").IPAddress}}}}', VAULT)
        until(lambda: listens(address), DEADLINE_S, "an SSH service")
        backup = deployment.plan.platform.backup.model_copy(update={"changes_to": f"sftp:keep@{address}:/srv/changes"})
        platform = deployment.plan.platform.model_copy(update={"backup": backup})
        ours = Deployment(deployment.plan.model_copy(update={"platform": platform}), folder)
        prepared(folder, ours)
        yield Lab(ours, folder)
    finally:
        docker("rm", "--force", "--volumes", COPY, DATABASE, VAULT, check=False)
        docker("network", "rm", PREFIX, check=False)
        docker("rmi", f"{PREFIX}:latest", check=False)


def prepared(folder: Path, ours: Deployment) -> None:
    values = credentials.ensure(folder)
    (folder / "given").mkdir()
    (folder / "spool").mkdir()
    shutil.chown(folder / "spool", DATABASE_USER, DATABASE_USER)
    for name in ("database-blogs", "database-wiki", "database-copy", "copy-key"):
        (folder / "given" / name).write_text(values[name])
        shutil.chown(folder / "given" / name, DATABASE_USER, DATABASE_USER)
        (folder / "given" / name).chmod(0o400)
    (folder / "underdesk.cnf").write_text(render("database/underdesk.cnf", ours.plan))


@pytest.fixture(scope="module")
def copying(lab: Lab) -> Lab:
    """The other host lets us in, and what copies has caught up."""
    said: list[str] = []
    with pytest.raises(PlanError, match="does not let this deployment in") as refused:
        let_in(lab.deployment, said.append)
    assert "SHA256:" in said[0]
    key = public_key(lab.deployment)
    assert key.startswith("restrict ssh-ed25519 ")
    assert key in refused.value.hint
    allow(key)
    let_in(lab.deployment, said.append)
    assert len(said) == 1
    lab.database("first")
    lab.copy()
    until(lambda: healthy(COPY, "underdesk-binlogs"), DEADLINE_S, "a copy that has caught up")
    return lab


def allow(key: str) -> None:
    write = "cat > /home/keep/.ssh/authorized_keys && chown keep:keep /home/keep/.ssh/authorized_keys && chmod 600 /home/keep/.ssh/authorized_keys"
    subprocess.run(["docker", "exec", "-i", VAULT, "sh", "-c", write], input=key + "\n", text=True, check=True, capture_output=True)


def test_a_row_is_on_the_other_host_within_ten_seconds(copying: Lab) -> None:
    late_s = []
    for marker in ("over-there", "over-there-too", "over-there-at-last"):
        insert(DATABASE, TABLE, f"(1, '{marker}.')")
        acknowledged = time.time()
        until(partial(copying.holds, f"{marker}.", "first"), DEADLINE_S, "the row on the other host")
        late_s.append(max(path.stat().st_mtime for path in (copying.folder / "there").glob("binlog.*")) - acknowledged)
    assert median(late_s) < WITHIN_S, late_s  # one of them may meet a disk that stands still


def test_a_copy_that_was_killed_while_sending_is_the_same_bytes_in_the_end(copying: Lab) -> None:
    with writing(DATABASE, TABLE) as acknowledged:
        until(lambda: acknowledged[0] > 0, DEADLINE_S, "rows")
        docker("kill", "--signal", "KILL", COPY)
        docker("start", COPY)
        goal = acknowledged[0] + 40
        until(lambda: acknowledged[0] > goal, DEADLINE_S, "more rows")
    sql(DATABASE, "FLUSH BINARY LOGS")
    until(lambda: copying.there(copying.timeline("first")) == logs(copying.folder / "first" / "data"), DEADLINE_S, "the same bytes as the database's own files")


def test_while_the_other_host_is_away_the_copy_is_behind_and_catches_up_by_itself(copying: Lab) -> None:
    docker("stop", "--time", "1", VAULT)
    insert(DATABASE, TABLE, "(2, 'while-away')")
    until(lambda: not healthy(COPY, "underdesk-binlogs"), DEADLINE_S, "a copy that says it is behind")
    docker("start", VAULT)
    until(lambda: copying.holds("while-away", "first"), DEADLINE_S, "the row on the other host")
    until(lambda: healthy(COPY, "underdesk-binlogs"), DEADLINE_S, "a copy that has caught up")


def test_another_host_key_is_refused(copying: Lab) -> None:
    pinned = changes.known_hosts_file(copying.deployment)
    before = pinned.read_text()
    address, kind, _ = before.splitlines()[0].split()
    assert kind == "ssh-ed25519"
    try:
        pinned.write_text(f"{address} {' '.join(public_key(copying.deployment).split()[1:3])}\n")
        with pytest.raises(PlanError, match="another key than the one that was pinned"):
            let_in(copying.deployment, lambda _line: None)
    finally:
        pinned.write_text(before)


def test_a_restore_gets_the_copied_log_back(copying: Lab) -> None:
    timeline, work = copying.timeline("first"), copying.folder / "fetched"
    (found,) = copied.logs(copying.deployment, timeline, work)
    assert found == (timeline, work / timeline)
    assert logs(work / timeline) == copying.there(timeline)
    assert copied.logs(copying.deployment, "0" * 16, work) == ()


def test_a_new_database_never_overwrites_the_log_of_the_one_before(copying: Lab) -> None:
    docker("rm", "--force", "--volumes", DATABASE, check=False)
    before = copying.there(copying.timeline("first"))
    copying.database("second")
    insert(DATABASE, TABLE, "(1, 'another-life')")
    assert copying.timeline("second") != copying.timeline("first")
    until(lambda: copying.holds("another-life", "second"), DEADLINE_S, "the new database's row on the other host")
    assert copying.there(copying.timeline("first")) == before
