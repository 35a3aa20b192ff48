"""No secret is in any argv, log, plan, environment, image layer or world-readable file."""

import base64
import json
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from infra import credentials
from infra.deployment import Deployment
from infra.images import wanted


@pytest.fixture(scope="module")
def secrets(deployment: Deployment) -> dict[str, str]:
    values = credentials.ensure(deployment.folder)
    return {**values, "passphrase": credentials.passphrase_file(deployment.folder).read_text().strip()}


def holding(text: str, secrets: dict[str, str]) -> list[str]:
    """Names of the secrets that stand in ``text``, as they are or in base64 (which has three ways to begin)."""
    return [name for name, value in secrets.items() if value in text or any(form in text for form in in_base64(value))]


def in_base64(value: str) -> list[str]:
    shifted = (base64.b64encode(b"\0" * shift + value.encode()).decode() for shift in range(3))
    return [form[4:-4] for form in shifted]


def containers(deployment: Deployment) -> list[str]:
    listed = subprocess.run(["docker", "ps", "-aq", "--filter", f"label=underdesk.deployment={deployment.name}"], capture_output=True, text=True, check=True)
    return listed.stdout.split()


def test_the_search_finds_a_secret_that_is_there(deployment: Deployment, secrets: dict[str, str]) -> None:
    text = deployment.password_file.read_text()
    assert holding(text, secrets) == ["administrator"]
    assert holding(base64.b64encode(b"x" + text.encode() + b"y").decode(), secrets) == ["administrator"]


def test_no_process_of_this_machine_has_a_secret_in_its_arguments(secrets: dict[str, str]) -> None:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert holding(path.read_text(errors="replace"), secrets) == [], path
        except (FileNotFoundError, ProcessLookupError):
            continue


def test_no_container_has_a_secret_in_its_environment_or_labels(deployment: Deployment, secrets: dict[str, str]) -> None:
    for container in containers(deployment):
        shown = subprocess.run(["docker", "inspect", container], capture_output=True, text=True, check=True).stdout
        assert holding(shown, secrets) == [], json.loads(shown)[0]["Name"]


def test_no_log_holds_a_secret(deployment: Deployment, secrets: dict[str, str]) -> None:
    for container in containers(deployment):
        log = subprocess.run(["docker", "logs", container], capture_output=True, text=True, errors="replace", check=False)
        assert holding(log.stdout + log.stderr, secrets) == [], container


def test_no_service_and_no_config_holds_a_secret(deployment: Deployment, secrets: dict[str, str]) -> None:
    mine = f"label=underdesk.deployment={deployment.name}"
    for kind in ("service", "config", "secret", "network"):
        ids = subprocess.run(["docker", kind, "ls", "-q", "--filter", mine], capture_output=True, text=True, check=True).stdout.split()
        assert ids
        shown = json.loads(subprocess.run(["docker", kind, "inspect", *ids], capture_output=True, text=True, check=True).stdout)
        assert holding(json.dumps(shown), secrets) == [], kind
        plain = "".join(base64.b64decode(one["Spec"]["Data"]).decode() for one in shown if kind == "config")
        assert holding(plain, secrets) == []


def test_the_binary_log_and_the_tables_hold_no_password_as_it_is(deployment: Deployment, secrets: dict[str, str]) -> None:
    for path in (deployment.folder / "data" / "database").rglob("*"):
        with suppress(FileNotFoundError):  # the database makes and removes files all the while
            if path.is_file() and path.stat().st_size < 64 * 1024 * 1024:
                assert holding(path.read_bytes().decode("latin-1"), secrets) == [], path


def test_no_image_holds_a_secret_in_its_history(deployment: Deployment, secrets: dict[str, str]) -> None:
    for reference in wanted(deployment).values():
        history = subprocess.run(["docker", "history", "--no-trunc", reference], capture_output=True, text=True, check=True).stdout
        assert holding(history, secrets) == [], reference


def test_no_file_of_the_deployment_but_the_secrets_themselves_holds_one(deployment: Deployment, secrets: dict[str, str]) -> None:
    kept = {deployment.folder / "secrets", deployment.folder / "data", deployment.folder / "passphrase"}
    for path in deployment.folder.rglob("*"):
        if path.is_file() and not kept & {path, *path.parents}:
            assert holding(path.read_text(errors="replace"), secrets) == [], path


def test_only_the_administrator_of_the_machine_reads_the_secrets(deployment: Deployment) -> None:
    held = [*(deployment.folder / "secrets").iterdir(), deployment.folder / "passphrase", deployment.folder / "tls" / "ca-key.pem"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in held} == {0o600}
    assert {path.stat().st_uid for path in held} == {0}
