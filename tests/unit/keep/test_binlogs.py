"""The binary log is put together from every copy, and a gap in it is never passed over."""

from pathlib import Path

import pytest

from infra.keep.binlogs import collect
from infra.keep.manifest import Position
from runtime.errors import PlanError

START = Position(timeline="first", file="binlog.000003", offset=4)


def log(folder: Path, **sizes: int) -> Path:
    folder.mkdir()
    for name, size in sizes.items():
        (folder / f"binlog.{name.removeprefix('n')}").write_bytes(b"x" * size)
    return folder


def test_the_longest_copy_of_each_file_is_taken_and_what_is_older_left_out(tmp_path: Path) -> None:
    own = log(tmp_path / "own", n000002=5, n000003=9, n000004=1)
    copied = log(tmp_path / "copied", n000003=7, n000004=8)
    (own / "binlog.000004.idx").write_bytes(b"no log")
    assert collect([own, copied], START, tmp_path / "to") == ["binlog.000003", "binlog.000004"]
    assert [path.stat().st_size for path in sorted((tmp_path / "to").iterdir())] == [9, 8]


@pytest.mark.parametrize("there", [("000003", "000005"), ("000004",)])
def test_a_gap_is_refused_and_named(tmp_path: Path, there: tuple[str, ...]) -> None:
    own = log(tmp_path / "own", **{f"n{number}": 1 for number in there})
    with pytest.raises(PlanError, match="is missing"):
        collect([own], START, tmp_path / "to")


def test_no_log_at_all_is_no_gap(tmp_path: Path) -> None:
    assert collect([tmp_path], START, tmp_path / "to") == []
