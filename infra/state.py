"""The file in which the engine keeps what it has made: looked at before it is used, kept before it is changed.

The engine writes it in place, so a disk that fills up, or a power cut, leaves half a file, and half a copy beside it. So does a
kill with the notes beside each of its files (``*.attrs``: type and digest, nothing that it needs), and an empty note is an error to it.
"""

import json
from pathlib import Path
from typing import Any, Final

from infra.deployment import Deployment
from runtime import files
from runtime.errors import PlanError

PROJECT: Final = "underdesk"
KEPT: Final = "last-good.json"
NOTE: Final = ".attrs"


def path(deployment: Deployment) -> Path:
    """Return the engine's own file."""
    return deployment.folder / "pulumi" / ".pulumi" / "stacks" / PROJECT / f"{deployment.name}.json"


def make_sound(deployment: Deployment) -> None:
    """Put the copy back where an interrupted deploy left the state in pieces; without a copy begin anew, what was made is found and adopted.

    A note in pieces is dropped. Raises PlanError where it is damaged though the last deploy has ended: then a person must look.
    """
    place, kept = path(deployment), deployment.folder / "pulumi" / KEPT
    for note in (deployment.folder / "pulumi").rglob(f"*{NOTE}"):
        if _read(note) is None:
            note.unlink()
    if not place.exists() or _is_whole(place):
        return
    if not deployment.interrupted:
        hint = f"put it back from your backup; the one before the last change is {kept}"
        raise PlanError("the state of the services is damaged; nothing was changed", where=str(place), hint=hint)
    good = kept.read_bytes() if _is_whole(kept) else b""
    for piece in place.parent.glob(f"{deployment.name}.json*"):
        piece.unlink()
    if good:
        files.write(place, good, files.PRIVATE)


def keep(deployment: Deployment) -> None:
    """Keep a copy of the state as it is; raises PlanError where there is no space for it, and so none for what comes."""
    if _is_whole(path(deployment)):
        files.write(deployment.folder / "pulumi" / KEPT, path(deployment).read_bytes(), files.PRIVATE)


def forget(deployment: Deployment) -> None:
    """Remove what is left of a state that is elsewhere now: copies of ours and of the engine's."""
    (deployment.folder / "pulumi" / KEPT).unlink(missing_ok=True)
    for piece in path(deployment).parent.glob(f"{deployment.name}.json*"):
        piece.unlink()


def _is_whole(place: Path) -> bool:
    held = _read(place)
    return held is not None and isinstance(held.get("checkpoint"), dict)


def _read(place: Path) -> dict[str, Any] | None:
    """Return what the file holds, None where it is in pieces."""
    try:
        held = json.loads(place.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return held if isinstance(held, dict) else None
