"""Moving into place is completed by being called again, and loses nothing."""

from pathlib import Path

import pytest

from infra.keep.swap import swap


def tree(folder: Path, text: str) -> Path:
    for name in ("database", "uploads"):
        (folder / name).mkdir(parents=True)
        (folder / name / "content").write_text(text)
    return folder


def content(folder: Path) -> list[str]:
    return [(folder / name / "content").read_text() for name in ("database", "uploads")]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    return tree(tmp_path / "staged", "new"), tree(tmp_path / "data", "old"), tmp_path / "aside"


def test_new_takes_the_place_of_old_and_old_stays_aside(folders: tuple[Path, Path, Path]) -> None:
    staged, present, aside = folders
    swap(staged, present, aside)
    assert (content(present), content(aside)) == (["new"] * 2, ["old"] * 2)


@pytest.mark.parametrize("after", range(4))
def test_killed_after_any_of_its_moves_it_is_completed_by_the_same_call(folders: tuple[Path, Path, Path], after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    staged, present, aside = folders
    moves, move = [0], Path.rename

    def killed(self: Path, target: Path) -> Path:
        if moves[0] == after:
            raise KeyboardInterrupt
        moves[0] += 1
        return move(self, target)

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        swap(staged, present, aside)
    monkeypatch.undo()
    swap(staged, present, aside)
    swap(staged, present, aside)
    assert (content(present), content(aside)) == (["new"] * 2, ["old"] * 2)
