"""Engines as local sockets: what is said passes both ways, however many ask; who cannot be answered is told why, and nothing outlives the context."""

import contextlib
import functools
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from infra.cluster.carry.engines import Engines, engines
from infra.cluster.cluster import Cluster
from infra.cluster.lines import SESSIONS, Lines
from infra.inventory.assign import Question, place
from runtime.errors import PlanError
from runtime.together import together
from tests.unit.inventory_examples import equal, fake_ssh, inventory

OPENS = 'case "$*" in true) exit 0 ;; esac\n'
ECHO = OPENS + "cat; echo over"
"""Says what it hears, and something after the other side has ended what it says."""
SILENT = OPENS + "exec sleep 600"
LIMIT_S = 20


def cluster() -> Cluster:
    found, plan = inventory(3), equal(3)
    return Cluster(plan, found, place(Question(found, plan)))


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="underdesk-") as made:  # pytest's own are too deep for a socket
        yield Path(made)


@contextlib.contextmanager
def at(monkeypatch: pytest.MonkeyPatch, folder: Path, *does: str) -> Iterator[Engines]:
    """Give the engines of three hosts that do what scripts say."""
    monkeypatch.setenv("PATH", fake_ssh(folder / "bin", {f"10.20.0.{11 + number}": script for number, script in enumerate(does)}))
    with engines(cluster(), folder) as made:
        yield made


def connected(address: str) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(LIMIT_S)
    client.connect(address.removeprefix("unix://"))
    return client


def heard(client: socket.socket) -> bytes:
    said = b""
    while piece := client.recv(65536):
        said += piece
    return said


def say(client: socket.socket, text: bytes) -> None:
    with contextlib.suppress(OSError):  # the other side need not listen to the end
        client.sendall(text)
        client.shutdown(socket.SHUT_WR)


def asked(address: str, text: bytes) -> bytes:
    with connected(address) as client:
        writer = threading.Thread(target=say, args=(client, text))
        writer.start()
        said = heard(client)
        writer.join()
        return said


def test_the_end_of_what_a_client_says_is_not_the_end_of_what_it_hears(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    text = bytes(range(256)) * 20_000
    with at(monkeypatch, folder, ECHO) as made:
        assert asked(made.socket("node-1"), text) == text + b"over\n"


def test_many_at_once_are_all_answered(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    with at(monkeypatch, folder, ECHO, ECHO) as made:
        addresses = [made.socket(f"node-{1 + number % 2}") for number in range(24)]
        said = together([functools.partial(asked, address, str(number).encode()) for number, address in enumerate(addresses)])
        assert said == [f"{number}over\n".encode() for number in range(24)]
        assert made.socket("node-1") == addresses[0]


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("echo first >&2; echo 'Permission denied (publickey).' >&2; exit 255", "node-1 (10.20.0.11): Permission denied (publickey)."),
        (OPENS + "exit 1", "did not say why"),
    ],
)
def test_whoever_cannot_be_answered_is_told_why_by_an_answer_of_an_engine(monkeypatch: pytest.MonkeyPatch, folder: Path, does: str, why: str) -> None:
    with at(monkeypatch, folder, does) as made:
        said = asked(made.socket("node-1"), b"POST /services/create HTTP/1.1\r\nHost: docker\r\nContent-Length: 2000000\r\n\r\n" + b" " * 2_000_000)
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 502 ")
    assert f"Content-Length: {len(body)}".encode() in head
    assert why in json.loads(body)["message"]


def test_an_answer_that_breaks_off_gets_nothing_added(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    with at(monkeypatch, folder, OPENS + "printf half; echo gone >&2; exit 255") as made:
        assert asked(made.socket("node-1"), b"") == b"half"


def test_what_is_still_open_ends_with_the_context_and_with_its_client(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    before = threading.active_count()
    with at(monkeypatch, folder, SILENT, ECHO) as made:
        with connected(made.socket("node-1")):
            pass  # what runs for it is not told that it is gone, for it says nothing
        waits, path = connected(made.socket("node-1")), made.socket("node-1").removeprefix("unix://")
        assert asked(made.socket("node-2"), b"x") == b"xover\n"
    with waits:
        assert heard(waits) == b""
    assert threading.active_count() == before
    assert not Path(path).exists()


def test_no_connection_gets_more_sessions_than_sshd_allows(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PATH", fake_ssh(folder / "bin", {"10.20.0.11": OPENS}))
    lines = Lines(cluster().reach["node-1"], folder)

    def path(command: list[str]) -> str:
        return next(word for word in command if word.startswith("ControlPath="))

    with contextlib.ExitStack() as held:
        paths = [path(held.enter_context(lines.command(["x"]))) for _ in range(2 * SESSIONS + 1)]
    assert [paths.count(one) for one in dict.fromkeys(paths)] == [SESSIONS, SESSIONS, 1]
    with lines.command(["x"]) as again:
        assert path(again) == paths[0], "what has ended leaves no room"


LEADS, FOLLOWS, NONE = "echo true", "echo false", "echo 'The swarm does not have a leader.' >&2; exit 1"


@pytest.mark.parametrize(("does", "who"), [((FOLLOWS, LEADS, FOLLOWS), "node-2"), ((NONE, FOLLOWS, "exit 255"), "node-2"), ((LEADS, FOLLOWS, LEADS), "node-1")])
def test_the_manager_that_leads_is_taken_else_one_that_answers(monkeypatch: pytest.MonkeyPatch, folder: Path, does: tuple[str, ...], who: str) -> None:
    with at(monkeypatch, folder, *does) as made:
        assert made.manager() == who


def test_a_swarm_gets_seconds_to_elect_a_leader(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr("infra.cluster.carry.engines.PAUSE_S", 0)
    elected = f"cd {folder}; if [ -e asked ]; then {LEADS}; else touch asked; {NONE}; fi"
    with at(monkeypatch, folder, NONE, elected, "exit 255") as made:
        assert made.manager() == "node-2"


def test_where_no_manager_answers_each_reason_is_said(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr("infra.cluster.carry.engines.PATIENCE_S", 0)
    with at(monkeypatch, folder, NONE, NONE, "echo 'connect: no route to host' >&2; exit 255") as made, pytest.raises(PlanError) as problem:
        made.manager()
    assert "node-1: The swarm does not have a leader" in problem.value.message
    assert "node-3: connect: no route to host" in problem.value.message
