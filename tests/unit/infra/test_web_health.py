"""Whether a container of blogs or wiki counts as healthy, by what it answers itself: an engine ends one that does not."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra import images
from tests.unit.answering import answering

SCRIPT = images.CONTEXTS / "web" / "underdesk-health"
LIMIT_S = 30


@pytest.fixture
def answers() -> Iterator[tuple[int, list[int]]]:
    """A server's port, and the status that it answers with."""
    status = [200]
    with answering(status) as port:
        yield port, status


@pytest.fixture
def healthy(tmp_path: Path, answers: tuple[int, list[int]]) -> Callable[[int], bool]:
    """Ask the script of a container that answers with a status."""
    port, status = answers
    text = SCRIPT.read_text()
    for ours, theirs in (("/run/served", str(tmp_path / "served")), ("-t 15", "-t 1"), ("127.0.0.1/8080", f"127.0.0.1/{port}"), ("sleep 9", "sleep 0")):
        assert ours in text
        text = text.replace(ours, theirs)

    def ask(with_status: int) -> bool:
        status[0] = with_status
        return subprocess.run(["bash", "-c", text], check=False, timeout=LIMIT_S).returncode == 0

    return ask


def test_one_that_has_not_served_is_healthy_when_its_database_answers(healthy: Callable[[int], bool]) -> None:
    assert [healthy(status) for status in (503, 502, 200)] == [False, False, True]


def test_one_that_has_served_stays_healthy_without_a_database_and_not_without_php(healthy: Callable[[int], bool]) -> None:
    assert [healthy(status) for status in (200, 503, 502, 504, 503, 200)] == [True, True, False, False, True, True]
