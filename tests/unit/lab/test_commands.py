"""What is asked of the engine for a lab host, without an engine."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.lab import carried, commands
from infra.lab.commands import LabHost

HOST = LabHost("lab-1", "lab-net", "172.31.9.0/24", "172.31.9.10", Path("/var/tmp/lab-1"))  # noqa: S108 - nothing is written there


def joined(argv: list[str]) -> str:
    return " ".join(argv)


def test_a_host_boots_with_an_address_a_disk_for_its_engine_and_nothing_published() -> None:
    argv = joined(commands.create(HOST, "underdesk/lab:x"))
    labels = "--label underdesk.lab= --label underdesk.lab.host=lab-1"
    assert argv.startswith(f"docker run --detach --name lab-1 --hostname lab-1 {labels} --network lab-net --ip 172.31.9.10 --cap-add ")
    assert "--volume /var/lib/docker --volume /var/tmp/lab-1:/handover:ro" in argv
    assert argv.endswith(" underdesk/lab:x")
    assert "--publish" not in argv
    assert "--privileged" not in argv


def test_a_host_gets_no_capability_that_a_virtual_machine_may_lack() -> None:
    assert "SYS_RESOURCE" not in commands.CAPABILITIES
    assert {"SYS_ADMIN", "NET_ADMIN", "SYS_BOOT", "MKNOD"} <= set(commands.CAPABILITIES)


@pytest.mark.parametrize(("size", "said"), [({}, ""), ({"cpus": 1.5}, "--cpus 1.5"), ({"memory_gib": 4}, "--memory 4g")])
def test_the_size_of_a_host_is_its_limits(size: dict[str, Any], said: str) -> None:
    argv = commands.create(replace(HOST, **size), "image")
    assert said in joined(argv)
    assert len({"--cpus", "--memory"} & {*argv}) == len(size)


def test_no_value_of_the_environment_stands_in_an_argument() -> None:
    argv = commands.execute(HOST, ["pip", "install", "x"], ["PIP_INDEX_URL"], "/root/x")
    assert joined(argv) == "docker exec --interactive --workdir /root/x --env PIP_INDEX_URL lab-1 pip install x"


def test_power_is_cut_without_a_word_and_the_address_changes_while_it_is_off() -> None:
    assert joined(commands.cut_power(HOST)) == "docker kill --signal KILL lab-1"
    moved = replace(HOST, address="172.31.9.77")
    assert joined(commands.unplug(HOST)) == "docker network disconnect --force lab-net lab-1"
    assert joined(commands.plug(moved)) == "docker network connect --ip 172.31.9.77 lab-net lab-1"
    assert joined(commands.switch_on(moved)) == "docker start lab-1"


def test_a_removed_host_leaves_no_disk_behind() -> None:
    assert joined(commands.remove(HOST)) == "docker rm --force --volumes lab-1"
    assert joined(commands.remove_all("container", ["a", "b"])) == "docker container rm --force --volumes a b"
    assert joined(commands.remove_all("network", ["n"])) == "docker network rm n"


def test_a_host_of_a_lab_bears_its_name_and_keeps_its_hardware_address() -> None:
    of_lab = replace(HOST, lab="lab", hostname="lab1", mac="02:42:ac:1f:09:0a")
    argv = joined(commands.create(of_lab, "image", says_mac=True))
    assert "--hostname lab1 --label underdesk.lab=lab --label underdesk.lab.host=lab1 " in argv
    assert "--ip 172.31.9.10 --mac-address 02:42:ac:1f:09:0a" in argv
    assert joined(commands.network(of_lab)) == "docker network create --label underdesk.lab=lab --subnet 172.31.9.0/24 lab-net"


def test_what_belongs_to_a_lab_is_found_by_its_label_alone() -> None:
    assert joined(commands.all_of("lab")) == "docker ps --all --quiet --no-trunc --filter label=underdesk.lab=lab"
    assert joined(commands.networks_of("lab")) == "docker network ls --quiet --no-trunc --filter label=underdesk.lab=lab"


def test_rules_are_set_where_the_bridges_are_with_no_right_but_that() -> None:
    said = "docker run --rm --interactive --label underdesk.lab=lab --network host --cap-drop ALL --cap-add NET_ADMIN --entrypoint nft image --file -"
    assert joined(commands.switch("image", "lab", ["--file", "-"])) == said


def test_several_hosts_lose_their_power_in_one_command() -> None:
    assert joined(commands.cut_power(HOST, replace(HOST, name="lab-2"))) == "docker kill --signal KILL lab-1 lab-2"


def test_only_addresses_of_registries_are_carried_over(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in carried.NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://registry.example/simple")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("PIP_CERT", "/somewhere/here.pem")
    monkeypatch.setenv("SECRET_TOKEN", "x")
    assert set(carried.names()) == {"PIP_INDEX_URL", "https_proxy"}


@pytest.mark.parametrize(("said", "there"), [("nameserver 192.0.2.53\n", True), ("nameserver 127.0.0.53\n", False)])
def test_a_resolver_that_only_this_machine_reaches_is_not_carried_over(said: str, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - a column
    resolver = tmp_path / "resolver"
    resolver.write_text(said)
    monkeypatch.setattr(carried, "RESOLVERS", (resolver,))
    carried.prepare(tmp_path / "handover")
    assert (tmp_path / "handover" / "resolv.conf").exists() == there
    assert carried.resolvers() == (said.split()[1],)


def test_those_who_come_by_ssh_have_the_same_registries(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in carried.NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    assert carried.environment() == ""
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert carried.environment() == "https_proxy=http://proxy.example:3128\n"
