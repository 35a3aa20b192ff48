"""A folder as an archive: equal bytes for equal content, and back without anything that does not belong there."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from infra.cluster.carry import archive
from infra.cluster.carry.archive import compress, decompress, digest, pack, unpack
from runtime.errors import PlanError


def filled(folder: Path) -> Path:
    (folder / "secrets").mkdir(parents=True)
    (folder / "pulumi" / "locks").mkdir(parents=True)
    (folder / "history").mkdir()
    (folder / "plan.json").write_text("{}")
    (folder / "secrets" / "administrator").write_text("guess")
    (folder / "secrets" / "administrator").chmod(0o600)
    (folder / "pulumi" / "state.json").write_bytes(b"\0" * 100_000)
    (folder / "pulumi" / "locks" / "one").write_text("held")
    return folder


def content(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {str(path.relative_to(folder)): (path.stat().st_mode & 0o7777, b"" if path.is_dir() else path.read_bytes()) for path in sorted(folder.rglob("*"))}


def tar(*members: tuple[str, bytes, dict[str, object]]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as file:
        for name, said, more in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(said)
            for key, value in more.items():
                setattr(entry, key, value)
            file.addfile(entry, io.BytesIO(said))
    return made.getvalue()


def test_what_comes_back_is_what_was_packed_and_nothing_that_was_removed(tmp_path: Path) -> None:
    one, two = filled(tmp_path / "one"), tmp_path / "two"
    unpack(pack(one, ()), two)
    (two / "left over").write_text("x")
    unpack(decompress(compress(pack(one, ("pulumi/locks",)))), two)
    assert not (two / "pulumi" / "locks").exists()
    assert (two / "secrets" / "administrator").stat().st_mode & 0o777 == 0o600
    assert (two / "history").is_dir()
    assert content(two).keys() == content(one).keys() - {"pulumi/locks", "pulumi/locks/one"}
    assert {name: said for name, (_, said) in content(two).items()}.items() <= {name: said for name, (_, said) in content(one).items()}.items()


def test_moments_and_order_of_making_are_no_content(tmp_path: Path) -> None:
    one, two = filled(tmp_path / "one"), tmp_path / "two"
    for path in sorted(one.rglob("*"), reverse=True):
        if path.is_file():
            (two / path.relative_to(one)).parent.mkdir(parents=True, exist_ok=True)
            (two / path.relative_to(one)).write_bytes(path.read_bytes())
            (two / path.relative_to(one)).chmod(path.stat().st_mode)
    (two / "history").mkdir()
    os.utime(two / "plan.json", (1, 1))
    assert compress(pack(one, ())) == compress(pack(two, ()))
    (two / "plan.json").write_text("{ }")
    assert digest(pack(one, ())) != digest(pack(two, ()))


@pytest.mark.parametrize(
    "member",
    [
        ("../outside", b"x", {}),
        ("/tmp/outside", b"x", {}),  # noqa: S108 - what a wicked archive names
        ("in/../../outside", b"x", {}),
        ("link", b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}),
        ("link", b"", {"type": tarfile.LNKTYPE, "linkname": "plan.json"}),
        ("pipe", b"", {"type": tarfile.FIFOTYPE}),
        ("disk", b"", {"type": tarfile.BLKTYPE}),
        ("plan.json", b"again", {}),
        ("plan.json/below", b"x", {}),
    ],
)
def test_an_archive_with_anything_but_files_and_folders_below_changes_nothing(tmp_path: Path, member: tuple[str, bytes, dict[str, object]]) -> None:
    place = filled(tmp_path / "place")
    before = content(tmp_path)
    with pytest.raises(ValueError, match=r".+"):
        unpack(tar(("plan.json", b"{}", {}), member), place)
    assert content(tmp_path) == before


def test_nobody_else_may_write_what_comes_back_and_nothing_runs_as_another(tmp_path: Path) -> None:
    unpack(tar(("open", b"x", {"mode": 0o6777}), ("closed", b"x", {"mode": 0}), ("in/deep", b"x", {"mode": 0o644})), tmp_path / "place")
    modes = {name: mode for name, (mode, _) in content(tmp_path / "place").items()}
    assert modes == {"open": 0o755, "closed": 0o600, "in": 0o700, "in/deep": 0o644}


def test_what_is_no_file_is_not_left_out_silently(tmp_path: Path) -> None:
    place = filled(tmp_path / "place")
    (place / "tls").symlink_to("/etc/ssl")
    with pytest.raises(PlanError, match="neither file nor folder"):
        pack(place, ())
    assert pack(place, ("tls",))


def test_what_is_far_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 50_000)
    with pytest.raises(PlanError, match="holds more than"):
        pack(filled(tmp_path / "place"), ())
    with pytest.raises(ValueError, match="too large"):
        decompress(compress(b"\0" * 100_001))


@pytest.mark.parametrize("said", [b"", b"rubbish", compress(b"x" * 1000)[:-10], compress(b"x" * 1000)[:12]])
def test_what_is_damaged_is_no_archive(said: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        unpack(decompress(said), Path("/nowhere"))
