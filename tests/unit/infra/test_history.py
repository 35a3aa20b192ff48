"""Which version a rollback goes to, after deploys, failed tests, rollbacks and interruptions."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra import history, images, version
from infra.deployment import Deployment
from infra.rollback import way_back
from infra.version import Version
from runtime.errors import PlanError
from tests.unit.sample_plan import SAMPLE


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.setattr(images, "here", Everything)
    return Deployment(SAMPLE, tmp_path)


class Everything:
    """An engine that has every image."""

    def __rsub__(self, other: object) -> frozenset[str]:
        return frozenset()

    def __contains__(self, _: object) -> bool:
        return True


def deployed(deployment: Deployment, as_of: str = "", people: int = 0, why: str = "deploy") -> Deployment:
    """Record a version as a deploy does."""
    made = replace(deployment, plan=deployment.plan.model_copy(update={"people": people or deployment.plan.people}))
    version.write(made.folder, Version(as_of={"mail": as_of}) if as_of else Version())
    history.keep(made, why, "{}")
    return made


def went_back(deployment: Deployment, number: int = 0) -> int:
    """Do what a rollback does to the record; return the version that it went to."""
    way = way_back(deployment, number)
    history.leave(way.deployment, way.entry)
    assert way.deployment.to
    version.write(deployment.folder, way.deployment.to)
    history.keep(way.deployment, f"rollback to {way.entry.number}", "{}")
    return way.entry.number


def numbers(deployment: Deployment) -> list[int]:
    return [entry.number for entry in history.entries(deployment)]


def test_the_same_version_deployed_again_is_kept_once(deployment: Deployment) -> None:
    for _ in range(3):
        deployed(deployment)
    assert numbers(deployment) == [1]


def test_other_people_and_other_packages_are_other_versions(deployment: Deployment) -> None:
    deployed(deployment)
    deployed(deployment, people=500)
    deployed(deployment, people=500, as_of="2026-11-28")
    assert numbers(deployment) == [1, 2, 3]


def test_only_the_last_ten_are_kept(deployment: Deployment) -> None:
    for people in range(101, 115):
        deployed(deployment, people=people)
    assert numbers(deployment) == list(range(5, 15))


def test_a_rollback_goes_to_the_version_before_and_a_second_one_not_to_the_one_that_was_left(deployment: Deployment) -> None:
    for people in (101, 102, 103):
        deployed(deployment, people=people)
    assert went_back(deployment) == 2
    assert went_back(deployment) == 1
    with pytest.raises(PlanError, match="no earlier good version"):
        way_back(deployment)


def test_a_version_that_failed_its_smoke_test_is_passed_over(deployment: Deployment) -> None:
    deployed(deployment, people=101)
    deployed(deployment, people=102)
    history.judge(deployment, "failed", ("wiki-edit: 500",))
    deployed(deployment, people=103)
    assert went_back(deployment) == 1


def test_where_a_deploy_never_became_healthy_the_newest_recorded_version_is_the_last_good_one(deployment: Deployment) -> None:
    deployed(deployment, people=101)
    deployed(deployment, people=102)
    deployment.pending_file.write_text("{}")
    assert deployment.interrupted
    assert way_back(deployment).entry.number == 2


def test_a_rollback_that_was_interrupted_goes_on_to_the_same_version(deployment: Deployment) -> None:
    deployed(deployment, people=101)
    deployed(deployment, people=102)
    way = way_back(deployment)
    history.leave(way.deployment, way.entry)
    deployment.pending_file.write_text("{}")
    assert way_back(deployment).entry.number == way.entry.number == 1


def test_a_version_deployed_again_after_a_rollback_is_good_again(deployment: Deployment) -> None:
    deployed(deployment, people=101)
    deployed(deployment, people=102)
    went_back(deployment)
    deployed(deployment, people=102)
    assert went_back(deployment) == 3


def test_a_number_that_is_not_kept_is_refused_with_those_that_are(deployment: Deployment) -> None:
    deployed(deployment)
    with pytest.raises(PlanError) as refused:
        way_back(deployment, 7)
    assert "version 1" in refused.value.hint


def test_a_rollback_is_refused_where_its_images_are_gone(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed(deployment, people=101)
    deployed(deployment, people=102)
    monkeypatch.setattr(images, "here", frozenset)
    with pytest.raises(PlanError, match="no longer here"):
        way_back(deployment)


def test_a_half_written_version_does_not_count(deployment: Deployment) -> None:
    deployed(deployment)
    (deployment.folder / "history" / "2").mkdir()
    assert numbers(deployment) == [1]


def test_a_rollback_runs_the_recorded_images_even_if_their_contexts_have_changed_and_only_as_long_as_they_stay(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed(deployment, people=101)
    before = images.wanted(deployment)
    change(monkeypatch, "as the second version has it")
    deployed(deployment, people=102)
    assert went_back(deployment) == 1
    assert images.wanted(deployment) == before
    change(monkeypatch, "as a later version has it")
    assert images.wanted(deployment)["mail"] != before["mail"]
    assert images.wanted(deployment)["blogs"] == before["blogs"]


def change(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """Let the mail image be built from something else."""
    real = images.context_digest

    def other(folder: Path) -> str:
        return said if folder.name == "mail" else real(folder)

    monkeypatch.setattr(images, "_read_once", other)
