"""Inventories from files: what is taken, and that a wrong one is refused with its place and a mend."""

import copy
import io
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.inventory.connect import options, reaches, ssh
from infra.inventory.reading import InventoryError, parse, read, reference
from runtime.errors import PlanError

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "examples/cluster.yaml"
CASES = YAML(typ="safe").load(Path(__file__).with_name("bad_inventories.yaml").read_text(encoding="utf-8"))


def changed(changes: dict[str, Any]) -> str:
    """Return the example as text, with other values at some paths."""
    value = copy.deepcopy(YAML(typ="safe").load(EXAMPLE.read_text(encoding="utf-8")))
    for path, new in changes.items():
        steps: list[Any] = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]
        at = value
        for step in steps[:-1]:
            at = at[step]
        at[steps[-1]] = new
    text = io.StringIO()
    YAML(typ="safe").dump(value, text)
    return text.getvalue()


def problems(text: str) -> tuple[PlanError, ...]:
    with pytest.raises(InventoryError) as caught:
        parse(text, "cluster.yaml")
    return caught.value.problems


@pytest.mark.parametrize("case", CASES, ids=[case["breaks"] for case in CASES])
def test_a_bad_inventory_is_refused_where_it_is_wrong_and_says_the_mend(case: dict[str, Any]) -> None:
    (problem,) = problems(changed(case["set"]))
    assert problem.where == f"cluster.yaml: {case['where']}"
    assert case["says"] in problem.message
    assert case["mend"] in problem.hint
    assert problem.exit_code == 1
    assert "\n" not in problem.message + problem.hint


@pytest.mark.parametrize(
    ("text", "says", "mend"),
    [
        ("", "is empty", "examples/cluster.yaml"),
        ("- a", "is no mapping", "examples/cluster.yaml"),
        ("schema: 1\n\tname: hq", "is no YAML", "spaces"),
        ("schema: 1\nschema: 1", "duplicate key", "keep one"),
        ("hosts: &a [*a]", "anchor", "write the value out"),
        ("schema: 1\n---\nschema: 1", "second document", "keep one inventory in a file"),
        ("a: " + "[" * 50 + "]" * 50, "nested too deeply", "examples/cluster.yaml"),
        ("#" * 200_000, "is longer than 128 KiB", "an inventory is a line or a few for each host"),
    ],
)
def test_what_is_no_inventory_at_all_is_refused(text: str, says: str, mend: str) -> None:
    (problem,) = problems(text)
    assert says in problem.message
    assert mend in problem.hint


def test_all_problems_of_a_file_are_said_at_once() -> None:
    several = changed({"hosts[1].name": "node-1", "hosts[2].address": "10.20.0.11", "front_door.addresses": ["10.20.0.11"], "hosts[0].roles": ["manager"]})
    assert [problem.where.partition(": ")[2] for problem in problems(several)] == ["hosts[1].name", "hosts[2].address", "front_door.addresses[0]"]
    two = changed({"hosts[0].roles": ["manager", "frontdoor"], "hosts[1].roles": ["manager", "frontdoor"], "hosts[2].roles": ["frontdoor"]})
    assert ["are front doors" in one.message or "2 hosts are managers" in one.message for one in problems(two)] == [True, True]


def test_the_example_is_good_and_its_files_are_found_from_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    found = read(EXAMPLE)
    assert found.names == ("node-1", "node-2", "node-3")
    assert (found.ssh.key, found.ssh.known_hosts) == ("/home/ada/.ssh/cluster", str(EXAMPLE.parent / "known_hosts"))


def test_the_reference_page_is_current() -> None:
    assert (ROOT / "docs/reference/inventory.md").read_text(encoding="utf-8") == reference(), "write infra.inventory.reading.reference() there"


def test_a_file_that_is_not_there_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        read(tmp_path / "cluster.yaml")
    assert "examples/cluster.yaml" in caught.value.hint


def test_what_is_different_for_a_host_is_used_for_it_alone() -> None:
    own = {"user": "admin", "key": "keys/own", "port": 2222}
    inventory = parse(changed({"hosts[1].ssh": own}))
    first, second, _third = reaches(inventory)
    assert (first.user, first.key, first.port, first.marked) == ("deploy", "~/.ssh/cluster", 22, "10.20.0.11")
    assert (second.user, second.key, second.port, second.marked) == ("admin", "keys/own", 2222, "[10.20.0.12]:2222")


def test_ssh_asks_nothing_uses_the_one_key_and_knows_the_host() -> None:
    reach = reaches(parse(EXAMPLE.read_text(encoding="utf-8")))[0]
    joined = " ".join(ssh(reach, ["python3", "-"]))
    assert joined.startswith(
        "ssh -F none -i ~/.ssh/cluster -o BatchMode=yes -o IdentitiesOnly=yes -o PreferredAuthentications=publickey -o StrictHostKeyChecking=yes"
    )
    assert joined.endswith("-p 22 -l deploy -- 10.20.0.11 python3 -")
    assert 'UserKnownHostsFile="known_hosts"' in options(reach)
