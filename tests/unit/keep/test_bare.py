"""A machine that no deploy has seen."""

import shutil

import pytest

from infra import hosts
from infra.keep import bare


def test_what_backups_are_read_with_is_installed_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []
    monkeypatch.setattr(hosts, "install_backup_programs", lambda _say: installed.append("restic"))
    monkeypatch.setattr(shutil, "which", lambda program: None if program == "restic" and not installed else f"/usr/bin/{program}")
    bare.make_ready(lambda _line: None)
    bare.make_ready(lambda _line: None)
    assert installed == ["restic"]
