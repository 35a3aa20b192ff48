"""The smoke test on the real platform: it passes, it leaves nothing, and a broken platform does not pass."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

from infra.deployment import Deployment
from loadtests import spaces
from loadtests.generator import processes_of
from tests.platform.conftest import PLAN, Command

PASSED, NO = 0, 3
BEGIN_S = 300
SETTLE_S = 60
POLL_S = 0.05
# Of a published post WordPress notes that its links are still to be told; its next cron job takes the note away.
COUNTS = """SELECT CONCAT("SELECT '", table_name, "', COUNT(*) FROM `", table_name, "`",
  IF(table_name LIKE '%postmeta', " WHERE meta_key NOT IN ('_pingme', '_encloseme')", ""), ";")
FROM information_schema.tables WHERE table_schema = DATABASE()"""
# As the application's own user, with the container's own secret, so that no password is in an argument.
ASK = 'MYSQL_PWD=$(cat "/run/secrets/database-$1") exec mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -u "$1" -BNr "$1"'
# Rows that come and go without anybody writing anything.
OWN_LIFE = ("options", "sitemeta", "job", "objectcache", "querycache", "module_deps")
# Jobs that nobody has begun: they put rows away, or make some.
WAITING = "SELECT COUNT(*) FROM job WHERE job_attempts = 0"
# MediaWiki keeps one row for each wording of an edit's summary and shares it between edits for good.
SHARED = ("wiki.comment",)
T = TypeVar("T")


def rows(deployment: Deployment) -> dict[str, int]:
    """Rows of every table of the platform: sites, users, pages, everything."""
    found: dict[str, int] = {}
    for application in ("blogs", "wiki"):
        counts = query(deployment, application, query(deployment, application, COUNTS))
        found |= {f"{application}.{table}": int(count) for table, count in (line.split("\t") for line in counts.splitlines())}
    return {table: count for table, count in found.items() if not table.endswith(OWN_LIFE) and table not in SHARED}


def traces(deployment: Deployment) -> set[tuple[str, object]]:
    """Everything that a test could leave: rows of tables, files of people."""
    return {*rows(deployment).items(), *((path, "file") for path in uploaded(deployment))}


def settled(deployment: Deployment) -> set[tuple[str, object]]:
    """Everything that is there when the wiki has done what earlier tests left it to do, or has had its time for it."""
    with suppress(AssertionError):
        until(lambda: query(deployment, "wiki", WAITING).strip() == "0", SETTLE_S)
    return traces(deployment)


def assert_no_trace(deployment: Deployment, before: set[tuple[str, object]]) -> None:
    """Nothing has come or gone; what a job is still to put away has its time."""
    with suppress(AssertionError):
        until(lambda: traces(deployment) == before, SETTLE_S)
    assert traces(deployment) ^ before == set()


def query(deployment: Deployment, application: str, statement: str) -> str:
    return deployment.exec("database", ["bash", "-c", ASK, "ask", application], stdin=statement)


def uploaded(deployment: Deployment) -> set[str]:
    folders = (deployment.folder / "data" / part for part in ("uploads", "wiki-images"))
    return {str(path.relative_to(deployment.folder)) for folder in folders for path in folder.rglob("*") if path.is_file()}


def left_over(deployment: Deployment) -> set[str]:
    """Files of runs that are not their results (of any scenario) nor the lock."""
    return {path.name for path in spaces.folder(deployment).iterdir() if path.name != "lock" and not path.name.startswith("last-")}


def until(condition: Callable[[], T | None], limit_s: float = BEGIN_S) -> T:
    deadline = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(POLL_S)
    return value


def begun(deployment: Deployment) -> Path | None:
    """The target file of a run in which people have begun to act."""
    for path in spaces.folder(deployment).glob("summary-*.json"):
        if json.loads(path.read_text())["classes"]:
            return spaces.target_file(deployment, path.stem.removeprefix("summary-"))
    return None


@pytest.fixture
def wiki_stopped(deployment: Deployment, plan: Command) -> Iterator[None]:
    subprocess.run(["docker", "service", "scale", f"{deployment.service('wiki')}=0"], check=True, capture_output=True)
    yield
    mended = plan("deploy", "--yes")
    assert mended.returncode == 0, mended.stderr


def test_smoke_passes_and_leaves_no_trace(deployment: Deployment, plan: Command, folder: Path) -> None:
    before = settled(deployment)
    tested = plan("test", "smoke", "--name", deployment.name, "--json")
    assert tested.returncode == PASSED, tested.stdout + tested.stderr
    answer = json.loads(tested.stdout)
    assert answer["verdict"] == "passed"
    assert answer == json.loads((folder / "result.json").read_text())
    assert_no_trace(deployment, before)
    assert (spaces.folder(deployment) / "last-smoke.json").is_file()
    assert left_over(deployment) == set()


def test_a_killed_smoke_test_is_cleaned_up_by_the_next_command(deployment: Deployment, plan: Command, folder: Path) -> None:
    before = settled(deployment)
    with subprocess.Popen([PLAN, "test", "smoke", "--name", deployment.name], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        target = until(lambda: begun(deployment))
        os.kill(running.pid, signal.SIGKILL)
    assert len(spaces.leftovers(deployment)) == 1
    cleaned = plan("test", "clean", "--name", deployment.name)
    assert cleaned.returncode == 0, cleaned.stderr
    assert "of an interrupted run is removed" in cleaned.stdout
    assert processes_of(target) == []
    assert_no_trace(deployment, before)


def test_an_interrupted_smoke_test_puts_everything_away_itself(deployment: Deployment, folder: Path) -> None:
    before = settled(deployment)
    with subprocess.Popen([PLAN, "test", "smoke", "--name", deployment.name], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        target = until(lambda: begun(deployment))
        running.send_signal(signal.SIGINT)
        assert running.wait(BEGIN_S) != PASSED
    assert spaces.leftovers(deployment) == ()
    assert processes_of(target) == []
    assert_no_trace(deployment, before)


@pytest.mark.usefixtures("wiki_stopped")
def test_a_stopped_wiki_is_the_answer_no(deployment: Deployment, plan: Command) -> None:
    tested = plan("test", "smoke", "--name", deployment.name)
    assert tested.returncode == NO, tested.stdout + tested.stderr
    assert tested.stdout.startswith("failed")
    assert "wiki" in tested.stdout
