"""Which images an upgrade removes: those that no version of any deployment needs, and no other."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra import history, images, version
from infra.deployment import Deployment
from infra.upgrade import tidy
from infra.version import Version
from runtime.run import Completed
from tests.unit.sample_plan import SAMPLE


class Engine:
    """Has images; does not give up those in use."""

    def __init__(self) -> None:
        self.images: set[str] = set()
        self.in_use: set[str] = set()

    def run(self, argv: list[str], **_: object) -> Completed:
        reference = argv[-1]
        if reference in self.in_use:
            return Completed(1, "", "in use")
        self.images.discard(reference)
        return Completed(0, "", "")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setattr(images, "here", lambda: frozenset(made.images))
    monkeypatch.setattr(tidy, "run", made.run)
    return made


@pytest.fixture
def deployments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Deployment, Deployment]:
    made = {name: Deployment(SAMPLE, tmp_path / name) for name in ("ours", "theirs")}
    monkeypatch.setattr(tidy, "names", lambda: list(made))
    monkeypatch.setattr(tidy, "load", made.__getitem__)
    return made["ours"], made["theirs"]


def mail(deployment: Deployment, as_of: str) -> str:
    return images.wanted(replace(deployment, to=Version(as_of={"mail": as_of})))["mail"]


def deployed(deployment: Deployment, as_of: str) -> str:
    deployment.folder.mkdir(exist_ok=True)
    version.write(deployment.folder, Version(as_of={"mail": as_of}))
    history.keep(deployment, "upgrade", "{}")
    return images.wanted(deployment)["mail"]


def swept(deployment: Deployment, *tried: str) -> None:
    tidy.sweep(deployment, tried, lambda _line: None)


def test_images_of_versions_that_may_be_gone_back_to_stay(engine: Engine, deployments: tuple[Deployment, Deployment]) -> None:
    engine.images = {deployed(deployments[0], moment) for moment in ("first", "second")}
    swept(deployments[0])
    assert len(engine.images) == 2


def test_images_of_a_version_that_is_no_longer_kept_are_removed(engine: Engine, deployments: tuple[Deployment, Deployment]) -> None:
    made = [deployed(deployments[0], f"moment {number}") for number in range(history.KEPT + 2)]
    engine.images = set(made)
    swept(deployments[0])
    assert engine.images == set(made[2:])


def test_images_of_an_upgrade_that_was_taken_back_are_removed(engine: Engine, deployments: tuple[Deployment, Deployment]) -> None:
    kept, tried = deployed(deployments[0], "first"), mail(deployments[0], "second")
    engine.images = {kept, tried}
    swept(deployments[0], tried)
    assert engine.images == {kept}


def test_what_another_deployment_runs_and_what_is_not_ours_stays(engine: Engine, deployments: tuple[Deployment, Deployment]) -> None:
    theirs = deployed(deployments[1], "second")
    engine.images = {deployed(deployments[0], "first"), theirs, "postgres:17"}
    swept(deployments[0], theirs)
    assert {theirs, "postgres:17"} <= engine.images


def test_an_image_that_is_still_in_use_is_removed_the_next_time(engine: Engine, deployments: tuple[Deployment, Deployment]) -> None:
    kept, tried = deployed(deployments[0], "first"), mail(deployments[0], "second")
    engine.images, engine.in_use = {kept, tried}, {tried}
    swept(deployments[0], tried)
    assert tried in engine.images
    engine.in_use = set()
    swept(deployments[0])
    assert engine.images == {kept}
