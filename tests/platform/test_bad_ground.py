"""What goes wrong on real ground ends with one clear line, the mend, and nothing half done that the same command would not complete."""

import json
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra import live
from infra.deployment import Deployment
from tests.platform.conftest import PLAN, Command
from tests.platform.ground import DEAD_ENGINE, HTTPS, NAME, Disk, Ground, disk, mended, sized


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sized(tmp_path_factory.mktemp("good"))


@pytest.fixture
def ground(good: Path, tmp_path: Path) -> Ground:
    shutil.copy(good, tmp_path)
    return Ground(tmp_path, tmp_path / "home")


@pytest.mark.parametrize("command", [["deploy", "--dry-run"], ["deploy", "--yes"]])
def test_an_engine_that_was_named_and_does_not_answer_is_not_replaced(command: list[str], ground: Ground) -> None:
    mended(ground.plan(*command, DOCKER_HOST=DEAD_ENGINE), "does not answer", "unset DOCKER_HOST")
    assert not ground.home.exists()


@pytest.mark.parametrize("command", [["status"], ["logs"], ["test", "smoke"], ["test", "clean"]])
def test_without_an_engine_it_is_said(command: list[str], deployment: Deployment, folder: Path) -> None:
    here = Ground(folder, deployment.folder.parent)
    mended(here.plan(*command, "--name", deployment.name, DOCKER_HOST=DEAD_ENGINE))


def test_doctor_says_what_is_wrong_with_the_engine(ground: Ground) -> None:
    said = ground.plan("doctor", DOCKER_HOST=DEAD_ENGINE)
    assert said.returncode == 1
    assert "MEND engine" in said.stdout
    assert "unset DOCKER_HOST" in said.stdout


def test_a_port_that_is_taken_is_named_with_its_holder(ground: Ground) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", HTTPS))
        taken.listen()
        mended(ground.plan("deploy", "--yes"), f"{HTTPS} is held by", "stop that program")
    assert not ground.home.exists()


@pytest.mark.parametrize("command", [["deploy", "--yes"], ["destroy", "--yes"], ["support-bundle"]])
def test_without_rights_nothing_is_begun(command: list[str], ground: Ground) -> None:
    with tempfile.NamedTemporaryFile() as readable:  # pytest's own folders are closed to others
        shutil.copy(ground.folder / "plan.json", readable.name)
        Path(readable.name).chmod(0o644)
        more = [readable.name] if command[0] == "deploy" else []
        mended(ground.as_nobody(*command, *more), "administrator's rights", "sudo")
    assert not ground.home.exists()


@pytest.mark.parametrize("command", [["status"], ["logs"], ["test", "smoke"]])
def test_without_rights_the_right_mend_is_named(command: list[str], deployment: Deployment, folder: Path) -> None:
    mended(Ground(folder, deployment.folder.parent).as_nobody(*command, "--name", deployment.name), "sudo")


@pytest.mark.parametrize("day", ["2001-01-01", "2020-02-29"])
def test_a_clock_that_is_years_behind_is_found_before_anything_is_made(day: str, ground: Ground) -> None:
    before = ("faketime", "-f", f"@{day} 12:00:00")
    mended(ground.plan("deploy", "--yes", before=before, NO_FAKE_STAT="1"), "the clock says 20", "set the clock")
    assert not ground.home.exists()
    told = ground.plan("doctor", before=before, NO_FAKE_STAT="1")
    assert told.returncode == 1
    assert "MEND clock" in told.stdout


def test_a_clock_behind_the_last_deploy_is_found(deployment: Deployment, folder: Path) -> None:
    here = Ground(folder, deployment.folder.parent)
    before = ("faketime", "-f", "-3h")
    recorded = live.drift(deployment)
    mended(here.plan("deploy", "--yes", before=before, NO_FAKE_STAT="1"), "the clock says", "set the clock")
    assert live.drift(deployment) == recorded


def test_a_clock_that_is_years_ahead_is_said(deployment: Deployment, folder: Path) -> None:
    here = Ground(folder, deployment.folder.parent)
    before = ("faketime", "-f", "+9y")
    told = here.plan("doctor", before=before, NO_FAKE_STAT="1")
    assert "MEND clock" in told.stdout
    assert "years after the last deploy" in told.stdout
    tried = here.plan("deploy", "--dry-run", before=before, NO_FAKE_STAT="1")
    assert "is it right?" in tried.stderr


def test_a_wrong_passphrase_changes_nothing(deployment: Deployment, plan: Command) -> None:
    path = deployment.folder / "passphrase"
    right, before = path.read_text(), live.snapshot(deployment)
    try:
        for wrong, words in (("wrong", "does not fit the state"), ("", "is gone")):
            path.write_text(wrong)
            refused = plan("deploy", "--yes")
            mended(refused, words, str(path), "backup")
            assert path.read_text() == wrong
        path.unlink()
        mended(plan("deploy", "--yes"), "is gone", "backup")
        assert not path.exists()
        assert live.snapshot(deployment) == before
        assert not deployment.interrupted
    finally:
        path.write_text(right)
        path.chmod(0o600)


STATES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda good: good[: len(good) // 2],
    "empty": lambda _: b"",
    "binary": lambda _: b"\xff\xfe\0\1",
    "another": lambda _: b"[]",
}


@pytest.mark.parametrize("damage", list(STATES))
def test_a_damaged_state_is_named_and_changes_nothing(damage: str, deployment: Deployment, plan: Command) -> None:
    path = deployment.folder / "pulumi" / ".pulumi" / "stacks" / "underdesk" / f"{deployment.name}.json"
    good, before = path.read_bytes(), live.snapshot(deployment)
    try:
        path.write_bytes(STATES[damage](good))
        mended(plan("deploy", "--yes"), str(path), "is damaged", "backup")
        assert live.snapshot(deployment) == before
        assert not deployment.interrupted
    finally:
        path.write_bytes(good)


@pytest.mark.parametrize("torn", [b"", b'{"user.c'], ids=["empty", "cut"])
def test_what_a_kill_leaves_of_the_notes_beside_the_state_stops_nobody(torn: bytes, deployment: Deployment, plan: Command) -> None:
    states = list((deployment.folder / "pulumi" / ".pulumi" / "stacks").rglob("*.json"))
    assert states
    for path in states:
        path.with_name(f"{path.name}.attrs").write_bytes(torn)
    tried = plan("deploy", "--yes")
    assert tried.returncode == 0, tried.stderr


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b'{"live": 5}', b'{"live": {"services": []}}', b"[" * 100_000], ids=range(7))
def test_a_damaged_record_is_said_and_does_not_stop_the_status(content: bytes, deployment: Deployment, plan: Command) -> None:
    path = deployment.folder / "deployment.json"
    good = path.read_bytes()
    try:
        path.write_bytes(content)
        said = plan("status", "--check", "--name", deployment.name)
        mended(said, "differences", "plan deploy", code=3)
        assert "no deploy has ended yet" in said.stdout
    finally:
        path.write_bytes(good)


def test_another_deployment_that_is_damaged_stops_nobody(ground: Ground) -> None:
    (ground.home / "damaged").mkdir(parents=True)
    (ground.home / "damaged" / "plan.json").write_text("{")
    tried = ground.plan("deploy", "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "damaged could not be compared" in tried.stderr


@pytest.fixture
def small(ground: Ground) -> Iterator[Disk]:
    """A disk for the deployments of ``ground`` that is large enough, and can be full."""
    with disk(ground.home, 900) as made_disk:
        yield made_disk
        ground.plan("destroy", "--yes", "--delete-data", NAME)


def filled_when(said: tuple[str, ...], ground: Ground, small: Disk) -> subprocess.CompletedProcess[str]:
    """Deploy, and fill the disk as soon as the command says one of ``said`` while it applies."""
    command = [PLAN, "deploy", "--yes"]
    with subprocess.Popen(command, cwd=ground.folder, env=ground.environment({}), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as running:
        assert running.stderr
        lines: list[str] = []
        applying = full = False
        for line in running.stderr:
            lines.append(line)
            applying = applying or "Converging" in line
            if applying and not full and any(one in line for one in said):
                small.leave(0)
                full = True
        assert full, lines
        return subprocess.CompletedProcess(command, running.wait(), "", "".join(lines))


def test_a_disk_that_is_full_at_any_stage_is_said_and_the_same_command_completes(ground: Ground, small: Disk) -> None:
    places = set()
    for kib in (0, 66, 78, 90, 94, 98, 112):  # plan, secrets, passphrase, certificate, Ansible's own files
        shutil.rmtree(ground.home / NAME, ignore_errors=True)
        small.leave(kib)
        failed = ground.plan("deploy", "--yes")
        mended(failed, "space")
        places.add(next(line for line in failed.stderr.splitlines() if line.startswith("error:")).split(": ")[1])
    assert len(places) >= 5, places
    # Networks and secrets are made at the same time: after the second round all secrets may be there.
    for said in (("Make the folders",), ("create network",), ("create secret", "create service"), ("waiting for the first pages",)):
        small.relieve()
        mended(filled_when(said, ground, small), "space")
    small.relieve()
    completed = ground.plan("deploy", "--yes")
    assert completed.returncode == 0, completed.stderr
    assert ground.plan("status", "--check", "--name", NAME).returncode == 0


def test_an_answer_onto_a_full_disk_is_no_answer(deployment: Deployment, ground: Ground) -> None:
    with disk(ground.folder / "full", 1) as full:
        full.leave(0)
        with (full.place / "answer.json").open("w") as answer:
            done = subprocess.run(
                [PLAN, "open", "--json", "--name", deployment.name], stdout=answer, stderr=subprocess.PIPE, text=True, check=False, cwd=ground.folder
            )
    done.stdout = ""
    mended(done, "no space left", "free some space")


def ended() -> set[str]:
    """Return the containers that have ended and are still there, but for those of services."""
    listing = ["docker", "ps", "--all", "--filter", "status=exited", "--format", '{{.ID}} {{.Label "com.docker.swarm.service.name"}}']
    lines = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[0] for line in lines if len(line.split()) == 1}


def test_without_a_network_an_image_is_not_built_and_the_cause_is_named(ground: Ground) -> None:
    copy = ground.folder / "copy"
    checkout = Path(__file__).parents[2]
    for room in ("cli", "infra", "loadtests", "runtime", "sizing", "playbooks"):
        shutil.copytree(checkout / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "infra/images/mail/Dockerfile").open("a") as file:
        file.write(f"# {ground.folder.name}\n")  # an image that is not there yet
    (ground.folder / "config.json").write_text(json.dumps({"proxies": {"default": {"httpProxy": "http://127.0.0.1:9", "httpsProxy": "http://127.0.0.1:9"}}}))
    command = [str(Path(PLAN).with_name("python")), "-c", "from cli.main import main; main()", "deploy", "--yes", str(ground.folder / "plan.json")]
    environment = ground.environment({"DOCKER_CONFIG": str(ground.folder)})
    before = ended()
    refused = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=1200)
    mended(refused, "Build images", "Could not connect", "is the package mirror reachable")
    assert ended() <= before, "what the build began is left behind"
