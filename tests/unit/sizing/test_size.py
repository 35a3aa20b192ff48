"""The plan, and the answers when the answer is no."""

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.errors import PlanError
from sizing import plan
from sizing.evidence import evidence
from sizing.ladder import Ladder
from sizing.limits import container_memory
from sizing.reading import validated
from sizing.size import size
from tests.unit.sizing.asked import ROOMY, answer, desk, planned
from tests.unit.sizing.briefs import changed

LAW = settings(max_examples=8, deadline=None)
NGINX_CONNECTION_MIB = (232 + 2 * 96) / 1024**2  # ngx_connection_t and two of ngx_event_t, 64 bit


@pytest.fixture(scope="module")
def pilot() -> plan.Plan:
    return planned()


@pytest.fixture(scope="module")
def large() -> plan.Plan:
    return planned(people=10_000_000)


def test_the_pilot_fits_its_desk(pilot: plan.Plan) -> None:
    assert [(server.role, server.count, server.cores, server.memory_gib, server.disk_gib) for server in pilot.servers] == [("desk", 1, 2, 8, 60)]
    assert pilot.capacity.people > 400
    assert pilot.people == 400
    assert pilot.platform.name == "pilot"
    assert pilot.desk is not None
    assert pilot.desk.verdict == "enough"


def test_the_plan_is_the_same_each_time_and_survives_being_written(pilot: plan.Plan) -> None:
    text = pilot.model_dump_json()
    assert text == planned().model_dump_json()
    assert plan.Plan.model_validate_json(text) == pilot
    assert json.loads(text)["schema"] == {"version": 1}


def test_every_number_has_a_source_or_is_called_an_assumption(pilot: plan.Plan) -> None:
    for item in pilot.assumptions:
        assert item.source.startswith(("assumption", "measured: ", "the brief", "choice", "the platform's own rule")) or "," in item.source, item.name


def test_what_the_brief_knows_better_replaces_the_assumption_and_its_spread() -> None:
    found = {item.name: item for item in planned({"behaviour": {"pages_per_session": 9}}).assumptions}
    assert (found["pages_per_session"].value, found["pages_per_session"].source, found["pages_per_session"].low) == (9, "the brief", None)


@pytest.mark.parametrize(
    ("parts", "resource"),
    [
        ({**ROOMY, "disk_gib": 30}, "desk.disk"),
        (ROOMY, "desk.cpu"),
        ({**ROOMY, "network_mbit": 20}, "desk.network"),
        ({**ROOMY, "cores": 256, "memory_gib": 6}, "desk.memory"),
        ({**ROOMY, "disk_iops": 1}, "desk.disk_io"),
    ],
)
def test_the_scarce_resource_is_the_one_that_binds(parts: dict[str, float], resource: str) -> None:
    everyone_writes = {"behaviour.authors_share": 1} if resource in {"desk.memory", "desk.disk_io"} else {}
    assert planned({**everyone_writes, **desk(**parts)}, 1).binding.resource == resource


@given(st.permutations(range(4)))
@LAW
def test_the_order_of_the_groups_changes_nothing(order: list[int]) -> None:
    groups = changed({})["audience"]
    one, other = planned(), planned({"audience": [groups[at] for at in order]})
    assert one.peak.requests_per_second == pytest.approx(other.peak.requests_per_second)
    assert abs(one.capacity.people - other.capacity.people) <= 1


@given(st.floats(5, 512), st.integers(1, 128), st.integers(1, 20_000))
@LAW
def test_all_containers_at_their_limits_fit_into_the_memory(memory_gib: float, cores: int, people: int) -> None:
    made = planned(desk(memory_gib=memory_gib, cores=cores, disk_gib=5000), people)
    if made.servers[0].role in {"desk", "box"}:
        assert container_memory(made.limits) + evidence()["system_memory"] <= made.servers[0].memory_gib * 1024
        assert made.limits.database.buffer_pool_mib >= evidence()["smallest_buffer_pool"]


def test_database_connections_suffice_for_every_process_that_may_hold_one(pilot: plan.Plan) -> None:
    found = pilot.limits
    assert found.database.max_connections > found.blogs.fpm_children + found.wiki.fpm_children + 2
    assert found.blogs.queue > found.blogs.fpm_children
    assert found.frontdoor.server_timeout_ms > found.blogs.request_timeout_s * 1000


def test_connections_that_cost_next_to_nothing_are_taken_but_no_more_than_processes_can_hold(pilot: plan.Plan) -> None:
    huge = planned(desk(cores=64, memory_gib=2048, disk_gib=8000)).limits
    assert pilot.limits.frontdoor.max_connections == pilot.limits.pagecache.connections == 2731
    assert huge.frontdoor.max_connections == huge.pagecache.connections == 65_536
    files = 4 * huge.frontdoor.max_connections  # a page that the cache fetches comes in twice, and each time goes out
    assert files < 524_288
    assert huge.pagecache.connections * NGINX_CONNECTION_MIB < huge.pagecache.memory_mib - huge.pagecache.size_mib - 32


def test_two_processes_for_each_core(pilot: plan.Plan) -> None:
    assert pilot.limits.blogs.fpm_children == 4
    assert planned(desk(cores=8, memory_gib=32)).limits.wiki.fpm_children == 16


def test_a_target_below_the_page_itself_is_infeasible() -> None:
    with pytest.raises(PlanError, match=r"no number of servers reaches 0\.1 ms; the page itself") as refused:
        planned({"targets.page_p95_ms": 0.1})
    assert refused.value.exit_code == 3


@pytest.mark.parametrize("parts", [{"memory_gib": 1}, {"disk_gib": 5}])
def test_a_desk_too_small_for_one_person_is_judged_and_something_else_is_chosen(parts: dict[str, float]) -> None:
    made = planned(desk(**parts))
    assert made.desk is not None
    assert (made.desk.verdict, made.desk.people) == ("not enough", 0)
    assert made.desk.because == ("the memory" if "memory_gib" in parts else "the disk")
    assert made.servers[0].shape


@pytest.mark.parametrize("people", [0, -1, 10**12])
def test_a_crowd_out_of_range_is_refused(people: int) -> None:
    with pytest.raises(PlanError, match="people"):
        size(validated(changed({})), "/brief.yaml", people)


def test_an_outgrown_desk_becomes_a_larger_machine_then_hosts_by_role(large: plan.Plan) -> None:
    alone = planned().desk
    assert alone is not None
    beyond = planned(people=alone.people)
    assert [(server.count, bool(server.shape)) for server in beyond.servers] == [(1, True)]
    roles = {server.role: server.count for server in large.servers}
    assert roles["database"] >= 3
    assert roles["web"] > 5
    assert large.price_per_month == sum(server.count * server.price_per_month for server in large.servers) > 0


@pytest.mark.parametrize(("asked", "least"), [(99.0, 1), (99.9, 2), (99.98, 3)])
def test_more_availability_asks_for_more_machines(asked: float, least: int) -> None:
    made = planned({"targets.availability_percent": asked})
    assert sum(server.count for server in made.servers) == least
    assert made.availability_percent >= asked


def test_an_availability_that_nothing_reaches_is_infeasible() -> None:
    with pytest.raises(PlanError, match="infeasible") as refused:
        planned({"targets.availability_percent": 99.99999})
    assert (refused.value.exit_code, "availability" in refused.value.hint) == (3, True)


def test_the_interval_holds_the_answer_and_the_servers_hold_as_surely_as_asked(pilot: plan.Plan, large: plan.Plan) -> None:
    for made in (pilot, large):
        assert made.interval is not None
        assert made.interval.low < made.capacity.people < made.interval.high
        assert made.interval.holds >= made.interval.wanted - 0.05


def test_what_is_served_leaves_memory_and_disk_out_and_its_servers_miss_a_target_just_beyond() -> None:
    quiet = {"discovery.channels": [{"channel": "portal-link"}]}  # no crowd after a mail: the peak decides
    filling, roomy = (planned(desk(cores=2, memory_gib=64, disk_gib=size_gib) | quiet) for size_gib in (60, 100_000))
    assert filling.served is not None
    assert roomy.served is not None
    assert filling.capacity.first_to_give.startswith("the disk")
    assert filling.served.people > filling.capacity.people
    assert filling.served.people == pytest.approx(roomy.served.people, rel=0.01)
    assert filling.served.low < filling.served.people < filling.served.high
    assert "disk, after" not in filling.served.first_to_give
    assert planned({"discovery.waves": 100}).served == planned({"discovery.waves": 1}).served  # the crowd after a mail is no part of it
    even = desk(cores=2, memory_gib=64, disk_gib=100_000) | quiet | {"targets.confidence": 0.5}
    within, beyond = (planned(even, round(roomy.served.people * times)) for times in (0.9, 1.1))
    assert (within.servers[0].shape, bool(beyond.servers[0].shape)) == ("", True)


def test_what_is_served_passes_the_front_doors_and_caches_of_hosts_by_role_too() -> None:
    large = answer({}, 1_000_000)
    drawn = large.case.only(np.arange(len(large.served)))
    behind = drawn.capacity_now(large.rung.layout, large.peak) * drawn.values["model_capacity_error"] * drawn.workload.people
    moments = drawn.workload.moments[large.peak : large.peak + 1]
    edges = Ladder(drawn, large.question.hosts, large.ladder.desk).edges(large.rung, moments) * drawn.workload.people
    assert np.any(edges < 0.9 * behind)
    assert large.served == pytest.approx(np.minimum(behind, edges))


def test_more_confidence_never_costs_less() -> None:
    prices = [planned({"targets.confidence": sure}, 300_000).price_per_month for sure in (0.5, 0.8, 0.95)]
    assert prices == sorted(prices)
    assert prices[0] < prices[-1]


def test_the_months_go_on_from_the_first_channel_and_never_hold_more_surely_later(pilot: plan.Plan) -> None:
    assert pilot.growth is not None
    months = pilot.growth.months
    assert [months[0].date, months[12].date, months[36].date] == ["2027-01", "2028-01", "2030-01"]
    assert all(before.holds >= after.holds for before, after in pairwise(months))
    assert all(before.taking_part <= after.taking_part for before, after in pairwise(months))


def test_a_small_disk_is_enough_until_a_date_and_then_something_is_to_be_bought_in_time() -> None:
    made = planned(desk(disk_gib=31))
    assert made.growth is not None
    assert made.desk is not None
    assert made.desk.verdict == "enough until"
    assert made.growth.outgrown_month is not None
    assert made.growth.because == "the disk"
    bought = made.growth.purchases[0]
    assert bought.order_by_month < bought.month == made.growth.outgrown_month
    assert bought.servers


def test_the_three_assumptions_that_matter_are_about_people_or_content(pilot: plan.Plan) -> None:
    assert len(pilot.sensitivity) >= 3
    shares = [one.share for one in pilot.sensitivity]
    assert shares == sorted(shares, reverse=True)
    assert not any(one.name.startswith("demand.") for one in pilot.sensitivity[:3])


MAILED: dict[str, Any] = {
    **desk(**ROOMY),
    "discovery.channels": [{"channel": "announcement-mail"}],
    "behaviour": {"sessions_per_person_day": 0.05, "authors_share": 0.001},
    "targets.confidence": 0.5,
}


def test_a_mail_that_is_too_much_for_the_desk_at_once_is_not_in_waves() -> None:
    at_once = planned(MAILED, 300_000)
    assert at_once.announcement is not None
    assert at_once.servers[0].shape, "the crowd needs more than the desk"
    waves = at_once.announcement.waves_for_desk
    assert waves is not None
    assert waves > 1
    assert f"sent in {waves} waves, the machine that is there would be enough" in at_once.announcement.words
    split = planned({**MAILED, "discovery.waves": waves * 2}, 300_000)
    assert split.servers[0].role == "desk"
    assert not split.servers[0].shape
    assert split.announcement is not None
    assert 0 < split.announcement.largest_wave < 300_000


def test_more_people_never_fit_into_more_than_one_larger_wave() -> None:
    small, large = (planned({**MAILED, "discovery.waves": 12}, people).announcement for people in (100_000, 300_000))
    assert small is not None
    assert large is not None
    assert small.holds >= large.holds


def test_without_a_mail_there_is_no_crowd() -> None:
    made = planned({"discovery.channels": [{"channel": "portal-link"}]})
    assert made.announcement is None
    assert made.peak.kind == "ordinary"


def test_what_is_stored_grows_by_posts_pictures_and_binlog(pilot: plan.Plan) -> None:
    assert pilot.storage is not None
    assert pilot.storage.live_gib > pilot.storage.media_gib_per_month > 0
    assert pilot.storage.live_gib_at_retention is not None
    assert pilot.storage.live_gib_at_retention > pilot.storage.live_gib


def test_where_nobody_ever_comes_the_brief_is_mended_not_sized() -> None:
    with pytest.raises(PlanError, match="nobody ever comes") as refused:
        planned({"discovery.channels": [{"channel": "word-of-mouth"}]})
    assert (refused.value.exit_code, refused.value.where) == (1, "brief.yaml: discovery.channels")


def test_what_is_kept_longer_takes_more_room_and_the_first_month_takes_some() -> None:
    kept = [planned({"processes.retention_months": months}).storage for months in (6, 24, 36, 120)]
    sizes = [store.live_gib_at_retention for store in kept if store and store.live_gib_at_retention]
    assert len(sizes) == 4
    assert all(before < after for before, after in pairwise(sizes))
    first = planned({"targets.horizon_months": 1, "discovery.channels": []}).storage
    assert first is not None
    assert first.posts_gib_per_month > 0
    assert first.media_gib_per_month > 0


def test_limits_of_many_hosts_fit_each_of_them(large: plan.Plan) -> None:
    roles = {server.role: server for server in large.servers}
    limits = large.limits
    assert limits.database.max_connections > roles["web"].count * (limits.blogs.fpm_children + limits.wiki.fpm_children)
    assert limits.frontdoor.memory_mib < roles["frontdoor"].memory_gib * 1024
    assert limits.pagecache.memory_mib + limits.objectcache.memory_mib < roles["pagecache"].memory_gib * 1024
    assert limits.database.memory_mib < roles["database"].memory_gib * 1024
    assert 2 * limits.blogs.memory_mib < roles["web"].memory_gib * 1024


@pytest.mark.parametrize("people", [400, 100_000, 3_000_000])
@pytest.mark.parametrize("confidence", [0.6, 0.9])
def test_what_is_chosen_holds_as_surely_as_was_asked(people: int, confidence: float) -> None:
    made = planned({"targets.confidence": confidence}, people, draws=400)
    assert made.interval is not None
    assert made.interval.holds >= confidence
