"""Each number says where it comes from and how far it may be off; files can be written by a machine."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing.catalogue import standard
from sizing.demands import CLASSES, demands, written
from sizing.evidence import FOLDER, Quantity, evidence, read, scores

USED = "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.parent.glob("*.py"))
SOURCES = ("assumption", "choice", "measured: ")


@pytest.mark.parametrize("quantity", evidence().items, ids=lambda quantity: quantity.name)
def test_a_default_has_a_value_a_spread_and_a_source(quantity: Quantity) -> None:
    assert quantity.value > 0
    assert quantity.unit
    cited = quantity.source.count(",") >= 2
    assert quantity.source.startswith(SOURCES) or cited, quantity.source
    assert quantity.uncertain or quantity.source == "choice", "what is not a choice has a low and a high"
    if quantity.low is not None and quantity.high is not None:
        assert quantity.low <= quantity.value <= quantity.high
        low, high = (bound / (1 - bound) if quantity.unit == "share" else bound for bound in (quantity.low, quantity.high))
        assert high / low >= (1.15 if quantity.source == "assumption" else 1.0), "an assumption has a wide prior"
    if quantity.unit == "share":
        assert quantity.value < 1


def test_every_number_is_used_and_every_number_that_is_used_is_there() -> None:
    for quantity in evidence().items:
        assert f'"{quantity.name}"' in USED, f"{quantity.name} is used nowhere"


def test_a_name_stands_in_one_file_only() -> None:
    names = [item.name for item in evidence().items]
    assert len(names) == len(set(names))


def test_the_file_of_demands_is_as_its_writer_writes_it() -> None:
    content = read("demands.yaml")
    assert (FOLDER / "demands.yaml").read_text(encoding="utf-8") == written(content["measured_on"], content["batches"], content["demands"])


def test_every_class_has_a_demand_and_a_source_for_each_number() -> None:
    lines = demands().lines
    assert {one.kind for one in lines} == {*CLASSES, "any"}
    assert all(one.source.startswith(("measured: ", "assumption")) for one in lines)
    assert all(one.value >= 0 for one in lines)


def test_a_name_without_evidence_is_an_error_not_a_zero() -> None:
    with pytest.raises(KeyError):
        evidence()["luck"]


def test_a_part_that_a_class_does_not_visit_costs_nothing() -> None:
    found = demands().medians(evidence().medians())
    assert found.php[0, CLASSES.index("asset")] > 0
    assert found.database[0, CLASSES.index("asset")] == 0


@given(st.sampled_from([quantity for quantity in evidence().items if quantity.uncertain]))
@settings(max_examples=20, deadline=None)
def test_draws_have_the_median_and_the_quantiles_of_the_file(quantity: Quantity) -> None:
    drawn = quantity.at(scores(quantity.name, 4000, 7))
    assert drawn[0] == pytest.approx(quantity.value)
    assert np.quantile(drawn[1:], [0.05, 0.5, 0.95]) == pytest.approx([quantity.low, quantity.value, quantity.high], rel=0.02)


def test_draws_of_different_numbers_are_independent_and_the_same_each_time() -> None:
    one, other = (scores(name, 5000, 1)[1:] for name in ("ceiling", "burst_factor"))
    assert abs(float(np.corrcoef(one, other)[0, 1])) < 0.05
    assert np.array_equal(scores("ceiling", 5000, 1)[1:], one)


def test_the_catalogue_is_in_order_and_larger_machines_of_a_kind_cost_more() -> None:
    virtual = [shape for shape in standard().shapes if shape.name.startswith("vm-") and "memory" not in shape.name]
    assert [shape.price_per_month for shape in virtual] == sorted(shape.price_per_month for shape in virtual)
    assert all(shape.multi <= shape.cores * shape.single for shape in standard().shapes)


def test_published_pairs_have_load_hardware_observation_and_source() -> None:
    for pair in read("published.yaml"):
        assert {"id", "what", "load", "hardware", "observed", "source"} <= set(pair), pair
        assert pair["source"].startswith("measured: ") or pair["source"].count(",") >= 2
