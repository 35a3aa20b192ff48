"""Measure backup, restore and drill of a platform with content, and what a restore of 50 GB would take.

    python -m benchmarks.keep [--files MIB]     on a platform of its own, seeded with size l; --files adds so much of uploads

The rates (rows loaded, files fetched) are measured here; the hours for 50 GB are worked out from them, not measured.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import desk
from benchmarks.machine import write
from infra.deployment import load
from infra.images import wanted
from infra.keep import backup, places
from runtime.printer import quiet

NAME, SLOT = "keep-desk", 10
MIB, GB = 1024**2, 10**9
WHOLE_GB, ROWS_GB = 50, 2
SAME = "content_identical_after_restore"
OWN_BYTES = "SELECT SUM(data_length + index_length) FROM information_schema.tables WHERE table_schema IN ('blogs', 'wiki')"


def main() -> None:
    """Deploy, seed, back up, lose everything, restore, compare; write what it took. Exit code 1 where the content is another one."""
    files_mib = _options().files
    with tempfile.TemporaryDirectory() as folder:
        measured = _measured(Path(folder), files_mib)
    print(write("keep", measured).read_text(encoding="utf-8"))
    sys.exit(0 if measured[SAME] else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure backups and restores.")
    parser.add_argument("--files", type=int, default=1024, help="MiB of uploads beside the seeded pictures")
    return parser.parse_args()


def _measured(folder: Path, files_mib: int) -> dict[str, object]:
    place = folder / "backups"
    place.mkdir()
    desk.deploy(folder, NAME, SLOT)
    seeded = _timed("seed", "--size", "l", "--yes", "--name", NAME, cwd=folder)
    _uploads(files_mib)
    first = _timed("backup", "--to", str(place), "--name", NAME, cwd=folder)
    again = _timed("backup", "--to", str(place), "--name", NAME, cwd=folder)
    said = backup.last(load(NAME), places.repository(load(NAME), str(place)))
    before = _content()
    dumped = _dumped(folder)
    key = folder / "key"
    shutil.copy(load(NAME).folder / "secrets" / "backup", key)
    desk.plan(folder, "destroy", "--yes", "--delete-data", NAME)
    restored = _timed("restore", "--from", str(place), "--key", str(key), "--name", NAME, cwd=folder)
    same = before == _content()
    desk.plan(folder, "backup", "--name", NAME)
    drilled = _timed("drill", "--name", NAME, cwd=folder)
    rates = {**_rates(place, key, folder), **dumped}
    desk.plan(folder, "destroy", "--yes", "--delete-data", NAME)
    return {
        "content": said["counts"],
        "seconds": {"seed": seeded, "first backup": first, "second backup": again, "restore, bare, images there": restored, "drill": drilled},
        SAME: same,
        "rates": rates,
        "extrapolated": _extrapolated(restored, rates),
    }


def _uploads(mib: int) -> None:
    """Add files that do not compress, as pictures and videos do not."""
    folder = load(NAME).folder / "data" / "uploads" / "benchmark"
    folder.mkdir()
    for number in range(mib // 4):
        (folder / f"{number}.bin").write_bytes(os.urandom(4 * MIB))
    subprocess.run(["chown", "-R", "33:33", str(folder)], check=True)


def _content() -> str:
    """Return the digests of every row and every file."""
    from infra.keep import database  # noqa: PLC0415 - the deployment must be there

    folder = load(NAME).folder
    with tempfile.TemporaryDirectory() as work:
        dump = Path(work) / "dump.sql"
        database.of(load(NAME)).dump(dump)
        rows = _lines(dump)
    data = folder / "data"
    found = sorted(path for name in ("uploads", "wiki-images") for path in (data / name).rglob("*") if path.is_file())
    listed = "".join(f"{path.relative_to(data)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n" for path in found)
    return rows + hashlib.sha256(listed.encode()).hexdigest()


def _dumped(folder: Path) -> dict[str, float]:
    """Time a dump alone, and hold its size against the bytes that the database says it has."""
    from infra.keep import database  # noqa: PLC0415 - the deployment must be there

    server, dump = database.of(load(NAME)), folder / "timed.sql"
    start = time.monotonic()
    server.dump(dump)
    seconds, size = time.monotonic() - start, dump.stat().st_size
    dump.unlink()
    whole = int(server.ask(OWN_BYTES))
    return {"dumped_mb_per_s": round(size / 1e6 / seconds, 1), "dump_over_database": round(size / whole, 3)}


def _lines(dump: Path) -> str:
    """Return a digest of the rows that people made: what runs by itself (cron, caches, sessions) writes without anybody."""
    from infra.keep.database import digest  # noqa: PLC0415

    own = (b"INSERT INTO `wp_posts`", b"_posts`", b"_comments`", b"INSERT INTO `revision`", b"INSERT INTO `text`", b"INSERT INTO `page`")
    kept = dump.with_name("kept.sql")
    with dump.open("rb") as lines, kept.open("wb") as to:
        to.writelines(line for line in lines if line.startswith(b"INSERT") and any(sign in line[:80] for sign in own))
    return digest(kept)


def _rates(place: Path, key: Path, folder: Path) -> dict[str, float]:
    """Time the two long parts of a restore alone: files fetched and verified, rows loaded."""
    from infra.keep import choose, staging  # noqa: PLC0415
    from infra.keep.repository import Repository  # noqa: PLC0415

    repository = Repository(str(place / NAME), key)
    source = choose.source(repository, choose.newest(repository))
    to = folder / "staged"
    start = time.monotonic()
    staging.fetch(source, to, quiet)
    fetched = time.monotonic() - start
    size = sum(path.stat().st_size for path in to.rglob("*") if path.is_file())
    start = time.monotonic()
    staging.build(source, to, load(NAME).plan, quiet, wanted(load(NAME))["database"])
    return {"fetched_mb_per_s": round(size / 1e6 / fetched, 1), "rows_mb_per_s": round(source.manifest.dump_bytes / 1e6 / (time.monotonic() - start), 2)}


def _extrapolated(restored_s: float, rates: dict[str, float]) -> dict[str, object]:
    hours = (WHOLE_GB * 1000 / rates["fetched_mb_per_s"] + ROWS_GB * 1000 / rates["rows_mb_per_s"] + restored_s) / 3600
    how = (
        f"worked out, not measured: {WHOLE_GB} GB fetched and read back, {ROWS_GB} GB of them rows that are loaded and compared, and a bare restore as measured"
    )
    return {"restore_of_50_gb_hours": round(hours, 2), "how": how}


def _timed(*arguments: str, cwd: Path) -> float:
    start = time.monotonic()
    desk.plan(cwd, *arguments)
    return round(time.monotonic() - start, 1)


if __name__ == "__main__":
    main()
