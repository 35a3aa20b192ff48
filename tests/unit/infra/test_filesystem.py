"""Ground that would not come through a power cut is found before people's work lies on it."""

from pathlib import Path

import pytest

from infra import checks, doctor, filesystem
from infra.deployment import Deployment
from infra.filesystem import Judgement, judge
from infra.finding import Finding
from tests.unit.sample_plan import SAMPLE

ROOT = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro"
PROC = "23 22 0:21 / /proc rw - proc proc rw"


def on(kind: str, options: str = "rw", source: str = "/dev/sdb1", point: str = "/var/lib") -> str:
    """A table of mounts with ``kind`` at ``point``."""
    return "\n".join([ROOT, PROC, f"40 22 8:17 / {point} rw,relatime shared:9 - {kind} {source} {options}"])


def told(table: str, *, journal: bool | None = True) -> Judgement:
    return judge(Path("/var/lib/underdesk/pilot"), table, lambda device: journal if device == "8:17" else None)


@pytest.mark.parametrize("kind", ["ext3", "ext4", "xfs", "jfs", "btrfs", "zfs"])
def test_what_comes_through_a_power_cut_needs_no_mend(kind: str) -> None:
    assert told(on(kind)).mend == ""
    assert f"{kind} on /dev/sdb1" in told(on(kind)).said


@pytest.mark.parametrize("kind", ["ext2", "vfat", "exfat", "tmpfs", "ramfs"])
def test_what_has_no_journal_is_named_with_what_to_use_instead(kind: str) -> None:
    judged = told(on(kind))
    assert kind in judged.said
    assert "ext4, XFS, Btrfs or ZFS" in judged.mend


def test_an_ext4_that_was_made_without_a_journal_is_named_with_the_command_that_makes_one() -> None:
    judged = told(on("ext4"), journal=False)
    assert "without a journal" in judged.said
    assert "tune2fs -O has_journal /dev/sdb1" in judged.mend


def test_where_nobody_knows_it_is_said_and_nothing_is_demanded() -> None:
    assert told(on("ext4"), journal=None).mend == ""
    for kind in ("overlay", "nfs4", "fuse.sshfs"):
        assert told(on(kind)).mend == ""
        assert "not known" in told(on(kind)).said
    assert judge(Path("/var/lib"), "").mend == ""


@pytest.mark.parametrize("options", ["rw,nobarrier", "rw,barrier=0"])
def test_a_disk_that_is_not_told_to_write_is_named(options: str) -> None:
    judged = told(on("ext4", options))
    assert "without barriers" in judged.said
    assert "remount,barrier /var/lib" in judged.mend


def test_the_deepest_mount_counts_and_of_two_at_one_place_the_later() -> None:
    assert told(on("tmpfs", point="/var/library")).said.startswith("ext4 on /dev/vda1")
    assert told(f"{on('tmpfs')}\n50 40 8:18 / /var/lib rw - xfs /dev/sdc1 rw").said.startswith("xfs on /dev/sdc1")
    assert told(f"{on('xfs')}\n50 40 0:9 / / rw - tmpfs none rw").said.startswith("xfs")


def test_a_place_with_a_blank_in_its_name_is_found(tmp_path: Path) -> None:
    place = tmp_path / "second disk"
    place.mkdir()
    table = f"{ROOT}\n41 22 8:17 / {str(place).replace(' ', chr(92) + '040')} rw - ext2 /dev/sdb1 rw"
    assert judge(place / "underdesk", table, lambda _device: True).said.startswith("ext2 on /dev/sdb1")


def test_a_line_that_is_none_stops_nobody() -> None:
    assert told(f"nonsense\n\n{on('ext2')}\n41 - ") == told(on("ext2"))


@pytest.mark.parametrize(("task", "expected"), [("1234\n", True), ("0\n", True), ("<none>\n", False), (None, None)])
def test_the_kernel_is_asked_for_the_journal_of_a_device(task: str | None, expected: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    (tmp_path / "devices" / "sdb1").mkdir(parents=True)
    (tmp_path / "block").mkdir()
    (tmp_path / "block" / "8:17").symlink_to(tmp_path / "devices" / "sdb1")
    (tmp_path / "ext4" / "sdb1").mkdir(parents=True)
    if task is not None:
        (tmp_path / "ext4" / "sdb1" / "journal_task").write_text(task)
    monkeypatch.setattr(filesystem, "BLOCK_DEVICES", tmp_path / "block")
    monkeypatch.setattr(filesystem, "EXT4", tmp_path / "ext4")
    assert filesystem.has_journal("8:17") is expected
    assert filesystem.has_journal("8:18") is None


def test_the_file_system_under_this_test_is_known(tmp_path: Path) -> None:
    assert str(tmp_path.resolve()) in judge(tmp_path).said
    assert " on " in judge(tmp_path).said


def test_doctor_and_deploy_say_it_with_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystem, "judge", lambda _folder: Judgement("vfat on a stick", "use another"))
    monkeypatch.setattr(doctor, "names", list)
    assert Finding("file system", "vfat on a stick", "use another") in doctor.examine()
    assert checks.file_system(Deployment(SAMPLE, tmp_path)) == ["vfat on a stick (mend: use another)"]
    monkeypatch.setattr(filesystem, "judge", lambda _folder: Judgement("xfs on a disk"))
    assert checks.file_system(Deployment(SAMPLE, tmp_path)) == []
