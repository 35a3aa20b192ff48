"""Backups on another host by SFTP: a real SSH service; needs no deployment."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.deployment import Deployment
from infra.keep import places
from infra.keep.repository import Repository, Snapshot
from runtime.errors import PlanError
from tests.platform.conftest import NAME
from tests.platform.keep.far import NOW, comes_back, filled, is_forgotten, is_found_on_a_bare_machine, refused
from tests.platform.other_host import OtherHost, other_host
from tests.unit.sample_plan import SAMPLE

FILM_BYTES = 250_000_000  # long enough on its way for the host to go away meanwhile


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtherHost]:
    with other_host(f"{NAME}-backups", tmp_path_factory.mktemp("ssh")) as host:
        yield host


@pytest.fixture
def host(running: OtherHost, monkeypatch: pytest.MonkeyPatch) -> OtherHost:
    """The other host, which lets us in."""
    monkeypatch.setenv("PATH", f"{running.folder}/bin", prepend=":")
    running.let_us_in()
    return running


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    """A deployment that needs no engine, with files in it."""
    return Deployment(SAMPLE, filled(tmp_path / "sample"))


@pytest.fixture
def at(host: OtherHost, deployment: Deployment, request: pytest.FixtureRequest) -> Callable[[], Repository]:
    """The backups of a deployment on the other host, in a folder of this test's own."""
    return lambda: places.repository(deployment, f"{host.place}/{request.node.name}")


def test_a_backup_there_comes_back(at: Callable[[], Repository], deployment: Deployment, tmp_path: Path) -> None:
    comes_back(at(), deployment.folder, tmp_path / "back")
    is_found_on_a_bare_machine(deployment, at().place.rpartition("/")[0])


def test_old_ones_are_forgotten(at: Callable[[], Repository], deployment: Deployment) -> None:
    is_forgotten(at(), deployment.folder)


def test_a_wrong_key_is_named(at: Callable[[], Repository], tmp_path: Path) -> None:
    at().ensure()
    (tmp_path / "guessed").write_text("guessed")
    refused(replace(at(), key_file=tmp_path / "guessed"), "the key does not open it", "--key")


def test_a_place_without_backups_is_named(at: Callable[[], Repository]) -> None:
    with pytest.raises(PlanError, match="there is no backup") as problem:
        at().snapshots()
    assert "plan backup" in problem.value.hint


def test_a_folder_that_is_not_theirs_is_named(host: OtherHost, deployment: Deployment) -> None:
    with pytest.raises(PlanError, match="may not be read or written") as problem:
        places.repository(deployment, host.place.replace("/srv/changes", "/root")).ensure()
    assert "that user's" in problem.value.hint


def test_a_host_that_does_not_know_our_key_is_named(host: OtherHost, at: Callable[[], Repository]) -> None:
    host.let_us_in(key="")
    refused(at(), "does not let root of this machine in", "ssh-copy-id keep@")


def test_a_host_whose_key_is_not_known_is_named(host: OtherHost, at: Callable[[], Repository]) -> None:
    host.known_hosts.write_text("")
    refused(at(), "its SSH key is not known here", "fingerprint")


def test_a_host_with_another_key_than_before_is_named(host: OtherHost, at: Callable[[], Repository]) -> None:
    ours = (host.folder / "id.pub").read_text().split()
    host.known_hosts.write_text(f"{host.address} {ours[0]} {ours[1]}\n")
    refused(at(), "has another SSH key than it had", "ssh-keygen -R")


@pytest.mark.parametrize("address", ["127.0.0.9", "nowhere.invalid"])
def test_a_host_that_cannot_be_reached_is_named(host: OtherHost, deployment: Deployment, address: str) -> None:
    refused(places.repository(deployment, host.place.replace(host.address, address)), "cannot be reached by SSH", "SSH service")


def test_a_host_that_goes_away_in_the_middle_is_said_and_the_same_backup_completes(
    host: OtherHost, at: Callable[[], Repository], deployment: Deployment, tmp_path: Path
) -> None:
    (deployment.folder / "data" / "film").write_bytes(os.urandom(FILM_BYTES))
    repository = at()
    repository.ensure()
    with pytest.raises(PlanError, match=r"SSH|broke off") as problem:
        repository.take(deployment.folder, ["data"], Snapshot("", NOW, "sample", "cut off", ""), killing(host))
    assert "damaged" not in problem.value.hint
    host.start()
    host.let_us_in()
    assert repository.snapshots() == []
    comes_back_after_all(repository, deployment, tmp_path)


def killing(host: OtherHost) -> Callable[[dict[str, Any]], None]:
    """Kill the host when the first bytes are on their way."""
    once = threading.Lock()

    def hear(message: dict[str, Any]) -> None:
        if message.get("bytes_done") and once.acquire(blocking=False):
            host.kill()

    return hear


def comes_back_after_all(repository: Repository, deployment: Deployment, tmp_path: Path) -> None:
    repository.ensure()
    made = repository.take(deployment.folder, ["data"], Snapshot("", NOW, "sample", "again", ""), lambda _message: None)
    repository.restore(made, tmp_path / "back", verify=True)
    assert (tmp_path / "back/data/film").read_bytes() == (deployment.folder / "data/film").read_bytes()
