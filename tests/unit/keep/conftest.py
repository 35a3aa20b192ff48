"""A deployment that needs no engine."""

import json
from pathlib import Path

import pytest

from infra.deployment import RECORDED, Deployment
from tests.unit.sample_plan import SAMPLE


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    folder = tmp_path / "pilot"
    folder.mkdir()
    return Deployment(SAMPLE, folder)


@pytest.fixture
def ended(deployment: Deployment) -> Deployment:
    """A deployment whose first deploy has ended."""
    record = {"live": {kind: {} for kind in RECORDED}, "images": {"mail": "underdesk/mail:1"}}
    (deployment.folder / "deployment.json").write_text(json.dumps(record))
    return deployment
