"""Which of two servers is the primary: remembered by both, and never two for longer than they do not see each other."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cluster.of_ansible import PLAYBOOKS, filters, library

PROGRAM = PLAYBOOKS / "roles/database/files/underdesk_database"
sys.path.insert(0, str(PROGRAM))
import agent  # type: ignore[import-not-found] # noqa: E402
import agreement  # type: ignore[import-not-found] # noqa: E402
import copying  # type: ignore[import-not-found] # noqa: E402
import failing_over  # type: ignore[import-not-found] # noqa: E402
import hearing  # type: ignore[import-not-found] # noqa: E402

sys.path.remove(str(PROGRAM))
for _name in (one.stem for one in PROGRAM.glob("[a-z]*.py")):
    sys.modules.pop(_name, None)

PRIMARY = filters("database_primary").primary
COPY = library("database_copy")


def host(primary: str = "", term: int = 0, *, data: bool = False) -> dict[str, Any]:
    return {"primary": primary, "term": term, "data": data}


@pytest.mark.parametrize(
    ("seen", "name", "term"),
    [
        ({"node-1": host(), "node-2": host()}, "node-1", 1),
        ({"node-1": host(), "node-2": host(data=True)}, "node-2", 1),
        ({"node-1": host("node-1", 1, data=True), "node-2": host("node-2", 2, data=True)}, "node-2", 2),
        ({"node-2": host("node-2", 3), "node-1": host()}, "node-2", 3),
        ({"node-1": host("node-9", 3, data=True), "node-3": host()}, "node-1", 4),
    ],
)
def test_the_latest_word_says_who_is_primary_and_the_data_where_there_is_none(seen: dict[str, Any], name: str, term: int) -> None:
    assert PRIMARY(seen) == {"name": name, "term": term}


def told(name: str, primary: str, term: int) -> dict[str, Any]:
    return {name: agreement.Member(name, primary_is=primary, term=term)}


def test_who_was_primary_learns_that_another_is() -> None:
    own = copying.Word("node-1", 1)
    assert copying.later(own, told("node-2", "node-2", 2)) == copying.Word("node-2", 2)
    assert copying.later(own, told("node-2", "node-1", 1)) is None
    assert copying.later(own, {}) is None


def test_a_primary_takes_writes_when_the_other_is_seen_or_was_not_for_a_while() -> None:
    own, seen = copying.Word("node-1", 1), told("node-2", "node-1", 1)
    assert copying.takes_writes("node-1", own, seen, 0.0)
    assert not copying.takes_writes("node-1", own, {}, 0.0)
    assert copying.takes_writes("node-1", own, {}, copying.UNSEEN_S + 1)
    assert not copying.takes_writes("node-2", own, seen, 99.0)
    assert not copying.takes_writes("node-1", copying.Word("node-1", 2, ready=False), seen, 99.0)


@pytest.mark.parametrize(("refuses", "said"), [("OFF", ["SET GLOBAL read_only = ON"]), ("ON", [])])
def test_an_old_primary_that_comes_back_takes_no_writes(refuses: str, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(copying, "FILE", tmp_path / "primary.json")
    monkeypatch.setattr(copying, "MEMORY", tmp_path)
    monkeypatch.setattr(copying.server, "tell", done.append)
    copying.remember(copying.Word("node-1", 1))
    kept = copying.Copying("node-1")
    kept.look({"read_only": refuses}, told("node-2", "node-2", 2))
    assert done == said
    assert copying.word() == copying.Word("node-2", 2)


def test_how_far_a_copy_is_counts_by_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failing_over, "tell", lambda _statement: "0-1-100,1-1-7\t0-2-103\n")
    assert failing_over._reached("0-1-103,1-1-7")
    assert not failing_over._reached("0-1-104")
    assert not failing_over._reached("2-1-1")


def primary(gtid: str) -> Any:  # noqa: ANN401 - of a module without types
    return agreement.Member("node-1", gtid=gtid)


def test_a_copy_remembers_how_far_behind_it_was_when_its_primary_was_heard_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "FILE", tmp_path / "heard.json")
    found = hearing.Hearing()
    assert found.told("node-1", 100.0) == {}
    found.look("0-1-98", primary("0-1-100"), 100.0)
    found.look("0-1-119", primary("0-1-120"), 110.0)
    found.look("0-1-120", None, 111.0)
    found.look("0-1-120", None, 140.0)
    assert found.told("node-1", 145.0) == {"heard_s": 35.0, "lacked": 1, "pace": 2.0}
    assert found.told("node-2", 145.0) == {}
    again = hearing.Hearing()
    assert again.told("node-1", 145.0) == {"heard_s": 35.0, "lacked": 1, "pace": 2.0}, "what was heard is forgotten with the program"


def test_a_full_disk_or_a_damaged_note_keeps_no_copy_from_answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "FILE", tmp_path / "not there" / "heard.json")
    found = hearing.Hearing()
    found.look("0-1-1", primary("0-1-1"), 1.0)
    found.look("0-1-1", None, 2.0)
    monkeypatch.setattr(hearing, "FILE", tmp_path / "heard.json")
    (tmp_path / "heard.json").write_text("[]")
    assert hearing.Hearing().told("node-1", 3.0) == {}


def test_a_clock_that_was_set_back_gives_no_pace_below_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "FILE", tmp_path / "heard.json")
    found = hearing.Hearing()
    for moment, position in ((100.0, 10), (10.0, 12), (20.0, 14)):
        found.look("", primary(f"0-1-{position}"), moment)
    assert found.heard.pace >= 0
    assert found.told("node-1", 0.0)["heard_s"] == 0.0


@pytest.mark.parametrize(("wanted", "has", "lacks"), [("0-1-5", "0-1-5", 0), ("0-1-5,1-1-3", "0-2-4", 4), ("0-1-5", "0-1-9", 0), ("", "", 0)])
def test_changes_that_a_copy_lacks_are_counted_by_domain(wanted: str, has: str, lacks: int) -> None:
    assert hearing.lacking(wanted, has) == lacks


class Settings:
    mode, name, databases = "copy", "node-2", ("blogs",)


@pytest.fixture
def word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "FILE", tmp_path / "primary.json")
    monkeypatch.setattr(copying, "MEMORY", tmp_path)
    copying.remember(copying.Word("node-1", 1))


@pytest.mark.usefixtures("word")
def test_a_primary_whose_server_does_not_run_is_given_up_only_by_a_word(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(failing_over.members, "ask", lambda _: {"node-1": agreement.Member("node-1", agreement.DOWN)})
    assert failing_over.fail_over(Settings(), lost=False) == 1
    assert "--lost" in capsys.readouterr().err
    assert copying.word() == copying.Word("node-1", 1)


@pytest.mark.usefixtures("word")
def test_an_old_primary_that_was_not_made_the_copy_again_never_takes_over(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(failing_over.members, "ask", lambda _: {})
    monkeypatch.setattr(failing_over, "tell", lambda _statement: "\n")
    assert failing_over.fail_over(Settings(), lost=True) == 1
    assert "is no copy" in capsys.readouterr().err
    assert copying.word() == copying.Word("node-1", 1)


@pytest.mark.usefixtures("word")
def test_a_copy_that_got_all_data_at_once_and_nothing_since_lacks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "FILE", tmp_path / "heard.json")
    watch = agent.Watch(Settings())
    watch.others = {"node-1": primary("0-1-41")}
    watch._hear({"read_only": "ON", "gtid_binlog_pos": "", "gtid_slave_pos": "0-1-41"})
    assert watch._hearing.heard.lacked == 0
    watch._hear({"read_only": "ON", "gtid_binlog_pos": "0-1-43", "gtid_slave_pos": "0-1-43"})
    assert watch._hearing.heard.lacked == 0
    watch._hear({"read_only": "ON", "gtid_binlog_pos": "", "gtid_slave_pos": "0-1-40"})
    assert watch._hearing.heard.lacked == 1


def test_a_primary_that_wrote_nothing_since_it_was_a_copy_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = agent.Watch(Settings())
    watch._told = {"read_only": "OFF", "gtid_binlog_pos": "", "gtid_slave_pos": "0-1-41"}
    monkeypatch.setattr(agent.position, "has_data", lambda _: True)
    assert watch.member().gtid == "0-1-41"


FOLLOWING = {"Master_Host": "10.20.0.11", "Slave_IO_Running": "Yes", "Slave_SQL_Running": "Yes", "Last_IO_Errno": "0"}


class Asked:
    def __init__(self) -> None:
        self.params = {"address": "10.20.0.11"}


@pytest.mark.parametrize(
    ("changes", "anew"),
    [
        ({}, False),
        ({"Slave_IO_Running": "Connecting", "Last_IO_Errno": "2003"}, False),
        ({"Master_Host": "10.20.0.12"}, True),
        ({"Slave_SQL_Running": "No", "Last_SQL_Error": "Duplicate entry"}, True),
        ({"Slave_IO_Running": "No", "Last_IO_Errno": "1236", "Last_IO_Error": "not in the primary's log"}, True),
        ({"Slave_IO_Running": "Connecting", "Last_IO_Errno": "1045", "Last_IO_Error": "denied"}, True),
    ],
)
def test_all_data_is_copied_only_to_a_copy_that_does_not_follow_and_will_not(changes: dict[str, str], *, anew: bool) -> None:
    assert bool(COPY._lacks(Asked(), FOLLOWING | changes)) is anew
