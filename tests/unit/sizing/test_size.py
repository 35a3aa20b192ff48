"""Laws of the plan, and the answers when the answer is no."""

import json
import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.errors import PlanError
from sizing import plan
from sizing.capacity import Case
from sizing.evidence import evidence
from sizing.limits import container_memory
from sizing.reading import validated
from sizing.size import case_of, desk_capacity, size
from tests.unit.sizing.briefs import changed

PEOPLE = st.integers(1, 2_000_000)
LAW = settings(max_examples=10, deadline=None)
# A desk on which nothing but the processor can bind, whatever was measured last.
ROOMY = {"memory_gib": 1024, "disk_gib": 100_000, "network_mbit": 1_000_000}


def planned(changes: dict[str, Any] | None = None, people: int | None = None) -> plan.Plan:
    return size(validated(changed(changes or {})), "/brief.yaml", people)


def case(**desk: float) -> Case:
    return case_of(validated(changed({f"infrastructure.desk.{key}": value for key, value in desk.items()})))


def uses(people: int, boxes: int = 1) -> dict[str, float]:
    return {use.resource: use.ratio for use in case().state(people, boxes).uses}


def test_the_pilot_fits_its_desk() -> None:
    made = planned()
    assert [(server.role, server.count, server.cores, server.memory_gib, server.disk_gib) for server in made.servers] == [("desk", 1, 2, 8, 60)]
    assert made.capacity.people > 400
    assert made.people == 400
    assert made.platform.name == "pilot"


def test_the_plan_is_the_same_each_time_and_survives_being_written() -> None:
    text = planned().model_dump_json()
    assert text == planned().model_dump_json()
    assert plan.Plan.model_validate_json(text) == planned()
    assert json.loads(text)["schema"] == {"version": 1}


def test_every_number_has_a_source_or_is_called_an_assumption() -> None:
    for item in planned().assumptions:
        assert item.source.startswith(("assumption", "measured: ", "the brief", "the platform's own rule")) or "," in item.source, item.name


def test_what_the_brief_knows_better_replaces_the_assumption() -> None:
    found = {item.name: item for item in planned({"behaviour": {"pages_per_session": 9}}).assumptions}
    assert (found["pages_per_session"].value, found["pages_per_session"].source) == (9, "the brief")


@given(PEOPLE, PEOPLE)
@LAW
def test_more_people_never_use_less_of_anything(one: int, other: int) -> None:
    few, many = sorted((one, other))
    before, after = uses(few), uses(many)
    for resource in ("desk.cpu", "desk.memory", "desk.disk", "desk.network"):
        assert before[resource] <= after[resource] * (1 + 1e-9)


@pytest.mark.parametrize(
    ("resource", "amounts", "target_ms"),
    [
        ("cores", (1, 2, 3, 4, 8, 16), 60_000),
        ("cores", (1, 2, 4, 6, 9), 250),
        ("memory_gib", (5, 5.5, 6, 8, 16, 64, 256), 500),
        ("disk_gib", (20, 21, 40, 2000), 500),
    ],
)
def test_more_of_a_resource_never_lowers_capacity(resource: str, amounts: tuple[float, ...], target_ms: float) -> None:
    briefs = [case(**{**ROOMY, resource: amount}).brief for amount in amounts]
    targets = briefs[0].targets.model_copy(update={"page_p95_ms": target_ms})
    found = [desk_capacity(brief.model_copy(update={"targets": targets})) for brief in briefs]
    assert found[0] < found[-1]
    assert all(few <= many * (1 + 1e-4) for few, many in pairwise(found))


@given(PEOPLE)
@LAW
def test_the_chosen_servers_hold_and_no_more_people_than_the_capacity_do(people: int) -> None:
    made = planned(people=people)
    assert made.capacity.people >= people * (1 - 1e-4)
    assert made.people == people
    assert all(math.isfinite(value) for value in made.response_p95_ms.values())
    assert max(made.response_p95_ms[kind] for kind in ("page_anonymous", "page_signed_in", "wiki_view")) <= made.targets.page_p95_ms


def test_the_capacity_is_where_the_first_limit_is_reached() -> None:
    for desk in ({}, {"disk_gib": 2000}, {"disk_gib": 2000, "cores": 32}, {"disk_gib": 100_000, "cores": 256, "memory_gib": 16}):
        one = case(**desk)
        people = desk_capacity(one.brief)
        assert one.state(people).holds
        assert not one.state(math.ceil(people * 1.001) + 1).holds


@pytest.mark.parametrize(
    ("desk", "resource"),
    [
        ({**ROOMY, "disk_gib": 20}, "desk.disk"),
        (ROOMY, "desk.cpu"),
        ({**ROOMY, "network_mbit": 1}, "desk.network"),
        ({**ROOMY, "cores": 256, "memory_gib": 6}, "desk.memory"),
    ],
)
def test_the_scarce_resource_is_the_one_that_binds(desk: dict[str, float], resource: str) -> None:
    everyone_writes = {"behaviour.authors_share": 1} if resource == "desk.memory" else {}
    assert planned({**everyone_writes, **{f"infrastructure.desk.{key}": value for key, value in desk.items()}}, 1).binding.resource == resource


@given(st.permutations(range(4)))
@settings(max_examples=10, deadline=None)
def test_the_order_of_the_groups_changes_nothing(order: list[int]) -> None:
    groups = changed({})["audience"]
    one, other = planned(), planned({"audience": [groups[at] for at in order]})
    assert one.peak.requests_per_second == pytest.approx(other.peak.requests_per_second)
    assert abs(one.capacity.people - other.capacity.people) <= 1


@given(st.floats(5, 512), st.integers(1, 128), st.integers(1, 20_000))
@LAW
def test_all_containers_at_their_limits_fit_into_the_memory(memory_gib: float, cores: int, people: int) -> None:
    made = planned({"infrastructure.desk.memory_gib": memory_gib, "infrastructure.desk.cores": cores, "infrastructure.desk.disk_gib": 5000}, people)
    if made.servers[0].role in {"desk", "box"}:
        assert container_memory(made.limits) + evidence()["system_memory"] <= memory_gib * 1024
        assert made.limits.database.buffer_pool_mib >= evidence()["smallest_buffer_pool"]


def test_database_connections_suffice_for_every_process_that_may_hold_one() -> None:
    found = planned().limits
    assert found.database.max_connections > found.blogs.fpm_children + found.wiki.fpm_children + 2
    assert found.blogs.queue > found.blogs.fpm_children
    assert found.frontdoor.server_timeout_ms > found.blogs.request_timeout_s * 1000


def test_two_processes_for_each_core() -> None:
    assert planned().limits.blogs.fpm_children == 4
    assert planned({"infrastructure.desk.cores": 8, "infrastructure.desk.memory_gib": 32}).limits.wiki.fpm_children == 16


def test_a_target_below_the_page_itself_is_infeasible() -> None:
    with pytest.raises(PlanError, match=r"no number of servers reaches 0\.1 ms; the page itself") as refused:
        planned({"targets.page_p95_ms": 0.1})
    assert refused.value.exit_code == 3


@pytest.mark.parametrize("desk", [{"memory_gib": 1}, {"disk_gib": 5}])
def test_a_desk_too_small_for_one_person_is_infeasible_and_says_what_is_enough(desk: dict[str, float]) -> None:
    with pytest.raises(PlanError, match="too small for one person") as refused:
        planned({f"infrastructure.desk.{key}": value for key, value in desk.items()})
    assert refused.value.exit_code == 3
    assert "GiB" in refused.value.hint


@pytest.mark.parametrize("people", [0, -1, 10**12])
def test_a_crowd_out_of_range_is_refused(people: int) -> None:
    with pytest.raises(PlanError, match="people"):
        planned(people=people)


def test_an_outgrown_desk_becomes_two_boxes_then_hosts_by_role() -> None:
    roomy = {f"infrastructure.desk.{key}": value for key, value in ROOMY.items()}
    alone = desk_capacity(case(**ROOMY).brief)
    assert planned(roomy, alone).servers[0].role == "desk"
    assert [(server.role, server.count) for server in planned(roomy, round(alone * 1.05)).servers] == [("box", 2)]
    roles = {server.role: server.count for server in planned(roomy, alone * 40).servers}
    assert roles["database"] == 3
    assert roles["web"] > 10
