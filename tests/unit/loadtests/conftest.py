"""Fixtures of the load tests' own tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.errors import PlanError
from tests.unit.loadtests.remembered import RememberedDeployment


@pytest.fixture
def deployment(tmp_path: Path) -> RememberedDeployment:
    return RememberedDeployment(tmp_path / "pilot")


@pytest.fixture
def down() -> Callable[[str], PlanError]:
    return lambda service: PlanError("no container runs", where=f"pilot-{service}")
