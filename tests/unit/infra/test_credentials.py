import stat
from pathlib import Path

import pytest

from infra import credentials
from runtime.errors import PlanError


def test_every_secret_is_generated_once_and_private(tmp_path: Path) -> None:
    first = credentials.ensure(tmp_path)
    assert set(first) == set(credentials.NAMES)
    assert len(set(first.values())) == len(first)
    assert min(map(len, first.values())) >= 20
    assert credentials.ensure(tmp_path) == first
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "secrets").iterdir()} == {0o600}


def test_a_secret_that_a_full_disk_left_empty_is_made_again(tmp_path: Path) -> None:
    credentials.ensure(tmp_path)
    (tmp_path / "secrets" / "wiki-key").write_text("")
    assert credentials.ensure(tmp_path)["wiki-key"]


def test_the_passphrase_stays(tmp_path: Path) -> None:
    before = credentials.passphrase_file(tmp_path).read_text()
    assert before == credentials.passphrase_file(tmp_path).read_text()


def test_no_new_passphrase_is_made_for_a_state_that_it_would_not_open(tmp_path: Path) -> None:
    state = tmp_path / "pulumi" / ".pulumi" / "stacks" / "underdesk" / "pilot.json"
    state.parent.mkdir(parents=True)
    state.write_text("{}")
    with pytest.raises(PlanError, match="is gone") as caught:
        credentials.passphrase_file(tmp_path)
    assert "backup" in caught.value.hint
    assert not (tmp_path / "passphrase").exists()


@pytest.mark.parametrize("sign", ["keep/last-backup.json", "backups/config"])
def test_no_new_key_is_made_for_backups_that_it_would_not_open(tmp_path: Path, sign: str) -> None:
    credentials.ensure(tmp_path)
    (tmp_path / "secrets" / "backup").unlink()
    (tmp_path / sign).parent.mkdir()
    (tmp_path / sign).write_text('{"place": "/mnt/backups/pilot"}')
    with pytest.raises(PlanError, match="is gone") as caught:
        credentials.ensure(tmp_path)
    assert "copy" in caught.value.hint
    assert not (tmp_path / "secrets" / "backup").exists()


def test_a_key_that_never_opened_anything_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "keep").mkdir()
    (tmp_path / "keep" / "last-backup.json").write_text('{"failed_at": "2026-11-28T12:00:00+00:00", "problem": "the disk is full"}')
    assert credentials.ensure(tmp_path)["backup"]
