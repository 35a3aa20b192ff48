"""Before a member's server is started again, front doors send people elsewhere, and what they have asked for is answered."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.cluster.test_database import SERVER

PROGRAM = Path(__file__).resolve().parents[3] / "playbooks/roles/database/files/underdesk_database"
sys.path.insert(0, str(PROGRAM))
import agent  # type: ignore[import-not-found] # noqa: E402

sys.path.remove(str(PROGRAM))
for _name in (one.stem for one in PROGRAM.glob("[a-z]*.py")):
    sys.modules.pop(_name, None)

NOW = 1_000_000.0


@pytest.mark.parametrize(("age", "leaves"), [(0, True), (59, True), (61, False), (-5, False)])
def test_a_member_says_that_it_leaves_for_a_minute_at_most_whoever_was_killed(age: int, *, leaves: bool, tmp_path: Path) -> None:
    mark = tmp_path / "leaves"
    mark.touch()
    os.utime(mark, (NOW - age, NOW - age))
    assert agent.leaving(mark, NOW) == leaves
    assert not agent.leaving(tmp_path / "none", NOW)


class Host:
    """A host whose clock moves when somebody waits, and the number of people that its server still answers at each look."""

    def __init__(self, folder: Path, busy: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        self.mark, self.busy, self.now, self.did = folder / "leaves", busy, 0.0, list[str]()
        monkeypatch.setattr(SERVER, "LEAVES", self.mark)
        monkeypatch.setattr(SERVER, "time", SimpleNamespace(sleep=self._sleep, monotonic=lambda: self.now))
        monkeypatch.setattr(SERVER, "ask", self._ask)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def _ask(self, _module: object, _statement: str) -> list[list[str]]:
        assert self.mark.exists(), "front doors still send people here"
        return [[str(self.busy.pop(0) if len(self.busy) > 1 else self.busy[0])]]


def test_a_server_is_started_again_when_the_last_answer_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host, module = Host(tmp_path, [2, 1, 0], monkeypatch), Any
    SERVER._leave(module)
    assert SERVER.SEEN_S < host.now < SERVER.SEEN_S + 2


def test_a_request_without_an_end_keeps_nobody_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host, module = Host(tmp_path, [1], monkeypatch), Any
    SERVER._leave(module)
    assert host.now <= SERVER.SEEN_S + SERVER.LEAVE_S + 1
