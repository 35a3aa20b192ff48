"""What our own provider promises beyond the official one: killed runs, dead engines, foreign names."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from pulumi.automation import errors

from .conftest import LABEL, Stand, until
from .programs import Wish, program

RUNNER = """
import sys
from pathlib import Path
import tests.platform.provider.conftest as conftest
from tests.platform.provider.programs import Wish, program
folder, name, image = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
stand = conftest.Stand(folder, None, image)
stand.name = name
stand.up(program(Wish(name, image, interval=sys.argv[4])))
"""
SLOW = "5s"  # until its health is looked at first: what creates it waits for that, and can be stopped meanwhile


@pytest.fixture(autouse=True)
def _only_ours(stand: Stand) -> None:
    assert stand.provider.origin == "air-gapped", "these promises are our own provider's"


@pytest.fixture
def wish(stand: Stand) -> Wish:
    return Wish(stand.name, stand.image)


@pytest.mark.parametrize(
    ("victim", "blow"), [("plugin", signal.SIGKILL), ("engine", signal.SIGKILL), ("everything", signal.SIGKILL), ("engine", signal.SIGINT)]
)
def test_stopped_while_it_creates_the_next_up_completes(stand: Stand, victim: str, blow: signal.Signals) -> None:
    wish = Wish(stand.name, stand.image, interval=SLOW)
    running = subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(stand.folder), stand.name, stand.image, SLOW],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    until(lambda: stand.client.services(filters={"name": stand.name}), 180)
    marks = {"plugin": ["infra.docker_provider"], "engine": [str(stand.engine.binary)], "everything": [str(stand.engine.binary), "infra.docker_provider"]}
    victims = _processes(stand.home, marks[victim])
    assert victims
    for pid in victims:
        with suppress(ProcessLookupError):  # the plugin ends with its engine
            os.kill(pid, blow)
    running.wait(180)
    until(lambda: not _processes(stand.home, ["infra.docker_provider"]), 120)
    stand.stack(program(wish)).cancel()
    stand.up(program(wish))
    assert stand.preview(program(wish)) == {}
    assert len(stand.client.services(filters={"name": stand.name})) == 1


def test_a_foreign_service_of_the_same_name_is_left_alone(stand: Stand, wish: Wish) -> None:
    stand.client.create_service({"ContainerSpec": {"Image": stand.image, "Command": ["sleep", "60"]}}, name=f"{stand.name}-web", labels={LABEL: "other"})
    with pytest.raises(errors.CommandError, match="does not carry this deployment's labels"):
        stand.up(program(wish))
    assert stand.service()["Spec"]["Labels"] == {LABEL: "other"}


def test_a_dead_docker_is_said_once(stand: Stand, wish: Wish, tmp_path: Path) -> None:
    with pytest.raises(errors.CommandError) as raised:
        stand.up(program(wish, f"unix://{tmp_path}/nothing.sock"))
    said = "\n".join(line for line in str(raised.value).splitlines() if "does not answer" in line)
    assert "start it" in said
    assert len(set(filter(None, said.splitlines()))) <= 2
    assert "Traceback" not in str(raised.value)


def test_an_image_that_is_not_there_is_named_long_before_the_time_is_over(stand: Stand) -> None:
    with pytest.raises(errors.CommandError, match=r"no task can start: .*No such image"):
        stand.up(program(Wish(stand.name, "underdesk/nothing:none", timeout="300s")))


def _processes(home: Path, marks: list[str]) -> list[int]:
    """Return the engine and plugin processes of this stand only: those with its PULUMI_HOME."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
                environment = (entry / "environ").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if f"PULUMI_HOME={home}" in environment and any(mark in command for mark in marks):
                found.append(int(entry.name))
    return found
