from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.durability.disk import Disk, Names, build


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("powercut"))


@pytest.fixture
def new_disk(program: Path, tmp_path: Path) -> Iterator[Callable[..., Disk]]:
    """Make a disk; all are unmounted at the end."""
    made: list[Disk] = []

    def make(names: Names = "strict") -> Disk:
        made.append(Disk(program, tmp_path / f"disk-{len(made)}", names))
        return made[-1]

    yield make
    for disk in made:
        disk.unmount()


@pytest.fixture
def disk(new_disk: Callable[..., Disk]) -> Disk:
    return new_disk()
