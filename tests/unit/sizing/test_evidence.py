"""The files of numbers can be written by a machine, and each number says where it comes from."""

import pytest

from sizing.evidence import FOLDER, _read, demands, evidence, written
from sizing.workload import CLASSES


def test_the_file_of_demands_is_as_its_writer_writes_it() -> None:
    content = _read("demands.yaml")
    assert (FOLDER / "demands.yaml").read_text(encoding="utf-8") == written(content["measured_on"], content["demands"])


def test_every_class_has_a_demand_and_a_source_for_each_number() -> None:
    found = demands()
    assert set(found.ms) == {*CLASSES, "any"}
    assert all(item.source.startswith(("measured: ", "assumption")) for item in found.items)
    assert all(value >= 0 for parts in found.ms.values() for value in parts.values())


def test_a_name_without_evidence_is_an_error_not_a_zero() -> None:
    with pytest.raises(KeyError):
        evidence()["luck"]


def test_a_part_that_a_class_does_not_visit_costs_nothing() -> None:
    assert demands().get("asset", "php") == 0
