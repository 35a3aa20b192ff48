"""What restic and SSH said of another place (recorded of restic 0.14 and 0.18) becomes one line with the mend."""

import os
from pathlib import Path

import pytest

from infra.keep import bucket, by_ssh
from infra.keep.repository import Repository
from runtime.errors import PlanError
from runtime.run import Completed

BUCKET = "s3:https://store.example/backups/sample"
HOST = "keep@vault.example"
ASKED = 'Stat: Get "https://store.example/backups/?location=":'
SIGNATURE = "Stat: The request signature we calculated does not match the signature you provided. Check your key and signing method."
LOOK = f"Is there a repository at the following location?\n{BUCKET}"


@pytest.mark.parametrize(
    ("said", "message", "mend"),
    [
        (f"Fatal: unable to open config file: Stat: The specified bucket does not exist.\n{LOOK}", "no such bucket", "plan backup"),
        (f"Fatal: unable to open config file: Stat: No user exists with the provided access key ID.\n{LOOK}", "does not know this access key", "secrets/s3"),
        ("Stat: The AWS Access Key Id you provided does not exist in our records.", "does not know this access key", "secrets/s3"),
        (f"Stat(<config/>) returned error, retrying after 1.1s: {SIGNATURE}", "the secret key is not that", "secrets/s3"),
        (f"Fatal: unable to open config file: {SIGNATURE}\n{LOOK}", "the secret key is not that", "secrets/s3"),
        ("s3.getCredentials: no credentials found. Use `-o s3.unsafe-anonymous-auth=true`", "no credentials are given", "secrets/s3"),
        ("Fatal: unable to open config file: Stat: Access Denied.", "may not use it", "secrets/s3"),
        (f"{ASKED} dial tcp 127.0.0.1:1: connect: connection refused\n{LOOK}", "cannot be reached: connection refused", "name and port"),
        (f"{ASKED} dial tcp: lookup store.example on 10.0.0.1:53: no such host\n{LOOK}", "cannot be reached: no such host", "name and port"),
        (f"{ASKED} tls: failed to verify certificate: x509: certificate signed by unknown authority", "not trusted here", "update-ca-certificates"),
        (f"{ASKED} http: server gave HTTP response to HTTPS client", "does not speak TLS", "s3:http://"),
        (f"Fatal: unable to open config file: Stat: The specified key does not exist.\n{LOOK}", "there is no backup", "plan backup"),
        ("Fatal: wrong password or no key found", "the key does not open it", "--key"),
        ("ciphertext verification failed", "ciphertext verification failed", "it is damaged"),
    ],
)
def test_of_a_bucket(said: str, message: str, mend: str, tmp_path: Path) -> None:
    problem = Repository(BUCKET, tmp_path / "secrets" / "backup").readable(Completed(1, "", said))
    assert message in problem.message
    assert mend in problem.hint
    assert problem.where == BUCKET


@pytest.mark.parametrize(
    ("said", "message", "mend"),
    [
        (f"{HOST}: Permission denied (publickey).\n", "does not let root of this machine in", f"ssh-copy-id {HOST}"),
        (
            "No ED25519 host key is known for vault.example and you have requested strict checking.\nHost key verification failed.",
            "not known here",
            "fingerprint",
        ),
        (
            "@@@@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@\nHost key verification failed.",
            "another SSH key",
            "ssh-keygen -R vault.example",
        ),
        ("ssh: connect to host vault.example port 22: Connection refused\n", "SSH: connect to host vault.example port 22: Connection refused", f"ssh {HOST}"),
        ("ssh: Could not resolve hostname vault.example: Name or service not known", "Could not resolve hostname", f"ssh {HOST}"),
        (
            "** WARNING: connection is not using a post-quantum key exchange algorithm.\nsubsystem request failed on channel 0",
            "subsystem request failed",
            "SSH",
        ),
        ("", "it said nothing", "SSH service"),
    ],
)
def test_of_a_host(said: str, message: str, mend: str) -> None:
    problem = by_ssh.refused(HOST, said)
    assert message in problem.message
    assert mend in problem.hint
    assert problem.where == HOST


def test_half_of_what_ssh_said_is_not_all_that_is_wrong() -> None:
    """restic ends, and with it its account of SSH, before it has passed on every line."""

    class There:
        def run(self, argv: list[str], *, timeout_s: float) -> Completed:
            assert (argv[0], timeout_s) == ("ssh", by_ssh.QUICK_S)
            return Completed(255, "", "@@@@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@\nHost key verification failed.")

    for heard in ("", f"{by_ssh.HEARD}@@@@@@@\n", f"{by_ssh.HEARD}No ED25519 host key is known for vault.example\n"):
        assert "another SSH key" in by_ssh.why_not(f"sftp:{HOST}:/srv", heard, There()).message  # type: ignore[arg-type]


def test_a_folder_that_may_not_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    said = "Fatal: unable to open config file: Lstat /root/sample/config: permission denied\nIs there a repository at the following location?"
    assert "may not be read" in Repository(f"sftp:{HOST}:/root/sample", tmp_path / "key").readable(Completed(1, "", said)).message


def test_nothing_is_asked_of_a_person_and_a_host_that_is_gone_is_known() -> None:
    assert by_ssh.sftp("sftp:keep@vault.example:/srv/backups/sample") == ["ssh", *by_ssh.OPTIONS, HOST, "-s", "sftp"]
    assert {"BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=15"} <= set(by_ssh.OPTIONS)


def test_what_should_be_quick_gives_up_at_the_third_retry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "restic"
    program.write_text(f"#!/bin/sh\nfor i in 1 2 3; do echo 'Stat(<config/>) returned error, retrying after 1s: {SIGNATURE}' >&2; done\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    key = tmp_path / "backup"
    key.write_text("key")
    with pytest.raises(PlanError, match="the secret key is not that"):
        Repository(BUCKET, key).there()


def test_credentials_stand_beside_the_key_and_those_of_the_environment_go_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    assert "AWS_ACCESS_KEY_ID" not in bucket.credentials(tmp_path)
    (tmp_path / "s3").write_text("# of the company\nAWS_ACCESS_KEY_ID = keeper\nAWS_SECRET_ACCESS_KEY=a=b\nPATH=/nowhere\n\n")
    assert bucket.credentials(tmp_path) == {"AWS_ACCESS_KEY_ID": "keeper", "AWS_SECRET_ACCESS_KEY": "a=b"}
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    assert bucket.credentials(tmp_path)["AWS_ACCESS_KEY_ID"] == "mine"
