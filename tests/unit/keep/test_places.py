"""Where backups may lie, and how they are found again."""

from pathlib import Path

import pytest

from infra.deployment import Deployment
from infra.keep import places
from runtime.errors import PlanError
from sizing.vocabulary import backup_place

BAD = ["s3:https://KEY:SECRET@s3.test/bucket", "s3:https://s3.test:99999/bucket", "s3:https://s3.test:٣٣/bucket", "sftp:root@-oProxyCommand=x:/x"]


@pytest.mark.parametrize("place", ["sftp:", "sftp:host", "sftp:host:/x", "s3:bucket", "ftp:user@host:/x", "host:/folder", "s3:http://x", *BAD])
def test_what_is_no_place_is_refused_with_an_example(place: str) -> None:
    with pytest.raises(PlanError, match="no place for backups") as caught:
        places.written(place)
    assert "sftp:USER@HOST:/FOLDER" in caught.value.hint
    assert "SECRET" not in str(caught.value)


def test_a_bucket_that_the_brief_takes_is_one_here(deployment: Deployment) -> None:
    plain = "s3:s3.amazonaws.com/bucket"
    assert backup_place(plain) == places.written(plain) == "s3:https://s3.amazonaws.com/bucket"
    assert places.repository(deployment, plain).place == f"s3:https://s3.amazonaws.com/bucket/{deployment.name}"


@pytest.mark.parametrize("place", ["sftp:backup@nas:/volume/underdesk", "s3:https://storage.example/bucket"])
def test_each_deployment_has_a_folder_of_its_own(deployment: Deployment, place: str) -> None:
    assert places.repository(deployment, place).place == f"{place}/{deployment.name}"


def test_without_a_place_backups_lie_in_the_deployment_and_that_is_known(deployment: Deployment) -> None:
    repository = places.repository(deployment)
    assert repository.folder == deployment.folder / "backups"
    assert places.on_own_disk(deployment, repository)


@pytest.mark.parametrize("inside", ["data", "secrets", "keep/work", "."])
def test_backups_may_not_lie_in_what_is_backed_up(deployment: Deployment, inside: str) -> None:
    with pytest.raises(PlanError, match="inside the data"):
        places.repository(deployment, str(deployment.folder / inside))


def test_a_place_as_the_list_prints_it_is_that_place(deployment: Deployment, tmp_path: Path) -> None:
    printed = places.repository(deployment, str(tmp_path / "stick")).place
    (Path(printed) / "keys").mkdir(parents=True)
    (Path(printed) / "config").write_text("")
    assert places.repository(deployment, printed).place == printed
    for place in (places.repository(deployment).place, f"sftp:keep@vault:/srv/{deployment.name}"):
        assert places.repository(deployment, place).place == place


def test_looking_makes_nothing(deployment: Deployment) -> None:
    with pytest.raises(PlanError, match="the key of the backups is not there") as caught:
        places.repository(deployment).snapshots()
    assert "your copy" in caught.value.hint
    assert not list(deployment.folder.iterdir())


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
