"""Load on a cluster comes from hosts that drive it: measured there as on a desk, never a false pass, and nothing stays."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.deployment import read_plan
from loadtests.verdict import Result
from tests.lab.cluster import KEEP, LAB_S, PLAN, standing, wait_for
from tests.lab.serving import ServingLab
from tests.paused import paused

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
BRIEF = Path(__file__).resolve().parents[2] / "examples/pilot.yaml"
SHARE, DURATION_S, TEST_S, WORKER_S, LOOK_S = "5", "40", 900, 30, 5
"""Four hosts share two cores: half a request a second is enough to see everything."""


class LoadLab(ServingLab):
    """Three hosts that serve, and a fourth that only drives load."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name, 3, folder)
        self.driver = f"{name}4"
        subprocess.run([str(PLAN), "size", str(BRIEF), "--output", str(folder / "sized.json")], check=True, capture_output=True, timeout=LAB_S)
        sized, served = read_plan(folder / "sized.json"), read_plan(self.plan_file)
        told = {name: getattr(sized, name) for name in ("peak", "assumptions", "targets", "people", "response_p95_ms")}
        self.plan_file.write_text(served.model_copy(update=told).model_dump_json())

    @property
    def inventory(self) -> Path:
        return self.folder / "driven.yaml"

    def up(self) -> None:
        self.lab("up", "--hosts", "4")
        lines = [line for line in (self.folder / "cluster.yaml").read_text().splitlines() if not line.startswith("#")]
        hosts, driver = ([line for line in lines if (self.driver in line) is wanted] for wanted in (False, True))
        self.inventory.write_text("\n".join([*hosts, "generators:", *driver, ""]))

    def begin(self, folder: Path, *words: str, inventory: Path | None = None) -> "subprocess.Popen[str]":
        """Begin ``plan test``."""
        argv = [str(PLAN), "test", *words, "--inventory", str(inventory or self.inventory)]
        environment = {**self._environment(), "XDG_STATE_HOME": str(self.folder / "state")}
        return subprocess.Popen(argv, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def test(self, folder: Path, *words: str, inventory: Path | None = None) -> tuple[int, str, str]:
        """Run ``plan test`` and return its exit code, answer and narration."""
        process = self.begin(folder, *words, inventory=inventory)
        answer, said = process.communicate(timeout=TEST_S)
        return process.returncode, answer, said

    def steady(self, folder: Path, *more: str) -> Result:
        """Drive the steady load for a moment."""
        _, answer, said = self.test(folder, "steady", "--share", SHARE, "--duration", DURATION_S, "--json", *more)
        assert answer, said
        return Result.model_validate_json(answer)

    def open(self, folder: Path, *words: str) -> "subprocess.Popen[str]":
        """Begin a steady test, and return it when load flows."""
        process = self.begin(folder, "steady", "--share", SHARE, "--duration", "300", *words)
        assert process.stderr
        for line in process.stderr:
            if " requests, " in line:
                break
        assert process.poll() is None
        return process

    def workers(self) -> int:
        """Return how many processes drive on the fourth host."""
        return int(self.root(self.driver, "pgrep --count --full '[l]ocust --worker'; true").split()[0])

    def serving(self) -> tuple[str, ...]:
        """Return the hosts on which both blogs and wiki run."""
        name = self.cluster.plan.platform.name
        said = {host: self.root(host, "docker ps --format '{{.Names}}'") for host in self.hosts}
        return tuple(host for host, names in said.items() if all(f"{name}-{role}." in names for role in ("blogs", "wiki")))

    def spaces(self) -> list[str]:
        """Return the test spaces that this machine knows of."""
        return [path.name for path in (self.folder / "state").rglob("*.journal.json")]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadLab]:
    name = os.environ.get("UNDERDESK_TEST_LAB", f"l{SLOT}oad")
    made = LoadLab(name, tmp_path_factory.mktemp("load"))
    with standing(made, deployed=not (os.environ.get(KEEP) and made.inventory.exists())) as whole:
        yield whole


def test_people_do_what_they_come_for_from_a_host_that_only_drives(lab: LoadLab, tmp_path: Path) -> None:
    code, answer, said = lab.test(tmp_path, "smoke", "--json")
    assert code == 0, answer + said
    result = Result.model_validate_json(answer)
    assert result.verdict == "passed"
    assert f"load comes from {lab.driver}, on which nothing else runs" in result.around
    assert not lab.spaces()


def test_two_hosts_drive_one_load_and_every_host_is_measured_meanwhile(lab: LoadLab, tmp_path: Path) -> None:
    result = lab.steady(tmp_path, "--generators", f"{lab.driver},{lab.hosts[-1]}")
    assert result.measured is not None, result.reasons
    assert set(result.measured.generator.machines) == {lab.driver, lab.hosts[-1]}
    assert result.measured.generator.processes == 2
    assert not [reason for reason in result.reasons if "the test itself failed" in reason]
    assert result.requests > 0
    assert result.failures == 0, result.reasons
    found = result.measured.platform
    assert [host.name for host in found.hosts] == lab.hosts
    assert {service.name for service in found.services} >= {f"{role} on {host}" for role in ("blogs", "wiki", "pagecache", "database") for host in lab.hosts}
    database = next(service for service in found.services if service.name == f"database on {lab.hosts[0]}")
    assert max(database.cpu_cores) > 0
    assert max(database.memory_mib) > 0
    assert found.programs is not None
    assert any(found.programs.database.connected)
    assert any(found.programs.front_door.connections)
    assert result.shared, "the hosts of a lab share a kernel: its times calibrate nothing"
    assert any("serves people as well" in line for line in result.around)
    assert not lab.spaces()


def test_a_host_that_is_lost_while_it_drives_makes_the_run_invalid(lab: LoadLab, tmp_path: Path) -> None:
    process = lab.open(tmp_path, "--json")
    with paused(f"underdesk-lab-{lab.driver}"):
        answer, said = process.communicate(timeout=TEST_S)
    assert process.returncode == 1, said
    result = json.loads(answer)
    assert result["verdict"] == "invalid"
    assert any("ended midway" in reason or "drives no more" in reason for reason in result["reasons"]), result["reasons"]
    assert not lab.spaces()
    wait_for(lambda: lab.workers() == 0, WORKER_S, "a host that came back drives on")


def test_a_killed_command_leaves_nobody_who_drives_and_the_next_one_removes_its_content(lab: LoadLab, tmp_path: Path) -> None:
    process = lab.open(tmp_path)
    assert lab.workers() > 0
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    begun = time.monotonic()
    wait_for(lambda: lab.workers() == 0, WORKER_S, "somebody drives on")
    print(f"nobody drives {time.monotonic() - begun:.1f} s after the kill")  # noqa: T201 - the figure
    assert lab.spaces()
    code, answer, said = lab.test(tmp_path, "clean")
    assert (code, "is removed" in answer) == (0, True), answer + said
    assert not lab.spaces()


def test_content_for_rehearsals_comes_and_goes(lab: LoadLab) -> None:
    argv = [str(PLAN), "seed", "--inventory", str(lab.inventory), "--yes", "--json"]
    for more, key in ((["--size", "s"], "blogs"), (["--size", "s"], "already_there"), (["--remove"], "removed")):
        done = subprocess.run([*argv, *more], env=lab._environment(), capture_output=True, text=True, check=False, timeout=TEST_S)
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)[key], done.stdout


def test_the_capacity_is_searched_from_a_host_that_only_drives(lab: LoadLab, tmp_path: Path) -> None:
    _, answer, said = lab.test(tmp_path, "capacity", "--duration", "150", "--json")
    assert answer, said
    result = Result.model_validate_json(answer)
    assert result.capacity is not None, result.reasons
    print(f"{result.verdict}: {result.reasons}; levels {[(one.people, one.verdict, one.requests_per_second) for one in result.capacity.levels]}")  # noqa: T201
    assert any(one.measured_s > 0 for one in result.capacity.levels)
    assert not [reason for reason in result.reasons if "the test itself failed" in reason]
    assert not lab.spaces()


def test_pages_are_served_on_one_host_and_then_on_two_and_afterwards_on_all(lab: LoadLab, tmp_path: Path) -> None:
    process = lab.begin(tmp_path, "scale", "--steps", "1,2", "--minutes", "5", "--yes")
    seen: set[tuple[str, ...]] = set()
    while process.poll() is None:
        seen.add(lab.serving())
        time.sleep(LOOK_S)
    answer, said = process.communicate()
    assert (tmp_path / "result.json").exists(), answer + said
    result = Result.model_validate_json((tmp_path / "result.json").read_text())
    assert result.scale is not None, result.reasons
    assert (result.scale.by, [step.number for step in result.scale.steps]) == ("replicas", [1, 2])
    assert [step.faults for step in result.scale.steps if step.number == 1 and "meanwhile" in str(step.faults)] == []
    print(f"{result.verdict}: {result.reasons}; {[(step.number, step.people, step.binding, step.faults) for step in result.scale.steps]}")  # noqa: T201
    assert {tuple(lab.hosts[:1]), tuple(lab.hosts[:2])} <= seen
    assert lab.serving() == tuple(lab.hosts)
    assert not lab.spaces()


def test_a_scale_test_that_is_killed_leaves_what_the_next_test_brings_back(lab: LoadLab, tmp_path: Path) -> None:
    process = lab.begin(tmp_path, "scale", "--steps", "1", "--minutes", "5", "--yes")
    wait_for(lambda: lab.serving() == tuple(lab.hosts[:1]), TEST_S, "pages never came to be served by one host")
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    code, answer, said = lab.test(tmp_path, "smoke", "--json")
    assert code == 0, answer + said
    assert "as they were before an interrupted test" in said
    assert lab.serving() == tuple(lab.hosts)


def test_whatever_cannot_be_measured_is_refused_before_anything_is_made(lab: LoadLab, tmp_path: Path) -> None:
    code, _, said = lab.test(tmp_path, "smoke", "--generators", "nobody")
    assert (code, "nobody is no host of the inventory" in said) == (1, True), said

    elsewhere = lab.folder / "elsewhere.yaml"
    address = lab.cluster.inventory.front_door.addresses[0]
    elsewhere.write_text(lab.inventory.read_text().replace(address, address.rpartition(".")[0] + ".199"))
    code, _, said = lab.test(tmp_path, "smoke", inventory=elsewhere)
    assert (code, "nobody of its hosts has the front door's address" in said) == (1, True), said

    port = lab.cluster.plan.platform.ports.https
    lab.root(lab.driver, f"iptables --insert OUTPUT --protocol tcp --dport {port} --jump REJECT")
    try:
        code, _, said = lab.test(tmp_path, "smoke")
    finally:
        lab.root(lab.driver, f"iptables --delete OUTPUT --protocol tcp --dport {port} --jump REJECT")
    assert (code, "does not reach the platform" in said) == (1, True), said
    assert not lab.spaces()


def test_a_platform_of_which_a_host_is_lost_is_not_tested(lab: LoadLab, tmp_path: Path) -> None:
    with paused(f"underdesk-lab-{lab.hosts[-1]}"):
        code, _, said = lab.test(tmp_path, "smoke")
    assert (code, "does not answer" in said or "cannot be reached" in said) == (1, True), said
