"""What lies in folders: names, sizes, times, and the digest of each file.

Runs here and on hosts, by Python 3 alone: ``listing.py FOLDER quick|whole NAME…``.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator, Sequence

PIECE = 1024 * 1024


def listed(folder: str, names: Sequence[str], *, whole: bool) -> dict[str, list[object]]:
    """Return of each file below the folders ``names`` of ``folder`` its size, its second, and (``whole``) its digest, by path; of a folder nothing."""
    return {path: _told(folder, path, whole=whole) for name in names for path in _below(folder, name)}


def _below(folder: str, name: str) -> Iterator[str]:
    if not os.path.isdir(os.path.join(folder, name)):  # noqa: PTH112, PTH118 - os.walk has strings
        return
    for place, folders, files in os.walk(os.path.join(folder, name)):  # noqa: PTH118
        folders.sort()
        yield from (os.path.relpath(path, folder) for path in (place, *(os.path.join(place, file) for file in sorted(files))))  # noqa: PTH118


def _told(folder: str, path: str, *, whole: bool) -> list[object]:
    full = os.path.join(folder, path)  # noqa: PTH118
    try:
        found = os.lstat(full)
        if not stat.S_ISREG(found.st_mode):
            return []
        return [found.st_size, int(found.st_mtime), _digest(full) if whole else ""]
    except FileNotFoundError:
        return [0, 0, "gone"]  # since it was listed


def _digest(path: str) -> str:
    total = hashlib.sha256()
    with open(path, "rb") as file:  # noqa: PTH123
        while piece := file.read(PIECE):
            total.update(piece)
    return total.hexdigest()


if __name__ == "__main__":
    json.dump(listed(sys.argv[1], sys.argv[3:], whole=sys.argv[2] == "whole"), sys.stdout)
