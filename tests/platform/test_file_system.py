"""The kernel's own word on file systems with and without a journal; needs no deployment."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.filesystem import judge

MIB = 20


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    disk, place = folder / "disk", folder / "place"
    with disk.open("wb") as file:
        file.truncate(MIB * 1024**2)
    subprocess.run(["mkfs.ext4", "-q", "-F", *options, str(disk)], check=True)
    place.mkdir()
    if subprocess.run(["mount", "-o", "loop", str(disk), str(place)], check=False, capture_output=True).returncode:
        pytest.skip("this machine has no loop devices")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_an_ext4_without_a_journal_is_found(tmp_path: Path) -> None:
    with mounted(tmp_path, "-O", "^has_journal") as place:
        assert "tune2fs -O has_journal /dev/loop" in judge(place / "underdesk").mend


def test_an_ext4_with_a_journal_is_good(tmp_path: Path) -> None:
    with mounted(tmp_path) as place:
        assert judge(place / "underdesk").mend == ""
        assert "with a journal" in judge(place).said
        subprocess.run(["mount", "-o", "remount,nobarrier", str(place)], check=True)
        assert "without barriers" in judge(place).said
