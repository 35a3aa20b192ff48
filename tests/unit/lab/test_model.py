"""A lab's names, addresses and record."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.lab import model
from infra.lab.model import MOST_HOSTS, NAME, Host, Lab, checked, find, known, load
from runtime import files
from runtime.errors import PlanError

LAB = Lab(name="lab", subnet=IPv4Network("10.213.0.0/25"), hosts=(Host(number=1), Host(number=MOST_HOSTS, cpus=2, memory_gib=4, debian=12)))


def test_names_and_addresses_follow_from_the_number() -> None:
    first, last = LAB.containers().values()
    assert (first.hostname, first.name, first.address, first.mac) == ("lab1", "underdesk-lab-lab1", "10.213.0.11", "02:42:0a:d5:00:0b")
    assert (last.hostname, last.address, last.cpus, last.memory_gib) == ("lab80", "10.213.0.90", 2, 4)
    assert LAB.front_door == "10.213.0.100"
    assert LAB.front_door not in {first.address, last.address}


@given(st.from_regex(NAME, fullmatch=True), st.from_regex(NAME, fullmatch=True), st.integers(1, MOST_HOSTS), st.integers(1, MOST_HOSTS))
def test_hosts_of_two_labs_are_never_called_the_same(one: str, other: str, number: int, another: int) -> None:
    assert (f"{one}{number}" == f"{other}{another}") == (one == other and number == another)


@pytest.mark.parametrize("name", ["", "Lab", "lab1", "1lab", "lab-", "-lab", "../lab", "lab/x", "l" * 20, "lab\n"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(PlanError) as refused:
        checked(name)
    assert refused.value.where == "--name"


def test_what_was_recorded_is_read_again(labs: Path) -> None:
    assert find("lab") is None
    files.write(labs / "lab/lab.json", LAB.written())
    assert find("lab") == LAB
    assert known() == ["lab"]


@pytest.mark.parametrize("text", ["", "{}", LAB.written().replace('"version": 1', '"version": 2'), LAB.written().replace('"cpus": 2', '"cores": 2')])
def test_a_damaged_record_is_said_with_the_mend(text: str, labs: Path) -> None:
    assert text != LAB.written()
    files.write(labs / "lab/lab.json", text)
    with pytest.raises(PlanError, match="is no record of a lab") as refused:
        load("lab")
    assert "plan lab down --name lab" in refused.value.hint


def test_an_unknown_lab_is_refused_with_those_that_there_are(labs: Path) -> None:
    with pytest.raises(PlanError, match="no lab is called lab") as refused:
        load("lab")
    assert "plan lab up" in refused.value.hint
    files.write(labs / "other/lab.json", LAB.written())
    with pytest.raises(PlanError) as refused:
        load("lab")
    assert refused.value.hint == "there is: other (--name)"


def test_names_of_hosts_are_taken_once_with_commas_or_without() -> None:
    assert LAB.named(["lab80", "lab1,lab80"], "x") == ["lab80", "lab1"]


@pytest.mark.parametrize("name", ["lab2", "lab", "10.213.0.11", "LAB1"])
def test_an_unknown_host_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(PlanError, match=f"the lab lab has no host {name}") as refused:
        LAB.named(["lab1", name], "plan lab cut")
    assert (refused.value.where, refused.value.hint) == ("plan lab cut", "there are: lab1, lab80")


def test_the_folder_is_given_to_who_called_sudo_and_to_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.delenv("SUDO_GID", raising=False)
    assert model.owner() is None
    monkeypatch.setenv("SUDO_UID", "1000")
    monkeypatch.setenv("SUDO_GID", "1001")
    assert model.owner() == (1000, 1001)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert model.owner() is None
