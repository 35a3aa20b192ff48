"""Runs on a lab host: writes files as the platform's uploads are written, and notes each that was acknowledged, until it is ended.

Each file holds its own name many times over, so that whoever reads it knows whether it is whole.
"""

import os
import sys
import time
from pathlib import Path

SIZE, PAUSE_S = 20_000, 0.1


def main(folder: str, who: str, log: str) -> None:
    with Path(log).open("w", encoding="ascii", buffering=1) as notes:
        number = 0
        while True:
            number += 1
            name = f"{who}-{time.time_ns()}-{number}"
            try:
                _upload(Path(folder), name)
            except OSError as problem:
                notes.write(f"failed {time.time():.3f} {name} {problem}\n")
            else:
                notes.write(f"ok {time.time():.3f} {name}\n")
            time.sleep(PAUSE_S)


def _upload(folder: Path, name: str) -> None:
    path = folder / name
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write((name.encode() * SIZE)[:SIZE])
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    for place in (path, folder):
        handle = os.open(place, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


main(*sys.argv[1:])
