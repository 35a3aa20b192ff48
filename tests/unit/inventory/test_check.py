"""Everything that is wrong is said before the first host is touched: files, inventory, plan and hosts in one answer."""

import json
import shutil
from pathlib import Path

import pytest

from cli.main import run
from infra.inventory.check import check
from infra.inventory.keys import wrong_files
from infra.inventory.reading import InventoryError, located, parse
from tests.unit.inventory_examples import GOOD, equal, fake_ssh

A, B, C = "10.20.0.11", "10.20.0.12", "10.20.0.13"
TEXT = """
schema: 1
name: hq
ssh: {user: deploy, key: key}
front_door: {addresses: [10.20.0.10]}
hosts:
  - {name: node-1, address: 10.20.0.11}
  - {name: node-2, address: 10.20.0.12}
  - {name: node-3, address: 10.20.0.13}
"""
NO_WAY = "echo 'ssh: connect to host h port 22: No route to host' >&2; exit 255"
WRONG_KEY = "echo 'deploy@h: Permission denied (publickey).' >&2; exit 255"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with an inventory of three hosts, their key and known hosts, and (in ``at``) what each does; all are this machine."""
    monkeypatch.setenv("PATH", fake_ssh(tmp_path / "client", {A: GOOD, B: GOOD, C: GOOD}))
    (tmp_path / "cluster.yaml").write_text(TEXT)
    (tmp_path / "key").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "known_hosts").write_text("10.20.0.11 ssh-ed25519 AAAA\n")
    (tmp_path / "plan.json").write_text(equal(3).model_dump_json(by_alias=True))
    (tmp_path / "at").symlink_to(tmp_path / "client" / "at")
    return tmp_path


def test_hosts_that_cannot_be_reached_and_a_plan_that_does_not_fit_are_said_in_one_answer(folder: Path) -> None:
    (folder / "at" / A).write_text(NO_WAY)
    (folder / "at" / B).write_text(WRONG_KEY)
    (folder / "at" / C).write_text("exit 255")
    inventory = located(parse(TEXT), folder)
    small = inventory.model_copy(update={"hosts": inventory.hosts[:2]})
    found = check(small, equal(3), "cluster.yaml")
    with pytest.raises(InventoryError) as caught:
        found.refuse()
    said = [str(problem) for problem in caught.value.problems]
    assert any("the plan needs 3 servers that hold everything" in one for one in said)
    assert any("node-1: 10.20.0.11 no way leads there" in one for one in said)
    assert any("node-2: 10.20.0.12 does not let deploy in" in one for one in said)
    assert all(problem.hint and problem.exit_code == 1 for problem in caught.value.problems)
    assert found.placement
    assert found.placement.hosts("database") == ("node-1", "node-2")


def test_the_doctor_says_of_one_machine_under_three_addresses_that_it_is_not_three(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--inventory", str(folder / "cluster.yaml"), "--plan", str(folder / "plan.json"), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    subjects = {found["subject"] for found in told["findings"] if not found["ok"]}
    assert {"node-1", "node-2", "node-3"} <= subjects
    assert set(told["hosts"]) == {"node-1", "node-2", "node-3"}
    assert told["placement"]["node-3"] == ["pagecache", "web", "database", "files", "manager"]
    assert told["survives"] == "any one host"
    assert told["schema"] == {"version": 1}


def test_the_doctor_prints_a_line_and_a_mend_for_each_thing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for address in (A, B, C):
        (folder / "at" / address).write_text(NO_WAY)
    assert run(["doctor", "--inventory", str(folder / "cluster.yaml")]) == 1
    out, err = capsys.readouterr()
    assert "MEND node-2         10.20.0.12 no way leads there\n" in out
    assert out.count("→ is it up") == 3
    assert " of " in err


def test_files_that_are_wrong_are_said_and_no_host_is_asked_for_nothing(folder: Path) -> None:
    (folder / "key").chmod(0o644)
    (folder / "known_hosts").unlink()
    for address in (A, B, C):
        (folder / "at" / address).write_text(f"touch {folder}/asked")
    found = check(located(parse(TEXT), folder))
    assert [one.subject for one in found.findings] == ["key", "known_hosts"]
    assert f"chmod 600 {folder}/key" in found.findings[0].mend
    assert "ssh-keyscan -p 22 10.20.0.11 10.20.0.12 10.20.0.13" in found.findings[1].mend
    assert not (folder / "asked").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [("ssh-ed25519 AAAA you@here\n", "is the public half of a key"), ("hello\n", "is no private key"), ("", "is no private key"), (None, "is not there")],
)
def test_a_file_that_is_no_private_key_is_said(folder: Path, content: str | None, says: str) -> None:
    (folder / "key").unlink()
    if content is not None:
        (folder / "key").write_text(content)
    findings, lost = wrong_files(located(parse(TEXT), folder))
    assert says in findings[0].said
    assert lost == ["node-1", "node-2", "node-3"]


def test_a_folder_for_a_key_and_empty_known_hosts_are_said(folder: Path) -> None:
    (folder / "key").unlink()
    (folder / "key").mkdir()
    (folder / "known_hosts").write_text("\n")
    assert [one.said.removeprefix(f"{folder}/") for one in wrong_files(located(parse(TEXT), folder))[0]] == ["key is no file", "known_hosts is empty"]


def test_only_the_host_of_a_bad_key_is_not_asked(folder: Path) -> None:
    own = located(parse(TEXT.replace("10.20.0.12}", "10.20.0.12, ssh: {key: own}}")), folder)
    findings, lost = wrong_files(own)
    assert [one.said for one in findings] == [f"{folder}/own is not there"]
    assert lost == ["node-2"]


def test_a_machine_without_an_ssh_client_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    (found,) = check(located(parse(TEXT), folder)).findings
    assert "no SSH client" in found.said


def test_a_plan_without_an_inventory_is_a_wrong_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--plan", str(folder / "plan.json")]) == 2
    assert "--inventory" in capsys.readouterr().err


def test_a_bad_inventory_is_refused_with_every_line_of_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "cluster.yaml").write_text(TEXT.replace("10.20.0.13", "10.20.0.11").replace("node-2", "node-1"))
    assert run(["doctor", "--inventory", str(folder / "cluster.yaml")]) == 1
    err = capsys.readouterr().err
    assert "hosts[1].name: node-1 is the name of hosts[0] as well" in err
    assert "hosts[2].address: 10.20.0.11 is the address of node-1 as well" in err
