"""How people and Ansible come in."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from ruamel.yaml import YAML

from infra.lab import access
from infra.lab.model import Host, Lab

LAB = Lab(name="lab", subnet=IPv4Network("10.213.0.0/24"), hosts=(Host(number=1), Host(number=3)))


def test_the_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    public = access.ensure_key(tmp_path)
    assert access.ensure_key(tmp_path) == public
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    private = serialization.load_ssh_private_key((tmp_path / "key").read_bytes(), password=None)
    assert private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode() == " ".join(public.split()[:2])


def test_hosts_are_known_by_address_and_by_name_and_their_comments_are_left_out() -> None:
    assert access.known_hosts(LAB, {"lab3": "ssh-ed25519 AAAA root@lab3\n"}) == "10.213.0.13,lab3 ssh-ed25519 AAAA\n"


def test_known_hosts_are_read_as_they_were_written(labs: Path) -> None:
    assert access.keys(LAB) == {}
    access.write(LAB, {"lab1": "ssh-ed25519 A", "lab3": "ssh-ed25519 B"})
    assert access.keys(LAB) == {"lab1": "ssh-ed25519 A", "lab3": "ssh-ed25519 B"}
    assert labs.exists()


def test_the_inventory_names_hosts_account_files_and_a_free_address() -> None:
    found = YAML(typ="safe").load(access.inventory(LAB))
    assert found == {
        "schema": 1,
        "name": "lab",
        "ssh": {"user": "ops", "key": "key", "known_hosts": "known_hosts"},
        "front_door": {"addresses": ["10.213.0.100"]},
        "hosts": [{"name": "lab1", "address": "10.213.0.11"}, {"name": "lab3", "address": "10.213.0.13"}],
    }


def test_one_host_needs_no_address_that_moves() -> None:
    alone = LAB.model_copy(update={"hosts": LAB.hosts[:1]})
    assert "front_door" not in YAML(typ="safe").load(access.inventory(alone))


@pytest.mark.parametrize(("old", "new"), [("name: lab1", "name: labx"), ("schema: 1", "schema: 2"), ("hosts:", "hosts:\n"), ("Written", "written")])
def test_a_changed_inventory_is_not_taken_for_ours(old: str, new: str) -> None:
    text = access.inventory(LAB)
    assert access.is_ours(text)
    assert old in text
    assert not access.is_ours(text.replace(old, new))


def test_ssh_asks_nothing_and_takes_the_labs_own_key() -> None:
    text = access.ssh_config(LAB)
    for line in ("Host lab1\n  HostName 10.213.0.11", "User ops", "IdentitiesOnly yes", "StrictHostKeyChecking yes", 'IdentityFile "'):
        assert line in text
