"""Security updates on the real platform: taken where it passes, taken back where it does not, and nobody's post is lost.

The pending updates are real ones for apt: packages of an archive of our own, in images that are built as all others.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest
import requests

from infra import history, images
from infra.deployment import Deployment, load
from tests.other_tables import NO_COMMENTS, TABLES
from tests.platform.archive import Archive
from tests.platform.conftest import Command
from tests.platform.keep.interrupting import Interrupter, spread

NO = 3
MOMENTS = int(os.environ.get("UNDERDESK_MOMENTS", "2"))  # 'make prove' asks for ten
PATIENCE = 30
REFUSED = "Not saved yet"
OTHER_CONTEXTS = "import sys; from pathlib import Path; from infra import images; images.CONTEXTS = Path(sys.argv.pop(1)); from cli.main import main; main()"
INSTALL = """
USER 0
RUN echo 'deb [trusted=yes] {url} ./' >/etc/apt/sources.list.d/test.list && apt-get update \\
    && apt-get install --yes {package} && rm -rf /var/lib/apt/lists/*
USER {user}
"""
NEVER_HEALTHY = "printf '#!/bin/sh\\nexit 1\\n' >/usr/local/bin/entrypoint"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    made = Archive(tmp_path_factory.mktemp("archive"))
    made.publish(test_mail=("1.0", ""), test_blogs=("1.0", ""))
    yield made
    made.close()


@pytest.fixture(scope="module")
def contexts(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Contexts of images as ours, but that of mail holds a package of our archive."""
    made = tmp_path_factory.mktemp("contexts") / "images"
    shutil.copytree(images.CONTEXTS, made)
    install(made, archive, "mail", "0")
    return made


def install(contexts: Path, archive: Archive, name: str, user: str) -> None:
    """Let the image ``name`` hold the package that our archive has for it."""
    with (contexts / name / "Dockerfile").open("a") as file:
        file.write(INSTALL.format(url=archive.url, package=f"test-{name}", user=user))


@pytest.fixture(scope="module")
def program(contexts: Path) -> tuple[str, ...]:
    """The command, with those images."""
    return (sys.executable, "-c", OTHER_CONTEXTS, str(contexts))


@pytest.fixture(scope="module")
def upgradable(deployment: Deployment, plan: Command, folder: Path, program: tuple[str, ...]) -> Iterator[Command]:
    """What runs ``program``; deployed by it."""

    def call(*arguments: str, timeout: float = 1500) -> subprocess.CompletedProcess[str]:
        argv = [*program, *arguments]
        return subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL)

    deployed = call("deploy", "--yes")
    assert deployed.returncode == 0, deployed.stderr
    yield call
    made = {reference for entry in history.entries(deployment) for reference in entry.note.images.values()}
    assert plan("deploy", "--yes").returncode == 0
    for reference in made - {*images.wanted(load(deployment.name)).values()}:
        subprocess.run(["docker", "image", "rm", reference], check=False, capture_output=True)


class Writer:
    """Somebody who posts all the time, signed in once; remembers what was acknowledged, and what was refused."""

    def __init__(self, deployment: Deployment) -> None:
        self.blog = f"{deployment.urls['internal']}news/"
        self.acknowledged: dict[int, str] = {}
        self.refused: list[requests.Response] = []
        self.over = threading.Event()
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(deployment.ca_file)
        form = {"log": "admin", "pwd": deployment.password_file.read_text().strip(), "testcookie": "1"}
        self.session.cookies.set("wordpress_test_cookie", "WP Cookie check")
        self.session.post(f"{self.blog}wp-login.php", form, timeout=30)
        nonce = self.session.get(f"{self.blog}wp-admin/admin-ajax.php", params={"action": "rest-nonce"}, timeout=30).text
        self.session.headers["X-WP-Nonce"] = nonce

    def __enter__(self) -> Self:
        self.post()
        assert self.acknowledged, "nobody could write before"
        self.thread = threading.Thread(target=self.go_on)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def go_on(self) -> None:
        while not self.over.wait(1):
            with contextlib.suppress(requests.RequestException):
                self.post()

    def post(self) -> None:
        title = f"written while it was upgraded {len(self.acknowledged)}"
        answer = self.session.post(f"{self.blog}wp-json/wp/v2/posts", json={"title": title, "status": "publish"}, timeout=60)
        if answer.status_code == requests.codes.created:
            self.acknowledged[answer.json()["id"]] = title
        elif REFUSED in answer.text:
            self.refused.append(answer)

    def read(self, number: int) -> requests.Response:
        """Ask for a post; again where the server is too busy to say what there is."""
        answer = self.session.get(f"{self.blog}wp-json/wp/v2/posts/{number}", timeout=60)
        for _ in range(PATIENCE):
            if answer.status_code < requests.codes.server_error:
                break
            time.sleep(1)
            answer = self.session.get(f"{self.blog}wp-json/wp/v2/posts/{number}", timeout=60)
        return answer

    def lost(self) -> list[str]:
        """Acknowledged posts that are not there."""
        asked = {number: self.read(number) for number in self.acknowledged}
        return [title for number, title in self.acknowledged.items() if asked[number].status_code != requests.codes.ok or title not in asked[number].text]


@pytest.fixture
def writer(deployment: Deployment) -> Iterator[Callable[[], Writer]]:
    made: list[Writer] = []

    def write() -> Writer:
        made.append(Writer(deployment))
        return made[-1]

    yield write
    for one in made:
        for number in one.acknowledged:
            one.session.delete(f"{one.blog}wp-json/wp/v2/posts/{number}", params={"force": "true"}, timeout=60)


def installed(deployment: Deployment, name: str) -> str:
    return deployment.exec(name, ["dpkg-query", "--show", "--showformat", "${Version}", f"test-{name}"])


def test_a_pending_security_update_is_found_taken_kept_by_a_deploy_and_given_back_by_a_rollback(
    deployment: Deployment, upgradable: Command, archive: Archive, writer: Callable[[], Writer]
) -> None:
    archive.publish(test_mail=("2.0", ""), test_blogs=("1.0", ""))
    checked = upgradable("upgrade", "--check", "--json", "--name", deployment.name)
    assert checked.returncode == NO, checked.stderr
    pending = [one for one in json.loads(checked.stdout)["images"]["mail"] if one["package"].startswith("test-")]  # the distribution may have some of its own
    assert pending == [{"package": "test-mail", "old": "1.0", "new": "2.0", "security": True}]
    assert re.search(r"open: [1-9]\d* security and", upgradable("status", "--name", deployment.name).stdout)
    with writer() as somebody:
        upgraded = upgradable("upgrade", "--yes", "--json", "--name", deployment.name)
    assert upgraded.returncode == 0, upgraded.stderr
    assert [one for one in json.loads(upgraded.stdout)["packages"] if one.startswith("test-")] == ["test-mail 1.0 -> 2.0, in mail"]
    assert installed(deployment, "mail") == "2.0"
    assert somebody.lost() == []
    assert somebody.refused == []
    again = upgradable("deploy", "--yes")
    assert again.stdout.startswith("no changes"), again.stderr
    back = upgradable("rollback", "--yes", "--name", deployment.name)
    assert back.returncode == 0, back.stderr
    assert installed(deployment, "mail") == "1.0"
    assert somebody.lost() == []


def test_a_new_image_that_never_becomes_healthy_is_taken_back_and_no_post_is_lost(
    deployment: Deployment, upgradable: Command, archive: Archive, writer: Callable[[], Writer]
) -> None:
    archive.publish(test_mail=("3.0", NEVER_HEALTHY), test_blogs=("1.0", ""))
    with writer() as somebody:
        upgraded = upgradable("upgrade", "--yes", "--name", deployment.name)
    assert upgraded.returncode == NO, upgraded.stderr
    assert upgraded.stdout.startswith("rolled back")
    assert installed(deployment, "mail") == "1.0"
    assert somebody.lost() == []
    assert somebody.refused == []
    assert upgradable("status", "--check", "--name", deployment.name).returncode == 0


def test_an_upgrade_that_changes_tables_and_fails_its_test_is_taken_back_with_the_tables_and_no_acknowledged_post_is_lost(
    deployment: Deployment, upgradable: Command, contexts: Path, archive: Archive, writer: Callable[[], Writer]
) -> None:
    install(contexts, archive, "blogs", "33:33")
    deployed = upgradable("deploy", "--yes")
    assert deployed.returncode == 0, deployed.stderr
    archive.publish(test_mail=("1.0", ""), test_blogs=("4.0", NO_COMMENTS))
    before = tables(deployment)
    with writer() as somebody:
        upgraded = upgradable("upgrade", "--yes", "--json", "--name", deployment.name)
        assert upgraded.returncode == NO, upgraded.stderr
        somebody.post()
    answer = json.loads(upgraded.stdout)
    assert any("comment" in reason for reason in answer["reasons"]), answer
    assert answer["tables"] == [f"the tables of blogs change: {before} -> 99999"]
    assert "refusing writes" in upgraded.stderr
    assert {refusal.headers["Retry-After"] for refusal in somebody.refused} == {"120"}
    assert tables(deployment) == before
    assert installed(deployment, "blogs") == "1.0"
    assert somebody.lost() == []
    assert upgradable("status", "--check", "--name", deployment.name).returncode == 0


def test_an_upgrade_killed_at_any_step_is_completed_by_the_same_command_and_no_acknowledged_post_is_lost(  # noqa: PLR0913 - fixtures
    *, deployment: Deployment, upgradable: Command, program: tuple[str, ...], archive: Archive, writer: Callable[[], Writer], folder: Path, tmp_path: Path
) -> None:
    command = Interrupter(["upgrade", "--yes", "--name", deployment.name], folder, tmp_path / "shims", program)
    archive.publish(test_mail=("10.0", ""), test_blogs=("1.0", ""))
    with writer() as somebody:
        lines = command.lines()
        for index, line in enumerate(spread(lines, MOMENTS), 1):
            version = f"{10 + index}.0"
            archive.publish(test_mail=(version, ""), test_blogs=("1.0", ""))
            assert command.killed_after_lines(line), f"line {line} of {lines}"
            completed = upgradable("upgrade", "--yes", "--name", deployment.name)
            assert completed.returncode == 0, completed.stderr
            assert installed(deployment, "mail") == version
            assert upgradable("status", "--check", "--name", deployment.name).returncode == 0
            somebody.post()
    assert somebody.lost() == []
    assert somebody.refused == []


def tables(deployment: Deployment) -> str:
    argv = ["docker", "exec", "-u", "0", deployment.container("database"), "mariadb", "-BNe", TABLES]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
