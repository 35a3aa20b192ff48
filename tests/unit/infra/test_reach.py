"""Waiting for the first pages."""

import time
from pathlib import Path

import pytest

from infra import reach
from infra.deployment import Deployment
from runtime.errors import PlanError
from tests.unit.sample_plan import SAMPLE


@pytest.mark.parametrize(("full", "words"), [(True, "no space is left on the disk"), (False, "does not serve: 503")])
def test_a_full_disk_is_said_at_once_in_the_place_of_what_follows_from_it(full: bool, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - a column
    monkeypatch.setattr(Deployment, "disk_full", property(lambda _: full))
    monkeypatch.setattr(reach, "_answer", lambda *_: "503")
    began = time.monotonic()
    with pytest.raises(PlanError, match=words):
        reach.wait_for_pages(Deployment(SAMPLE, tmp_path), 600 if full else 0)
    assert time.monotonic() - began < 60
