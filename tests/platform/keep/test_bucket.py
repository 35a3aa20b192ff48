"""Backups in a bucket by S3: a real server (Versity's gateway, built by Go) with TLS; needs no deployment."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from infra.deployment import Deployment
from infra.keep import places
from infra.keep.repository import Repository
from runtime.errors import PlanError
from runtime.homes import cache_folder
from tests.platform.binlog_writer import until
from tests.platform.keep.far import comes_back, filled, is_forgotten, is_found_on_a_bare_machine, refused
from tests.unit.sample_plan import SAMPLE

SERVER, VERSION = "github.com/versity/versitygw/cmd/versitygw", "v1.8.0"
ACCESS, SECRET = "keeper", "a-secret-of-the-test"
DEADLINE_S, BUILD_S = 30, 900
CERTIFICATE = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=store -addext subjectAltName=IP:127.0.0.1"


@dataclass(frozen=True)
class Store:
    """A server of buckets at ``address``; ``authority`` is what its clients must trust."""

    address: str
    authority: Path

    @property
    def place(self) -> str:
        return f"s3:https://{self.address}/backups"


@pytest.fixture(scope="session")
def program() -> Path:
    """The server, built once per user: two minutes on two cores."""
    folder = cache_folder() / "tests" / f"versitygw-{VERSION}"
    if not (folder / "versitygw").exists():
        environment = {**os.environ, "GOBIN": str(folder)}
        subprocess.run(["go", "install", "-ldflags", "-s -w", f"{SERVER}@{VERSION}"], env=environment, check=True, timeout=BUILD_S)
    return folder / "versitygw"


@contextmanager
def serving(program: Path, folder: Path) -> Iterator[Store]:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(["openssl", *CERTIFICATE.split(), "-out", str(certificate), "-keyout", str(key)], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    (folder / "buckets").mkdir()
    argv = [str(program), "--quiet", "--port", address, "--cert", str(certificate), "--key", str(key), "posix", str(folder / "buckets")]
    environment = {**os.environ, "ROOT_ACCESS_KEY": ACCESS, "ROOT_SECRET_KEY": SECRET}
    with (folder / "log").open("w") as log, subprocess.Popen(argv, env=environment, stdout=log, stderr=log) as server:
        try:
            until(lambda: listens(address), DEADLINE_S, "a server of buckets")
            yield Store(address, certificate)
        finally:
            server.terminate()


def listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with suppress(OSError), socket.create_connection((host, int(port)), timeout=2):
        return True
    return False


@pytest.fixture(scope="module")
def store(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with serving(program, tmp_path_factory.mktemp("store")) as one:
        yield one


@pytest.fixture
def deployment(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A deployment that needs no engine, with files in it, and the credentials as docs/how-to/keep.md says."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(store.authority))
    made = Deployment(SAMPLE, filled(tmp_path / "sample"))
    credentials(made, ACCESS, SECRET)
    return made


def credentials(deployment: Deployment, access: str, secret: str) -> None:
    (deployment.folder / "secrets").mkdir(exist_ok=True)
    (deployment.folder / "secrets" / "s3").write_text(f"AWS_ACCESS_KEY_ID={access}\nAWS_SECRET_ACCESS_KEY={secret}\n")


@pytest.fixture
def at(store: Store, deployment: Deployment, request: pytest.FixtureRequest) -> Callable[[], Repository]:
    """The backups of a deployment in the bucket, in a folder of this test's own."""
    return lambda: places.repository(deployment, f"{store.place}/{request.node.name}")


def test_a_backup_there_comes_back(at: Callable[[], Repository], deployment: Deployment, tmp_path: Path) -> None:
    comes_back(at(), deployment.folder, tmp_path / "back")
    is_found_on_a_bare_machine(deployment, at().place.rpartition("/")[0])


def test_old_ones_are_forgotten(at: Callable[[], Repository], deployment: Deployment) -> None:
    is_forgotten(at(), deployment.folder)


def test_a_wrong_key_is_named(at: Callable[[], Repository], deployment: Deployment, tmp_path: Path) -> None:
    at().ensure()
    (tmp_path / "guessed").write_text("guessed")
    (tmp_path / "s3").write_bytes((deployment.folder / "secrets" / "s3").read_bytes())
    refused(replace(at(), key_file=tmp_path / "guessed"), "the key does not open it", "--key")


def test_a_place_without_backups_is_named(at: Callable[[], Repository], deployment: Deployment, store: Store) -> None:
    places.repository(deployment, store.place).ensure()  # makes the bucket
    with pytest.raises(PlanError, match="there is no backup") as problem:
        at().snapshots()
    assert "plan backup" in problem.value.hint


def test_a_bucket_that_is_not_there_is_named_and_a_backup_makes_it(deployment: Deployment, store: Store) -> None:
    repository = places.repository(deployment, f"s3:https://{store.address}/new-bucket")
    with pytest.raises(PlanError, match="there is no such bucket"):
        repository.snapshots()
    assert repository.ensure()
    assert repository.snapshots() == []


def test_wrong_credentials_are_named_with_the_file_where_they_stand(at: Callable[[], Repository], deployment: Deployment) -> None:
    file = str(deployment.folder / "secrets" / "s3")
    credentials(deployment, "somebody", SECRET)
    refused(at(), "does not know this access key", file)
    credentials(deployment, ACCESS, "guessed")
    refused(at(), "the secret key is not that of this access key", file)


def test_credentials_of_the_environment_go_before_the_file(at: Callable[[], Repository], deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials(deployment, "somebody", "guessed")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert at().ensure()


def test_a_certificate_that_is_not_trusted_is_named(at: Callable[[], Repository], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    refused(at(), "its certificate is not trusted here", "update-ca-certificates")


@pytest.mark.parametrize("server", ["127.0.0.1:1", "nowhere.invalid"])
def test_a_server_that_cannot_be_reached_is_named(deployment: Deployment, server: str) -> None:
    refused(places.repository(deployment, f"s3:https://{server}/backups"), "cannot be reached", "name and port")


def test_no_credential_is_in_an_argument(at: Callable[[], Repository], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    spy = tmp_path / "bin" / "restic"
    spy.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/arguments\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin", prepend=":")
    at().there()
    assert (tmp_path / "arguments").read_text().strip() == "cat config --no-lock"
