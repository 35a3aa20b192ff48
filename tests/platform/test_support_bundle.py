"""The bundle holds what support needs, no secret in any form, and as little of people as may be; also when much is broken."""

import html
import json
import os
import stat
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from infra import credentials, reach
from infra.deployment import Deployment
from tests.platform.conftest import PLAN, Command, run_plan
from tests.platform.test_secrets import holding

WANTED = {
    "CONTENTS.txt", "versions.json", "machine.json", "os-release", "engine.json", "doctor.json", "plan.json", "deployment.json",
    "pulumi-state.json", "status.json", "services.json", "tasks.json", "logs/frontdoor.log", "logs/database.log", "frontdoor/haproxy.cfg",
}  # fmt: skip
CANARY = 'canary/"7" sécret+&end'
LOOKS = "password=hunter2canary Authorization: Basic aHVudGVyMmNhbmFyeQ=="


@pytest.fixture(scope="module")
def canaries(deployment: Deployment) -> Iterator[dict[str, str]]:
    """A secret file of an odd kind beside the real ones, and all of them said by a service in every form."""
    odd = deployment.folder / "secrets" / "canary"
    odd.write_text(CANARY)
    values = {**credentials.ensure(deployment.folder), "passphrase": credentials.passphrase_file(deployment.folder).read_text().strip(), "canary": CANARY}
    key = (deployment.folder / "tls" / "ca-key.pem").read_text().splitlines()[1]
    values["key"] = key
    lines = [form for value in values.values() for form in (value, f"x={value};", quote(value, safe=""), json.dumps({"v": value}), html.escape(value))]
    lines += [encoded for value in values.values() for encoded in in_base64(value)]
    write = "".join(f"{line}\n" for line in [*lines, LOOKS])
    subprocess.run(["docker", "exec", "-i", deployment.container("mail"), "sh", "-c", "cat > /proc/1/fd/1"], input=write, text=True, check=True)
    reach.fetch(deployment, "internal", "/author/jane-canary/?s=query-canary")
    yield values
    odd.unlink()


def in_base64(value: str) -> list[str]:
    import base64  # noqa: PLC0415

    return [base64.b64encode(b"-" * before + value.encode() + b"+" * after).decode() for before in range(3) for after in range(3)]


def opened(path: Path) -> dict[str, str]:
    with tarfile.open(path) as tar:
        assert {member.mode for member in tar} == {0o600}
        return {member.name.partition("/")[2]: content(tar, member).decode() for member in tar}


def content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file, member.name
    return file.read()


@pytest.fixture(scope="module")
def bundle(deployment: Deployment, plan: Command, canaries: dict[str, str], folder: Path) -> dict[str, str]:
    assert canaries
    made = plan("support-bundle", "--name", deployment.name, "--output", "bundle.tar.gz")
    assert made.returncode == 0, made.stderr
    assert stat.S_IMODE((folder / "bundle.tar.gz").stat().st_mode) == 0o600
    return opened(folder / "bundle.tar.gz")


def test_everything_that_support_needs_is_in_it(bundle: dict[str, str], deployment: Deployment) -> None:
    assert bundle.keys() >= WANTED
    assert [name for name in bundle if name.startswith("images/")]
    assert json.loads(bundle["status.json"])["services"]["blogs"]["running"] >= 1
    assert {found["subject"] for found in json.loads(bundle["doctor.json"])} >= {"engine", "disk", "clock"}
    assert json.loads(bundle["machine.json"])["memory"]["total"] > 0
    assert json.loads(bundle["engine.json"])["info"]["ServerVersion"]
    assert len(json.loads(bundle["services.json"])) == 10
    assert f"of {deployment.name}" in bundle["CONTENTS.txt"]
    assert all(name in bundle["CONTENTS.txt"] for name in WANTED - {"CONTENTS.txt"})


def test_the_search_would_find_a_canary(canaries: dict[str, str]) -> None:
    assert holding(f"x {canaries['canary']} y", canaries) == ["canary"]


def test_no_member_holds_a_secret_in_any_form(bundle: dict[str, str], canaries: dict[str, str]) -> None:
    for name, text in bundle.items():
        assert holding(text, canaries) == [], name
        for value in canaries.values():
            assert [form for form in (quote(value, safe=""), json.dumps(value)[1:-1], html.escape(value)) if form in text] == [], name
    assert "[secret: canary]" in bundle["logs/mail.log"]
    assert "[secret: administrator]" in bundle["logs/mail.log"]


def test_what_looks_like_a_password_is_gone_though_nobody_knows_it(bundle: dict[str, str]) -> None:
    assert "password=" in bundle["logs/mail.log"]
    assert "hunter2canary" not in "".join(bundle.values())
    assert "aHVudGVyMmNhbmFyeQ" not in "".join(bundle.values())


def test_the_state_is_in_it_without_what_is_enciphered_and_without_the_salt(bundle: dict[str, str]) -> None:
    state = bundle["pulumi-state.json"]
    assert "docker:index/service:Service" in state
    assert "ciphertext" not in state
    assert "v1:" not in state


def test_people_are_not_in_the_logs(bundle: dict[str, str]) -> None:
    door = bundle["logs/frontdoor.log"]
    assert "/author/[hidden]" in door
    assert "jane-canary" not in door
    assert "query-canary" not in "".join(bundle.values())
    clients = {json.loads(line.split(" ", 2)[2])["client"] for line in door.splitlines() if '"client"' in line}
    assert clients
    assert all(client.endswith((".0/24", "::/48")) or client.startswith("127.") for client in clients)


def test_a_file_that_is_there_is_not_overwritten(plan: Command, deployment: Deployment, folder: Path) -> None:
    (folder / "mine.tar.gz").write_text("mine")
    refused = plan("support-bundle", "--name", deployment.name, "--output", "mine.tar.gz")
    assert refused.returncode == 1
    assert "is there already" in refused.stderr
    assert (folder / "mine.tar.gz").read_text() == "mine"


def test_json_says_what_is_in_it_and_what_is_not(plan: Command, deployment: Deployment, folder: Path) -> None:
    said = json.loads(plan("support-bundle", "--name", deployment.name, "--json").stdout)
    assert (folder / said["file"]).stat().st_size == said["bytes"]
    assert "logs/frontdoor.log" in said["members"]


def test_without_an_engine_and_with_record_plan_and_state_damaged_it_says_what_is_missing(deployment: Deployment, tmp_path: Path) -> None:
    home = tmp_path / "home"
    broken = home / "broken"
    (broken / "secrets").mkdir(parents=True)
    (broken / "secrets" / "administrator").write_text("canary-of-the-broken")
    (broken / "plan.json").write_text('{"name": "canary-of-the-broken", "half')
    (broken / "deployment.json").write_bytes(b"\xff\xfe\x00canary-of-the-broken")
    state = broken / "pulumi" / ".pulumi" / "stacks" / "underdesk" / "broken.json"
    state.parent.mkdir(parents=True)
    state.write_text('{"version": 3, "ciphertext": "v1:abc')
    environment = {**os.environ, "UNDERDESK_HOME": str(home), "DOCKER_HOST": "unix:///nonexistent/engine.sock"}
    made = subprocess.run([PLAN, "support-bundle", "--output", "b.tar.gz"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert "Traceback" not in made.stderr
    members = opened(tmp_path / "b.tar.gz")
    assert members.keys() >= {"plan.json", "deployment.json", "doctor.json", "machine.json"}
    assert "canary-of-the-broken" not in "".join(members.values())
    assert "pulumi-state.json" not in members
    for part in ("engine", "state", "status", "services and tasks", "logs"):
        assert f"not in it: {part} (" in made.stderr
        assert f"  {part}: " in members["CONTENTS.txt"]
    assert deployment.name not in "".join(members)


def test_where_nothing_is_deployed_it_tells_of_the_machine(tmp_path: Path) -> None:
    environment = {**os.environ, "UNDERDESK_HOME": str(tmp_path / "none")}
    made = subprocess.run([PLAN, "support-bundle", "--output", "b.tar.gz"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert opened(tmp_path / "b.tar.gz").keys() >= {"machine.json", "engine.json", "doctor.json", "versions.json"}


def test_a_full_disk_leaves_nothing_and_says_so(deployment: Deployment, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(full)], check=True)
    try:
        said = run_plan("support-bundle", "--name", deployment.name, "--output", "b.tar.gz", cwd=full)
        assert said.returncode == 1
        assert "No space left" in said.stderr
        assert list(full.iterdir()) == []
    finally:
        subprocess.run(["umount", str(full)], check=True)


def test_whoever_may_not_read_the_secrets_gets_none(deployment: Deployment, tmp_path: Path) -> None:
    code = "import sys; from cli.main import main; main()"
    command = ["setpriv", "--reuid", "65534", "--clear-groups", str(Path(PLAN).with_name("python")), "-c", code, "support-bundle", "--name", deployment.name]
    said = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert "administrator's rights" in said.stderr
    assert tmp_path.exists()
