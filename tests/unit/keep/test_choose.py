"""The backup that is chosen is the one that was asked for, and never one that the clock makes meaningless."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.keep import choose
from infra.keep.manifest import Manifest, Position
from infra.keep.repository import Repository, Snapshot
from infra.keep.staging import Source
from runtime.errors import PlanError

NOW = datetime.now(UTC)
DAYS = [Snapshot(f"id{age}", NOW - timedelta(days=age), "pilot", "scheduled", "desk") for age in (5, 3, 1)]


class Listed(Repository):
    """A repository that holds three backups."""

    def snapshots(self) -> list[Snapshot]:
        return DAYS


REPOSITORY = Listed("/backups/pilot", Path("key"))


def test_without_a_wish_it_is_the_newest() -> None:
    assert choose.newest(REPOSITORY).id == "id1"


def test_a_time_is_reached_from_the_backup_before_it() -> None:
    assert choose.newest(REPOSITORY, at=NOW - timedelta(days=2)).id == "id3"


def test_a_backup_is_found_by_the_start_of_its_id() -> None:
    assert choose.newest(REPOSITORY, wanted="id5").id == "id5"


@pytest.mark.parametrize(
    ("at", "wanted", "said"),
    [
        (NOW - timedelta(days=9), "", "the oldest backup is from"),
        (NOW + timedelta(days=1), "", "is still to come"),
        (None, "id7", "no backup is called id7"),
        (None, "i", "3 backups begin with i"),
    ],
)
def test_what_cannot_be_reached_is_refused_with_what_can(at: datetime | None, wanted: str, said: str) -> None:
    with pytest.raises(PlanError, match=said) as caught:
        choose.newest(REPOSITORY, at=at, wanted=wanted)
    assert caught.value.hint


def test_a_backup_from_the_future_says_that_the_clock_is_wrong() -> None:
    class Ahead(Repository):
        def snapshots(self) -> list[Snapshot]:
            return [Snapshot("id0", NOW + timedelta(days=2), "pilot", "", "")]

    with pytest.raises(PlanError, match="the clock of this machine") as caught:
        choose.newest(Ahead("/backups/pilot", Path("key")))
    assert "restic forget id0" in caught.value.hint
    assert choose.newest(Ahead("/backups/pilot", Path("key")), wanted="id0").id == "id0"


def said(timeline: str) -> Manifest:
    position = Position(timeline=timeline, file="binlog.000001", offset=4)
    return Manifest(name="pilot", taken=NOW, why="", underdesk="0.1.0", database="11.8", dump_sha256="", dump_bytes=0, position=position, counts={})


def test_the_log_of_another_data_directory_is_left_out_and_the_manifest_is_not_read_again(tmp_path: Path) -> None:
    backed_up = Source(REPOSITORY, DAYS[-1], said("ours"))
    logs = (("ours", tmp_path / "platform"), ("of before a restore", tmp_path / "aside"))
    found = choose.with_log(backed_up, logs, NOW, tmp_path / "later")
    assert (found.logs, found.until) == ((tmp_path / "platform",), NOW)
