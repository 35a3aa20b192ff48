import stat
from pathlib import Path

from infra import credentials


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
