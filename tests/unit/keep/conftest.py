"""A deployment that needs no engine."""

from pathlib import Path

import pytest

from infra.deployment import Deployment
from tests.unit.sample_plan import SAMPLE


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    folder = tmp_path / "pilot"
    folder.mkdir()
    return Deployment(SAMPLE, folder)
