"""What was changed after a backup: from which member, from which change on, up to when."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.cluster.keep import changes
from infra.cluster.keep.commands import ADDED, CHANGES
from infra.cluster.keep.database import Member
from infra.cluster.keep.host import OnHost
from infra.keep.manifest import Manifest, Position
from runtime.errors import PlanError
from tests.unit.cluster.test_keep import standing

AT = datetime(2026, 11, 28, 13, 5, tzinfo=UTC)
STATEMENTS = """/*M!100001 SET @@session.gtid_domain_id=0*//*!*/;
/*M!100001 SET @@session.server_id=1*//*!*/;
/*M!100001 SET @@session.gtid_seq_no=481*//*!*/;
START TRANSACTION
/*!100001 SET @@SESSION.SERVER_ID=@@GLOBAL.SERVER_ID */;
"""


def said(timeline: str) -> Manifest:
    position = Position(timeline=timeline, file="binlog.000001", offset=4)
    return Manifest(name="sample", taken=AT, why="by hand", underdesk="1", database="11.8", dump_sha256="", dump_bytes=0, position=position, counts={})


def members(folder: Path) -> list[Member]:
    reach = standing(folder).cluster.reach
    return [Member(name, OnHost(reach[name], folder, folder)) for name in ("node-2", "node-1")]


def test_a_backup_says_which_change_is_the_last_in_it_and_one_of_a_desk_says_none() -> None:
    assert changes.number(said(changes.timeline("hq", "node-1", "0-1-491")), "0a1b") == "0-1-491"
    with pytest.raises(PlanError, match="does not say which change"):
        changes.number(said("first"), "0a1b")


def test_the_first_member_is_asked_whose_log_reaches_so_far_and_of_its_last_second_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def carry(source: OnHost, produce: str, *_: object) -> None:
        asked.append(produce)
        if source.name == "node-2":
            raise PlanError("Binary logs are missing data", where=source.name)

    monkeypatch.setattr(changes, "carry", carry)
    both = members(tmp_path)
    assert changes.fetch(both, "0-1-491", AT, both[0].host, tmp_path / "later") == "node-1"
    assert all("--start-position=0-1-491 --stop-datetime='2026-11-28 13:05:01'" in one for one in asked)
    with pytest.raises(PlanError, match=r"no member knows what was changed after it \(node-2: Binary logs are missing data\)"):
        changes.fetch(both[:1], "0-1-491", AT, both[0].host, tmp_path / "later")


def test_numbers_of_changes_are_not_taken_along() -> None:
    script = "sed" + CHANGES.partition("| sed")[2]
    assert subprocess.run(["sh", "-c", script], input=STATEMENTS, capture_output=True, text=True, check=True).stdout == "START TRANSACTION\n"


def test_files_of_after_the_backup_stay_and_those_of_the_backup_are_not_touched(tmp_path: Path) -> None:
    for path, text in {"before-1/uploads/1/later": "later", "before-1/uploads/1/both": "changed", "uploads/1/both": "as backed up"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    subprocess.run(["sh", "-c", ADDED.format(data=tmp_path, aside="before-1")], check=True, capture_output=True)
    assert {path.name: path.read_text() for path in (tmp_path / "uploads" / "1").iterdir()} == {"later": "later", "both": "as backed up"}
