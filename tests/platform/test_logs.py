"""What the services say comes in one time order, and nothing of it is lost when a task has stopped."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest

from infra import live, reach
from infra.deployment import Deployment
from infra.logs import Line, past, sources
from tests.platform.binlog_writer import until
from tests.platform.conftest import PLAN, Command

ROLES = {"binlogs", "blogs", "blogs-jobs", "database", "frontdoor", "mail", "objectcache", "pagecache", "wiki", "wiki-jobs"}


def asked(deployment: Deployment, path: str) -> str:
    """Ask the front door for ``path``, and return what must be in its log."""
    reach.fetch(deployment, "internal", path)
    return path


def test_every_service_speaks_and_the_order_is_that_of_time(deployment: Deployment, plan: Command) -> None:
    said = plan("logs", "--name", deployment.name, "--since", "9d", "--json")
    assert said.returncode == 0, said.stderr
    lines = [json.loads(line) for line in said.stdout.splitlines()]
    assert {line["service"] for line in lines} == ROLES
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    assert {line["schema"]["version"] for line in lines} == {1}


def test_a_request_reads_as_a_sentence_and_raw_it_is_the_front_doors_own_line(deployment: Deployment, plan: Command) -> None:
    path = asked(deployment, "/no-such-page-of-the-log-test/")
    read = plan("logs", "frontdoor", "--name", deployment.name, "--since", "5m")
    (line,) = [line for line in read.stdout.splitlines() if path in line and "172." in line]
    assert " frontdoor " in line
    assert f"{deployment.plan.platform.hosts.internal} GET {path} 404 " in line
    assert " ms" in line
    raw = plan("logs", "frontdoor", "--name", deployment.name, "--since", "5m", "--json")
    own = [json.loads(json.loads(line)["line"]) for line in raw.stdout.splitlines() if path in line]
    assert own[-1]["status"] == 404
    assert re.fullmatch(r"[0-9A-F]{16}", own[-1]["visitor"])
    assert abs(own[-1]["began_ms"] / 1000 - time.time()) < 600


def test_only_so_many_lines_and_only_those_services(deployment: Deployment, plan: Command) -> None:
    said = plan("logs", "database", "mail", "--name", deployment.name, "--lines", "7").stdout.splitlines()
    assert len(said) == 7
    assert {line.split()[2] for line in said} <= {"database", "mail"}


def test_errors_are_what_went_wrong_and_nothing_else(deployment: Deployment, plan: Command) -> None:
    asked(deployment, "/fine-page-of-the-log-test/")
    subprocess.run(["docker", "exec", deployment.container("mail"), "sh", "-c", "echo 'fatal: canary failure' > /proc/1/fd/1"], check=True)
    said = plan("logs", "--errors", "--name", deployment.name, "--since", "5m").stdout
    assert "canary failure" in said
    assert "/fine-page" not in said


def test_a_service_that_there_is_not_is_refused_with_those_that_there_are(deployment: Deployment, plan: Command) -> None:
    refused = plan("logs", "blog", "--name", deployment.name)
    assert refused.returncode == 1
    assert "no service is called blog" in refused.stderr
    assert "blogs, blogs-jobs, database" in refused.stderr


@pytest.mark.parametrize("span", ["yesterday", "10", "-5m", "1.5h", ""])
def test_a_span_that_is_none_is_refused_with_examples(deployment: Deployment, plan: Command, span: str) -> None:
    said = plan("logs", "--name", deployment.name, "--since", span, "--lines", "1")
    assert said.returncode == (1 if span else 0)
    assert not span or "10m" in said.stderr


def test_what_a_stopped_task_has_said_is_still_there(deployment: Deployment, plan: Command) -> None:
    before = deployment.container("objectcache")
    subprocess.run(["docker", "kill", before], check=True, capture_output=True)
    until(lambda: running(deployment, "objectcache") not in {"", before}, 300, "another task")
    now = running(deployment, "objectcache")

    def speaking() -> set[str]:
        said = plan("logs", "objectcache", "--name", deployment.name, "--since", "1d", "--json")
        return {json.loads(line)["container"] for line in said.stdout.splitlines()}

    until(lambda: now[:12] in speaking(), 60, "the first words of the new task")
    assert before[:12] in speaking()


def running(deployment: Deployment, role: str) -> str:
    found = [one.container for one in sources(live.engine_client(), deployment.name, [role]) if one.running]
    return found[0] if found else ""


def test_a_very_long_line_stays_one_line(deployment: Deployment) -> None:
    write = f"printf '%s\\n' long-{'x' * 40_000}-end > /proc/1/fd/1"
    subprocess.run(["docker", "exec", "-i", deployment.container("mail"), "sh"], input=write, text=True, check=True)
    client = live.engine_client()

    def found() -> list[Line]:
        return [line for line in past(client, sources(client, deployment.name, ["mail"])) if "long-" in line.text]

    until(lambda: any(line.text.endswith("-end") for line in found()), 60, "the end of the line")  # the engine writes it down in pieces
    (line,) = found()
    assert line.text == f"long-{'x' * 40_000}-end"
    assert isinstance(line, Line)


def following(deployment: Deployment, folder: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PLAN, "logs", "--follow", "--lines", "1", "--name", deployment.name, *more],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip


def in_order(deployment: Deployment, said: IO[str], name: str) -> bool:
    """Ask for three pages; return whether what is said of them comes in the order of time, whichever service says it."""
    for number in range(3):
        asked(deployment, f"/{name}-{number}/")
    seen: list[str] = []
    while not {"frontdoor", "blogs"} <= {role for line in seen for role in ("frontdoor", "blogs") if f"/{name}-2/" in line and f" {role} " in line}:
        seen.append(said.readline())
    assert [number for line in seen for number in "012" if f"/{name}-{number}/" in line and " blogs " in line] == ["0", "1", "2"]
    times = [line[:23] for line in seen]
    return times == sorted(times)


def test_follow_shows_what_comes_in_order_and_ctrl_c_ends_it(deployment: Deployment, folder: Path) -> None:
    with following(deployment, folder) as running:
        assert running.stdout
        running.stdout.readline()  # what was there; from now on it follows
        # Lines are held for a moment, not for ever: an engine that stands still for longer gives them late. Not each time.
        assert any(in_order(deployment, running.stdout, f"follow-{attempt}") for attempt in range(3))
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(60) == 130
        assert running.stderr
        assert "Traceback" not in running.stderr.read()


def test_follow_takes_in_a_task_that_comes(deployment: Deployment, folder: Path) -> None:
    with following(deployment, folder, "objectcache") as following_it:
        assert following_it.stdout
        following_it.stdout.readline()
        subprocess.run(["docker", "kill", deployment.container("objectcache")], check=True, capture_output=True)
        while "Ready to accept connections" not in following_it.stdout.readline():
            assert following_it.poll() is None
        following_it.terminate()
        assert following_it.wait(60) == 143


def test_a_reader_who_has_seen_enough_is_no_error(deployment: Deployment, folder: Path) -> None:
    command = [PLAN, "logs", "--since", "9d", "--name", deployment.name]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait(60) == 0


def test_without_an_engine_it_says_so(deployment: Deployment, folder: Path) -> None:
    environment = {**os.environ, "DOCKER_HOST": "unix:///nonexistent/engine.sock"}
    command = [PLAN, "logs", "--name", deployment.name]
    said = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert "engine does not answer" in said.stderr


def test_open_prints_the_addresses_and_says_why_it_opens_nothing(deployment: Deployment, plan: Command) -> None:
    said = plan("open", "--name", deployment.name)
    assert said.returncode == 0
    assert [line.split()[1] for line in said.stdout.splitlines()] == list(deployment.urls.values())
    assert "not opened: " in said.stderr
    assert plan("open", "wiki", "--print", "--name", deployment.name).stdout == f"{deployment.urls['wiki']}\n"
    assert json.loads(plan("open", "--json", "--name", deployment.name).stdout)["urls"] == deployment.urls


def test_open_starts_the_browser_of_a_person_at_a_screen(deployment: Deployment, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened.part && mv {tmp_path}/opened.part {tmp_path}/opened\n')
    browser.chmod(0o755)
    for path in (tmp_path, *list(tmp_path.parents)[:2]):
        path.chmod(0o755)
    tmp_path.chmod(0o777)
    person = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    environment = {**os.environ, "DISPLAY": ":7", "BROWSER": str(browser), "HOME": str(tmp_path)}
    command = [*person, sys.executable, "-c", "import sys; from cli.main import main; main()", "open", "external", "--name", deployment.name]
    said = subprocess.run(command, cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert f"opened {deployment.urls['external']}" in said.stderr
    deadline = time.monotonic() + 60
    while not (tmp_path / "opened").exists():
        assert time.monotonic() < deadline
    assert (tmp_path / "opened").read_text() == f"{deployment.urls['external']}\n"
