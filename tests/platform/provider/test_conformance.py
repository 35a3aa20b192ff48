"""The Docker provider that is present, official or air-gapped, under a real engine and a real swarm."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import pytest
from pulumi.automation import errors

from .conftest import Stand, until
from .programs import Wish, encoded, program

MIB = 1024 * 1024
SECOND = "pass-word-two"


@pytest.fixture
def stand(shared: Stand) -> Stand:
    """The shared stack, as every test wants it first."""
    shared.up(program(Wish(shared.name, shared.image)))
    return shared


@pytest.fixture
def wish(stand: Stand) -> Wish:
    return Wish(stand.name, stand.image)


def test_a_first_up_creates_a_second_changes_nothing_and_destroy_leaves_nothing(tmp_path: Path, client: docker.APIClient, image: str) -> None:
    stand = Stand(tmp_path, client, image)
    wish = Wish(stand.name, stand.image)
    assert stand.up(program(wish)) == {"create": 6}
    assert len(stand.client.tasks({"service": f"{stand.name}-web", "desired-state": "running"})) == 1
    assert stand.preview(program(wish)) == {}
    assert stand.up(program(wish)) == {}
    stand.stack(program(wish)).destroy(on_output=stand.logs.append)
    left = [ask(filters={"name": stand.name}) for ask in (client.services, client.configs, client.secrets)]
    assert [*left, stand.networks()] == [[], [], [], []]


def test_config_secret_and_environment_reach_the_running_task(stand: Stand, wish: Wish) -> None:
    changed = dataclasses.replace(wish, content="other", password=SECOND, env={"A": "2", "B": "3"})
    assert stand.up(program(changed)) == {"replace": 2, "update": 1}
    assert stand.container_spec()["Env"] == ["A=2", "B=3"]
    (task,) = stand.client.tasks({"service": f"{stand.name}-web", "desired-state": "running"})
    reading = stand.client.exec_create(task["Status"]["ContainerStatus"]["ContainerID"], ["cat", "/etc/conf", "/run/secrets/password"])
    assert stand.client.exec_start(reading["Id"]) == b"otherpass-word-two"
    assert len(stand.client.configs(filters={"name": stand.name})) == len(stand.client.secrets(filters={"name": stand.name})) == 1


def test_scaling_waits_for_every_task(stand: Stand, wish: Wish) -> None:
    assert stand.up(program(dataclasses.replace(wish, replicas=3))) == {"update": 1}
    tasks = stand.client.tasks({"service": f"{stand.name}-web", "desired-state": "running"})
    assert [task["Status"]["State"] for task in tasks] == ["running"] * 3


def test_an_update_that_fails_is_rolled_back_and_stays_pending(stand: Stand, wish: Wish) -> None:
    broken = dataclasses.replace(wish, command="exit 7")
    with pytest.raises(errors.CommandError, match="roll") as raised:
        stand.up(program(broken))
    if stand.provider.origin == "air-gapped":
        assert "non-zero exit (7)" in str(raised.value)
    assert stand.container_spec()["Args"] == [wish.command]
    assert stand.preview(program(broken)) == {"update": 1}
    assert stand.up(program(dataclasses.replace(wish, replicas=2))) == {"update": 1}
    assert stand.preview(program(dataclasses.replace(wish, replicas=2))) == {}


def test_a_mount_a_limit_and_a_health_interval_are_changed_in_place(stand: Stand, wish: Wish) -> None:
    before = stand.service()["ID"]
    assert stand.up(program(dataclasses.replace(wish, mounts=("/etc",), memory_mib=80, interval="2s"))) == {"update": 1}
    assert stand.service()["ID"] == before
    assert stand.container_spec()["Healthcheck"]["Interval"] == 2_000_000_000
    assert {mount["Target"] for mount in stand.container_spec()["Mounts"]} == {"/tmp", "/mnt/etc"}  # noqa: S108 - in the container
    assert stand.service()["Spec"]["TaskTemplate"]["Resources"]["Limits"]["MemoryBytes"] == 80 * MIB


def test_what_was_removed_by_hand_is_made_again_after_a_refresh(stand: Stand, wish: Wish) -> None:
    both = dataclasses.replace(wish, services=("web", "jobs"))
    stand.up(program(both))
    stand.client.remove_service(f"{stand.name}-jobs")
    assert stand.refresh(program(both)) == {"delete": 1}
    assert stand.up(program(both)) == {"create": 1}
    assert stand.service("jobs")["Spec"]["Name"] == f"{stand.name}-jobs"


def test_a_removed_network_is_made_again_and_joined(stand: Stand, wish: Wish) -> None:
    stand.change_by_hand(lambda spec: spec["TaskTemplate"].update(Networks=[]))
    network = stand.client.networks(names=[f"{stand.name}-net"])[0]["Id"]
    until(lambda: _gone(stand, network), 180)
    stand.refresh(program(wish))
    stand.up(program(wish))
    made = stand.client.networks(names=[f"{stand.name}-net"])[0]["Id"]
    assert stand.service()["Spec"]["TaskTemplate"]["Networks"] == [{"Target": made}]


@pytest.mark.parametrize(
    "drift",
    [
        pytest.param(lambda spec: spec["TaskTemplate"]["Resources"]["Limits"].update(MemoryBytes=33 * MIB), id="memory limit"),
        pytest.param(lambda spec: spec["Mode"]["Replicated"].update(Replicas=0), id="scaled to nothing"),
        pytest.param(lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(Env=["A=1", "B=by hand"]), id="environment"),
        pytest.param(lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(Configs=[]), id="config taken away"),
        pytest.param(lambda spec: spec["TaskTemplate"]["ContainerSpec"].pop("CapabilityDrop"), id="capabilities given back"),
    ],
)
def test_what_was_changed_by_hand_is_seen_by_a_refresh_and_mended_by_the_next_up(stand: Stand, wish: Wish, drift: Callable[[dict[str, Any]], None]) -> None:
    right = stand.service()["Spec"]
    stand.change_by_hand(drift)
    assert stand.service()["Spec"] != right
    stand.refresh(program(wish))
    assert stand.up(program(wish)) == {"update": 1}
    assert stand.service()["Spec"] == right


def test_a_refresh_of_what_nobody_touched_changes_nothing(stand: Stand, wish: Wish) -> None:
    assert stand.refresh(program(wish)) == {}
    assert stand.up(program(wish)) == {}


def test_replicated_to_global_and_back_is_a_replacement(stand: Stand, wish: Wish) -> None:
    first = stand.service()["ID"]
    assert stand.up(program(dataclasses.replace(wish, everywhere=True))) == {"replace": 1}
    assert stand.service()["Spec"]["Mode"] == {"Global": {}}
    assert stand.up(program(wish)) == {"replace": 1}
    assert stand.service()["Spec"]["Mode"] == {"Replicated": {"Replicas": 1}}
    assert stand.service()["ID"] != first


def test_a_service_that_never_starts_is_remembered_and_mended_in_place(stand: Stand, wish: Wish) -> None:
    both = dataclasses.replace(wish, services=("web", "jobs"))
    with pytest.raises(errors.CommandError, match=r"non-zero exit \(9\)|converge|desired"):
        stand.up(program(dataclasses.replace(both, broken="jobs", timeout="6s")))
    created = stand.service("jobs")["ID"]
    stand.up(program(both))
    assert stand.service("jobs")["ID"] == created
    assert stand.preview(program(both)) == {}


def test_no_secret_stands_in_a_log_or_in_the_state(stand: Stand, wish: Wish) -> None:
    stand.refresh(program(wish))
    stand.up(program(dataclasses.replace(wish, password=SECOND)))
    written = "".join(path.read_text(encoding="utf-8", errors="replace") for path in _files(stand.folder)) + "".join(stand.logs)
    for password in (wish.password, SECOND):
        assert password not in written
        assert encoded(password) not in written


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink() and path.name != "pulumi-resource-docker"]


def _gone(stand: Stand, network: str) -> bool:
    try:
        stand.client.remove_network(network)
    except docker.errors.NotFound:
        return True
    except docker.errors.APIError:
        return False
    return True
