"""Where changes are copied to, and that nothing copies where the brief names no place."""

from pathlib import Path

import pytest

from infra import checks, credentials
from infra.deployment import Deployment
from infra.images import references
from infra.keep import changes, copied
from infra.keep.let_in import public_key
from infra.topology import Service, topology
from runtime.errors import PlanError
from sizing.plan import Backup
from tests.unit.sample_plan import SAMPLE


def deployed(folder: Path, **backup: object) -> Deployment:
    platform = SAMPLE.platform.model_copy(update={"backup": Backup.model_validate(backup)})
    return Deployment(SAMPLE.model_copy(update={"platform": platform}), folder)


def services(deployment: Deployment) -> dict[str, Service]:
    return {service.role: service for service in topology(deployment, references()).services}


def test_without_a_place_nothing_copies_and_the_database_knows_no_such_user(tmp_path: Path) -> None:
    deployment = deployed(tmp_path)
    found = services(deployment)
    assert "binlogs" not in found
    assert "database-copy" not in found["database"].secrets
    assert (changes.folder(deployment), changes.lag(deployment), changes.folders(deployment)) == (None, None, ())


def test_to_a_folder_it_is_mounted_and_no_key_is_given(tmp_path: Path) -> None:
    deployment = deployed(tmp_path, changes_to="/mnt/second/changes", keep_daily=5)
    copying = services(deployment)["binlogs"]
    assert {mount.source: mount.target for mount in copying.mounts} == {
        str(tmp_path / "changes"): "/var/spool/binlogs",
        "/mnt/second/changes/sample": "/copies",
    }
    assert copying.environment == {"DATABASE_HOST": "tasks.sample-database", "COPY_TO": "/copies", "KEEP_DAYS": "7"}
    assert copying.secrets == ("database-copy",)
    assert copying.memory_mib == SAMPLE.limits.binlogs.memory_mib
    assert changes.folder(deployment) == Path("/mnt/second/changes/sample")
    assert public_key(deployment) == ""


def test_a_restore_reads_the_copy_of_its_own_timeline_only(tmp_path: Path) -> None:
    deployment = deployed(tmp_path, changes_to=str(tmp_path))
    own = tmp_path / "sample" / "0123456789abcdef"
    own.mkdir(parents=True)
    assert copied.logs(deployment, own.name, tmp_path / "work") == ((own.name, own),)
    assert copied.logs(deployment, "f" * 16, tmp_path / "work") == ()
    assert copied.logs(deployment, "../sample", tmp_path / "work") == ()
    assert copied.logs(deployed(tmp_path), own.name, tmp_path / "work") == ()


def test_to_another_host_it_has_the_key_and_the_pinned_host(tmp_path: Path) -> None:
    deployment = deployed(tmp_path, changes_to="sftp:keep@vault.sample.example:/srv/changes")
    changes.known_hosts_file(deployment).write_text("vault.sample.example ssh-ed25519 AAAA\n")
    copying = services(deployment)["binlogs"]
    assert copying.environment["COPY_TO"] == "sftp:keep@vault.sample.example:/srv/changes/sample"
    assert copying.configs == {"/etc/underdesk/known_hosts": "vault.sample.example ssh-ed25519 AAAA\n"}
    assert copying.secrets == ("database-copy", "copy-key")
    assert changes.folder(deployment) is None


def test_the_key_to_allow_is_the_public_half_and_stays(tmp_path: Path) -> None:
    deployment = deployed(tmp_path, changes_to="sftp:keep@vault.sample.example:/srv/changes")
    line = public_key(deployment)
    assert line.startswith("restrict ssh-ed25519 AAAA")
    assert line == public_key(deployment)
    assert line.split()[2] not in credentials.ensure(tmp_path)["copy-key"]


def test_a_second_disk_that_is_not_there_is_refused_and_one_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="is no folder") as refused:
        checks.other_disks(deployed(tmp_path, changes_to=str(tmp_path / "away")))
    assert refused.value.where == "brief.yaml: infrastructure.backup.changes_to"
    assert "mount" in refused.value.hint
    (notes,) = checks.other_disks(deployed(tmp_path, to=str(tmp_path)))
    assert "is on the platform's own disk" in notes
    assert checks.other_disks(deployed(tmp_path, to="sftp:keep@vault.sample.example:/srv")) == []
