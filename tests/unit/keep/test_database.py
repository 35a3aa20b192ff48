"""A dump says which rows it holds and where the binary log stood."""

from pathlib import Path

import pytest

from infra.keep import database
from runtime.errors import PlanError

HEAD = "-- MariaDB dump\n-- CHANGE MASTER TO MASTER_LOG_FILE='binlog.000007', MASTER_LOG_POS=1234;\n"
ROWS = "INSERT INTO `posts` VALUES (1,'one');\n"
END = "-- Dump completed\n"


def dump(folder: Path, text: str) -> Path:
    path = folder / "database.sql"
    path.write_text(text)
    return path


def test_the_digest_is_of_the_rows_alone(tmp_path: Path) -> None:
    one = database.digest(dump(tmp_path, HEAD + ROWS + END))
    assert one == database.digest(dump(tmp_path, HEAD.replace("1234", "99") + ROWS + END))
    assert one != database.digest(dump(tmp_path, HEAD + ROWS.replace("one", "two") + END))


def test_a_dump_that_was_cut_off_is_not_whole(tmp_path: Path) -> None:
    assert database.ended(dump(tmp_path, HEAD + ROWS + END))
    assert not database.ended(dump(tmp_path, HEAD + ROWS))


def test_the_position_is_read_and_its_absence_said(tmp_path: Path) -> None:
    found = database.position(dump(tmp_path, HEAD + ROWS), "abc")
    assert (found.timeline, found.file, found.offset) == ("abc", "binlog.000007", 1234)
    with pytest.raises(PlanError, match="no position"):
        database.position(dump(tmp_path, ROWS), "abc")
