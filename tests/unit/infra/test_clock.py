"""A clock that cannot be right is found by what has happened already."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra import clock
from infra.deployment import RECORDED, Deployment
from tests.unit.sample_plan import SAMPLE


def deployed(folder: Path, ago: timedelta) -> Deployment:
    when = (datetime.now(UTC) - ago).isoformat(timespec="seconds")
    (folder / "deployment.json").write_text(json.dumps({"applied_at": when, "live": {kind: {} for kind in RECORDED}}))
    return Deployment(SAMPLE, folder)


def test_a_clock_behind_the_last_deploy_is_told_with_both_times(tmp_path: Path) -> None:
    said = clock.behind(deployed(tmp_path, -timedelta(days=400)))
    assert "the clock says" in said
    assert "sample was deployed on" in said


@pytest.mark.parametrize("ago", [timedelta(seconds=-30), timedelta(0), timedelta(days=700)])
def test_a_clock_that_may_be_right_is_not_doubted(ago: timedelta, tmp_path: Path) -> None:
    deployment = deployed(tmp_path, ago)
    assert (clock.behind(deployment), clock.ahead(deployment)) == ("", [])


def test_years_after_the_last_deploy_the_question_is_asked(tmp_path: Path) -> None:
    (said,) = clock.ahead(deployed(tmp_path, timedelta(days=5 * 365 + 10)))
    assert "5 years after the last deploy" in said


def test_without_a_deploy_only_the_checkout_counts(tmp_path: Path) -> None:
    assert (clock.behind(), clock.behind(Deployment(SAMPLE, tmp_path)), clock.ahead(Deployment(SAMPLE, tmp_path))) == ("", "", [])
