"""Backups of a cluster that lie elsewhere, in a bucket by S3 (Versity's gateway) and by SSH: tried by a deploy, taken by hand and by themselves, restored."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.cluster import standing
from tests.lab.keeping import Kept
from tests.platform.keep.test_bucket import ACCESS, CERTIFICATE, SECRET, program

__all__ = ["program"]
SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
BUCKET = "s3:https://127.0.0.1:9400/backups"
STORE = f"""set -e
! systemctl is-active --quiet store || exit 0
mkdir -p /srv/store/buckets
openssl {CERTIFICATE} -out /srv/store/certificate.pem -keyout /srv/store/key.pem 2>/dev/null
cp /srv/store/certificate.pem /usr/local/share/ca-certificates/store.crt
update-ca-certificates >/dev/null
install /tmp/versitygw /srv/store/versitygw
systemd-run --quiet --unit=store --setenv=ROOT_ACCESS_KEY={ACCESS} --setenv=ROOT_SECRET_KEY={SECRET} \\
    /srv/store/versitygw --quiet --port 127.0.0.1:9400 --cert /srv/store/certificate.pem --key /srv/store/key.pem posix /srv/store/buckets
"""
KEY = "set -e; cd; mkdir -p -m 700 .ssh; [ -e .ssh/id_ed25519 ] || ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519; cat .ssh/id_ed25519.pub"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    with standing(Kept(f"o{SLOT}ffsite", 1, tmp_path_factory.mktemp("offsite"))) as made, pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            environment.delenv(name)
        yield made


@pytest.fixture(scope="module")
def bucket(cluster: Kept, program: Path) -> str:
    """A server of buckets on the host, whose certificate the host trusts."""
    (host,) = cluster.hosts
    subprocess.run(["scp", "-q", "-F", str(cluster.folder / "ssh_config"), str(program), f"{host}:/tmp/versitygw"], check=True, timeout=60)
    cluster.root(host, STORE)
    return BUCKET


@pytest.fixture(scope="module")
def account(cluster: Kept) -> str:
    """An account that is reached by SSH: the host's own, by its address."""
    (host,) = cluster.hosts
    return f"{cluster.ssh(host, 'whoami')}@{cluster.address(host)}"


def works(cluster: Kept, place: str, folder: Path) -> None:
    """Let there be a backup by hand and one by itself in ``place``, both found there, the second proved, the first brought back."""
    name = place.partition(":")[0]
    for moment in ("before", "later", "after"):
        (folder / moment).mkdir()
    cluster.write(folder / "before", f"{name}: before")
    made = cluster.plan("backup", "--json").answer
    assert made["place"].startswith(place), made
    cluster.due(cluster.hosts)
    keep, there = cluster.kept()
    assert [one["why"] for one in there if one["id"] != made["id"]] == ["scheduled"], there
    assert keep["drill"]["snapshot"] == keep["backup"]["id"] != made["id"], keep
    proof = cluster.plan("drill", "--json").answer
    assert (proof["passed"], proof["snapshot"]) == (True, keep["backup"]["id"])
    cluster.write(folder / "later", f"{name}: later")
    report = cluster.plan("restore", "--backup", made["id"], "--yes", "--json").answer
    print(f"{name}: restored in {report['seconds']:.0f} s")  # noqa: T201 - the figure
    assert cluster.titles(folder / "after", f"{name}:") == {f"{name}: before"}


def test_a_bucket_that_nobody_may_use_is_said_by_the_deploy_and_by_a_backup(cluster: Kept, bucket: str) -> None:
    said = cluster.schedule(bucket)
    assert f"no backup can be taken now by {cluster.hosts[0]}: " in said
    assert "export AWS_ACCESS_KEY_ID" in said
    assert "no credentials are given for it" in cluster.plan("backup", code=1).said


def test_in_a_bucket_with_credentials_that_were_given_once(cluster: Kept, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    said = cluster.schedule(bucket)
    assert "no backup can be taken" not in said, said
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    works(cluster, bucket, tmp_path)


def test_by_ssh_what_is_not_let_in_is_said_and_then_it_works(cluster: Kept, account: str, tmp_path: Path) -> None:
    (host,) = cluster.hosts
    place = f"sftp:{account}:/home/{account.partition('@')[0]}/backups"
    said = cluster.schedule(place)
    assert f"no backup can be taken now by {host}: " in said
    assert f"ssh-copy-id {account}" in said
    key = cluster.root(host, KEY)
    cluster.ssh(host, f"echo '{key}' >>.ssh/authorized_keys")
    cluster.root(host, f"cd; ssh-keyscan -t ed25519 {cluster.address(host)} >>.ssh/known_hosts 2>/dev/null")
    said = cluster.schedule(place)
    assert "no backup can be taken" not in said, said
    works(cluster, place, tmp_path)
