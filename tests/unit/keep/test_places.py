"""Where backups may lie, and how they are found again."""

from pathlib import Path

import pytest

from infra.deployment import Deployment
from infra.keep import places
from infra.keep.repository import Repository
from runtime.errors import PlanError


@pytest.mark.parametrize(
    "place", ["sftp:", "sftp:host", "sftp:host:/x", "s3:bucket", "ftp:user@host:/x", "host:/folder", "s3:http://x", "sftp:-oProxyCommand=x@host:/x"]
)
def test_what_is_no_place_is_refused_with_an_example(place: str) -> None:
    with pytest.raises(PlanError, match="no place for backups") as caught:
        places.written(place)
    assert "sftp:USER@HOST:/FOLDER" in caught.value.hint


@pytest.mark.parametrize("place", ["sftp:backup@nas:/volume/underdesk", "s3:https://storage.example:9000/bucket", "s3:storage.example/bucket"])
def test_each_deployment_has_a_folder_of_its_own(deployment: Deployment, place: str) -> None:
    assert places.repository(deployment, place).place == f"{place}/{deployment.name}"


def test_without_a_place_backups_lie_in_the_deployment_and_that_is_known(deployment: Deployment) -> None:
    repository = places.repository(deployment)
    assert repository.folder == deployment.folder / "backups"
    assert places.on_own_disk(deployment, repository)


def test_backups_may_not_lie_in_what_is_backed_up(deployment: Deployment) -> None:
    with pytest.raises(PlanError, match="inside the data"):
        places.repository(deployment, str(deployment.folder / "data"))


def test_on_a_bare_machine_the_only_deployment_is_found_and_several_are_asked_for(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("secret")
    for name in ("pilot", "other"):
        (tmp_path / "backups" / name).mkdir(parents=True)
    (tmp_path / "backups" / "pilot" / "config").write_text("")
    assert places.elsewhere(str(tmp_path / "backups"), key).name == "pilot"
    (tmp_path / "backups" / "other" / "config").write_text("")
    with pytest.raises(PlanError, match="other, pilot") as caught:
        places.elsewhere(str(tmp_path / "backups"), key)
    assert "--name" in caught.value.hint
    assert places.elsewhere(str(tmp_path / "backups"), key, "other").name == "other"


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="no such file"):
        places.elsewhere(str(tmp_path), tmp_path / "key")


@pytest.mark.parametrize(
    ("there", "base", "name"),
    [("/srv/pilot", "/srv", "pilot"), ("/srv/pilot", "/srv/pilot", "pilot"), ("/srv/pilot", "/srv/pilot", ""), ("/srv/pilot/pilot", "/srv/pilot", "pilot")],
)
def test_on_another_host_the_folder_of_all_or_of_this_one_may_be_named(
    there: str, base: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Repository, "is_there", lambda self: self.place == f"sftp:keep@vault:{there}")
    (tmp_path / "key").write_text("secret")
    found = places.elsewhere(f"sftp:keep@vault:{base}", tmp_path / "key", name)
    assert (found.name, found.at.place) == ("pilot", f"sftp:keep@vault:{there}")
