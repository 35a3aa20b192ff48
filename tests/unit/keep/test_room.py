"""A disk that is too small is said with both numbers and the mend, before anything is copied."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra.keep import room
from runtime.errors import PlanError


def test_what_does_not_fit_is_refused_and_what_just_fits_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=300 * room.MIB))
    room.need(tmp_path, 300 * room.MIB, "the copy")
    with pytest.raises(PlanError, match="300 MiB are free, the copy needs 2,000") as caught:
        room.need(tmp_path, 2000 * room.MIB, "the copy", "make space (old backups: 'plan backup --forget')")
    assert "--forget" in caught.value.hint
