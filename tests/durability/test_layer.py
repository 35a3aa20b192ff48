"""The layer itself: what was synced is kept, what was not is lost, precisely."""

import errno
import fcntl
import mmap
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from runtime.errors import PlanError
from runtime.files import write
from tests.durability.disk import Disk

BLOCK = 4096
WRITES = 5


@contextmanager
def opened(path: Path, flags: int = os.O_RDWR) -> Iterator[int]:
    handle = os.open(path, flags | os.O_CLOEXEC, 0o644)
    try:
        yield handle
    finally:
        os.close(handle)


def sync(path: Path) -> None:
    with opened(path, os.O_RDONLY) as handle:
        os.fsync(handle)


def after_a_cut(disk: Disk) -> dict[str, bytes]:
    disk.cut()
    disk.remount()
    return {str(path.relative_to(disk.path)): path.read_bytes() for path in sorted(disk.path.rglob("*")) if path.is_file()}


def kept_file(disk: Disk, content: bytes = b"old") -> Path:
    path = disk.path / "file"
    path.write_bytes(content)
    sync(path)
    sync(disk.path)
    return path


def test_a_write_that_was_not_synced_is_lost(disk: Disk) -> None:
    path = kept_file(disk)
    path.write_bytes(b"new and longer")
    assert path.read_bytes() == b"new and longer"
    assert after_a_cut(disk) == {"file": b"old"}


@pytest.mark.parametrize("call", [os.fsync, os.fdatasync])
def test_a_synced_write_is_kept_and_a_later_one_is_not(disk: Disk, call: Callable[[int], None]) -> None:
    path = kept_file(disk, b"a" * 10_000)
    with opened(path) as handle:
        os.pwrite(handle, b"kept", 5000)
        call(handle)
        os.pwrite(handle, b"lost", 5004)
        os.pwrite(handle, b"grown", 20_000)
    assert after_a_cut(disk) == {"file": b"a" * 5000 + b"kept" + b"a" * 4996}


@pytest.mark.parametrize("flag", [os.O_SYNC, os.O_DSYNC])
def test_a_file_opened_for_synced_writes_keeps_each(disk: Disk, flag: int) -> None:
    with opened(kept_file(disk), os.O_WRONLY | flag) as handle:
        os.pwrite(handle, b"new", 0)
    assert after_a_cut(disk) == {"file": b"new"}


@pytest.mark.parametrize("synced", [False, True])
def test_a_direct_write_is_durable_only_after_a_sync(disk: Disk, *, synced: bool) -> None:
    old, new = b"o" * BLOCK, b"n" * BLOCK
    page = mmap.mmap(-1, BLOCK)
    page.write(new)
    with opened(kept_file(disk, old), os.O_RDWR | os.O_DIRECT) as handle:
        assert os.pwritev(handle, [page], 0) == BLOCK
        if synced:
            os.fsync(handle)
    assert after_a_cut(disk) == {"file": new if synced else old}


@pytest.mark.parametrize("synced", [False, True])
def test_a_mapped_write_is_durable_only_after_a_sync(disk: Disk, *, synced: bool) -> None:
    path = kept_file(disk, b"o" * BLOCK)
    with opened(path) as handle, mmap.mmap(handle, BLOCK) as page:
        page[:3] = b"new"
        if synced:
            page.flush()
    assert after_a_cut(disk)["file"].startswith(b"new" if synced else b"ooo")


def test_truncating_is_lost_without_a_sync_and_never_brings_old_bytes_back_with_one(disk: Disk) -> None:
    path = kept_file(disk, b"abcdefgh")
    os.truncate(path, 2)
    assert after_a_cut(disk) == {"file": b"abcdefgh"}
    os.truncate(path, 2)
    os.truncate(path, 6)
    sync(path)
    assert after_a_cut(disk) == {"file": b"ab\0\0\0\0"}


def test_space_that_was_set_aside_is_part_of_the_size_once_synced(disk: Disk) -> None:
    path = kept_file(disk)
    with opened(path) as handle:
        os.posix_fallocate(handle, 0, 10_000)
    assert after_a_cut(disk) == {"file": b"old"}
    with opened(path) as handle:
        os.posix_fallocate(handle, 0, 10_000)
        os.fsync(handle)
    assert after_a_cut(disk) == {"file": b"old".ljust(10_000, b"\0")}


def test_a_new_name_lasts_once_its_folder_was_synced(disk: Disk) -> None:
    for name in ("lost", "kept"):
        (disk.path / name).write_bytes(b"x")
        sync(disk.path / name)
        if name == "lost":
            assert after_a_cut(disk) == {}
    sync(disk.path)
    assert after_a_cut(disk) == {"kept": b"x"}


def test_a_name_without_its_content_is_an_empty_file(disk: Disk) -> None:
    (disk.path / "file").write_bytes(b"x")
    sync(disk.path)
    assert after_a_cut(disk) == {"file": b""}


def test_with_a_journal_any_sync_keeps_the_names_before_it(new_disk: Callable[..., Disk]) -> None:
    disk = new_disk("journalled")
    (disk.path / "folder").mkdir()
    (disk.path / "folder/first").write_bytes(b"not synced")
    (disk.path / "second").write_bytes(b"x")
    sync(disk.path / "second")
    (disk.path / "third").write_bytes(b"x")
    assert after_a_cut(disk) == {"folder/first": b"", "second": b"x"}


@pytest.mark.parametrize("synced", [False, True])
def test_a_rename_and_a_removal_last_once_the_folder_was_synced(disk: Disk, *, synced: bool) -> None:
    kept_file(disk)
    (disk.path / "gone").write_bytes(b"")
    sync(disk.path)
    (disk.path / "file").rename(disk.path / "renamed")
    (disk.path / "gone").unlink()
    if synced:
        sync(disk.path)
    assert after_a_cut(disk) == ({"renamed": b"old"} if synced else {"file": b"old", "gone": b""})


def test_a_file_below_a_folder_that_was_not_synced_is_out_of_reach(disk: Disk) -> None:
    (disk.path / "a/b").mkdir(parents=True)
    (disk.path / "a/b/file").write_bytes(b"x")
    for path in ("a/b/file", "a/b", "a"):
        sync(disk.path / path)
    assert after_a_cut(disk) == {}


def test_settling_keeps_everything(disk: Disk) -> None:
    (disk.path / "a/b").mkdir(parents=True)
    (disk.path / "a/b/file").write_bytes(b"x")
    disk.settle()
    assert after_a_cut(disk) == {"a/b/file": b"x"}


def test_without_power_everything_fails_even_for_files_that_are_open(disk: Disk) -> None:
    path = kept_file(disk)
    with opened(path) as handle:
        disk.cut()
        for operation in (
            lambda: os.pwrite(handle, b"x", 0),
            lambda: os.fsync(handle),
            lambda: os.open(path, os.O_RDONLY),
            lambda: os.open(disk.path / "other", os.O_CREAT | os.O_WRONLY),
            lambda: next(disk.path.iterdir()),
            lambda: path.rename(disk.path / "other"),
            path.unlink,
        ):
            with pytest.raises(OSError) as refused:  # noqa: PT011 - which one is what is checked
                operation()
            assert refused.value.errno == errno.EIO


def test_by_luck_some_blocks_reach_the_disk_unsynced(disk: Disk) -> None:
    path = kept_file(disk, b"o" * BLOCK * 64)
    with opened(path) as handle:
        os.pwrite(handle, b"n" * BLOCK * 64, 0)
    disk.cut(share=0.5, seed=1)
    disk.remount()
    blocks = {path.read_bytes()[start : start + BLOCK] for start in range(0, BLOCK * 64, BLOCK)}
    assert blocks == {b"o" * BLOCK, b"n" * BLOCK}


def test_a_lock_of_one_process_keeps_another_out(disk: Disk) -> None:
    path = kept_file(disk)
    ask = f"import fcntl; fcntl.lockf(open({str(path)!r}, 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    with opened(path) as handle:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert subprocess.run([sys.executable, "-c", ask], capture_output=True, check=False).returncode
    assert not subprocess.run([sys.executable, "-c", ask], capture_output=True, check=False).returncode


def test_owners_and_modes_are_those_of_who_made_the_file(disk: Disk) -> None:
    disk.path.chmod(0o777)
    made = "import os, sys; os.setgid(801); os.setuid(801); open(sys.argv[1], 'w').close(); os.chmod(sys.argv[1], 0o600)"
    path = disk.path / "file"
    subprocess.run([sys.executable, "-c", made, path.name], cwd=disk.path, check=True)  # the folders above are root's alone
    disk.settle()
    assert list(after_a_cut(disk)) == ["file"]
    assert (path.stat().st_uid, path.stat().st_gid, path.stat().st_mode & 0o777) == (801, 801, 0o600)


def test_a_file_that_the_command_wrote_survives_a_cut_at_any_moment_old_or_new_but_whole(disk: Disk) -> None:
    path = disk.path / "plan.json"
    number = 0
    for _ in range(5):
        writer = Writer(path, number)
        writer.start()
        assert writer.enough.wait(120)
        disk.cut()
        writer.join()
        disk.remount()
        text = path.read_text()
        number = int(text.split(",")[0])
        assert text == content(number)
        assert writer.acknowledged <= number <= writer.acknowledged + 1


def content(number: int) -> str:
    return f"{number}," * 5000


class Writer(threading.Thread):
    """Replaces a file again and again until the power is cut."""

    def __init__(self, path: Path, number: int) -> None:
        super().__init__()
        self.path, self.acknowledged, self.enough = path, number, threading.Event()

    def run(self) -> None:
        enough = self.acknowledged + WRITES
        with suppress(PlanError, OSError):
            while True:
                write(self.path, content(self.acknowledged + 1))
                self.acknowledged += 1
                if self.acknowledged == enough:
                    self.enough.set()
