"""Who holds what: the steps of the ladder, what the inventory names, and that growth moves nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.inventory.against import contradictions
from infra.inventory.agreement import contradictions as within
from infra.inventory.assign import Question, place
from infra.inventory.model import Role
from infra.inventory.needs import Need, fits, lacks, needs
from infra.inventory.placement import OF_SERVERS, ROLES, Placement
from sizing.plan import Plan, Server
from tests.unit.inventory_examples import by_role, equal, host, inventory

WHOLE = ("pagecache", "web", "database", "files")
VOTING: tuple[Role, ...] = ("database", "files", "manager")
COUNTS = st.fixed_dictionaries(
    {"pagecache": st.integers(2, 4), "web": st.integers(2, 9), "database": st.sampled_from([3, 5]), "files": st.sampled_from([3, 6])}
)


def said(question: Question) -> list[str]:
    return [problem.message for problem in contradictions(question, place(question))]


def total(plan: Plan) -> int:
    return sum(server.count for server in plan.servers)


def test_one_host_holds_everything_and_survives_what_the_plan_says() -> None:
    placed = place(Question(inventory(1), equal(1)))
    assert placed.roles == {"node-1": ("frontdoor", *WHOLE, "manager", "metrics")}
    assert placed.survives == "power loss"
    assert not placed.galera
    assert not said(Question(inventory(1), equal(1)))


@pytest.mark.parametrize(("number", "whose"), [(9100, "metrics of a host"), (3306, "database"), (2377, "swarm managers"), (22, "SSH")])
def test_pages_at_a_port_that_the_cluster_needs_for_itself_are_refused(number: int, whose: str) -> None:
    plan = equal(3)
    own = plan.platform.model_copy(update={"ports": plan.platform.ports.model_copy(update={"https": number})})
    (found,) = said(Question(inventory(3), plan.model_copy(update={"platform": own})))
    assert found == f"the plan's https port {number} is the cluster's own ({whose})"


def test_two_hosts_serve_both_with_one_manager_and_a_copy_of_the_database() -> None:
    placed = place(Question(inventory(2), equal(2)))
    assert placed.roles == {"node-1": ("frontdoor", *WHOLE, "manager", "metrics"), "node-2": ("frontdoor", *WHOLE)}
    assert "takes over by hand" in placed.survives
    assert not placed.galera
    assert not said(Question(inventory(2), equal(2)))


def test_three_hosts_are_a_galera_of_three_with_three_managers_and_two_front_doors() -> None:
    placed = place(Question(inventory(3), equal(3)))
    assert placed.hosts("frontdoor") == ("node-1", "node-2")
    assert placed.hosts("manager") == placed.hosts("database") == placed.hosts("files") == ("node-1", "node-2", "node-3")
    assert placed.galera
    assert placed.survives == "any one host"
    assert not said(Question(inventory(3), equal(3)))


def test_two_hosts_and_an_arbitrator_survive_any_one() -> None:
    question = Question(inventory([host(1), host(2), host(3, "arbitrator")]), equal(2))
    placed = place(question)
    assert placed.hosts("database") == placed.hosts("files") == ("node-1", "node-2")
    assert set(placed.roles["node-3"]) == {"arbitrator", "manager", "metrics"}
    assert placed.galera
    assert placed.survives == "any one host"
    assert not said(question)


def test_more_hosts_than_three_that_are_equal_serve_pages() -> None:
    placed = place(Question(inventory(5), equal(3)))
    assert placed.roles["node-4"] == placed.roles["node-5"] == ("pagecache", "web")
    assert placed.survives == "any one host of each role"


def test_hosts_by_role_are_as_many_of_each_as_the_plan_says() -> None:
    plan = by_role(web=4)
    question = Question(inventory(total(plan)), plan)
    placed = place(question)
    assert {server.role: server.count for server in plan.servers} == {role: len(placed.hosts(role)) for role in OF_SERVERS}
    assert placed.hosts("manager") == placed.hosts("database")
    assert placed.survives == "any one host of each role"
    assert not said(question)


def test_roles_of_the_inventory_win_and_seven_hosts_may_hold_what_twelve_servers_do() -> None:
    edge: tuple[Role, ...] = ("frontdoor", "pagecache")
    data: tuple[Role, ...] = ("database", "files")
    question = Question(inventory([host(1, *data), host(2, *data), host(3, *edge), host(4, *edge), host(5, "web"), host(6, *data), host(7, "web")]), by_role())
    placed = place(question)
    assert placed.hosts("frontdoor") == ("node-3", "node-4")
    assert placed.hosts("database") == placed.hosts("manager") == ("node-1", "node-2", "node-6")
    assert not said(question)
    assert needs(question.plan, placed)["node-1"] == Need(10, 72.0, 2500.0)


def test_a_host_is_given_what_it_is_large_enough_for() -> None:
    plan = by_role()
    large = {
        "node-1": "web",
        "node-2": "files",
        "node-3": "database",
        "node-4": "files",
        "node-5": "database",
        "node-6": "files",
        "node-7": "database",
        "node-8": "web",
    }
    shapes = {server.role: server for server in plan.servers}

    def fit(name: str, server: Server) -> bool:
        mine = shapes[large.get(name, "pagecache")]
        return fits(server, mine.cores, mine.memory_gib, mine.disk_gib)

    placed = place(Question(inventory(12), plan, fits=fit))
    for name, role in large.items():
        assert role in placed.roles[name]


@pytest.mark.parametrize(("hosts", "count", "words"), [(1, 2, "2 servers that hold everything"), (2, 3, "3 servers that hold everything")])
def test_fewer_hosts_than_equal_servers_are_refused(hosts: int, count: int, words: str) -> None:
    assert words in " ".join(said(Question(inventory(hosts), equal(count))))


def test_fewer_hosts_than_servers_by_role_are_refused_with_what_is_missing() -> None:
    assert "12 servers, here are 9 hosts: missing are 3 x files" in said(Question(inventory(9), by_role()))[0]


def test_what_is_not_built_is_refused_before_anything_changes() -> None:
    plan = by_role(frontdoor=4, database=6)
    found = said(Question(inventory(total(plan)), plan))
    assert any("needs 4 front doors" in one for one in found)
    assert any("2 clusters of 3" in one for one in found)


def test_roles_that_leave_a_single_point_of_failure_are_all_said_at_once() -> None:
    alone = inventory([host(1, "frontdoor", "pagecache", "web", "manager"), host(2, "database", "files"), host(3, "database")])
    found = said(Question(alone, equal(1)))
    for words in ("frontdoor is on node-1 alone", "web is on node-1 alone", "2 members and no arbitrator", "files are on 1 host", "node-1 is the only manager"):
        assert any(words in one for one in found), words
    assert place(Question(alone, equal(1))).survives == "power loss"


def test_four_members_may_fall_into_halves() -> None:
    hosts = [
        host(number, "frontdoor", "pagecache", "web", "database", "files") if number < 3 else host(number, "web", "database", "files") for number in range(1, 5)
    ]
    assert any("fall into halves" in one for one in said(Question(inventory(hosts), equal(3))))


def test_a_host_of_less_than_the_plan_says_what_it_lacks() -> None:
    assert not lacks(Need(4, 16.0, 960.0), 4, 15.5, 876.0)
    assert lacks(Need(4, 16.0, 960.0), 2, 7.7, 400.0) == ["2 of 4 cores", "7.7 of 16 GiB memory", "400 of 960 GiB disk"]


def test_a_host_that_only_serves_pages_needs_no_disk_for_the_database() -> None:
    plan = equal(3)
    wanted = needs(plan, place(Question(inventory(4), plan)))
    assert wanted["node-1"] == Need(4, 16.0, 200.0)
    assert wanted["node-4"].disk_gib == 20.0
    assert 1 < wanted["node-4"].memory_gib < 16


def moved(first: Placement, then: Placement) -> set[str]:
    return {name for name, roles in first.roles.items() if set(roles) != set(then.roles[name])}


@settings(deadline=None, max_examples=60)
@given(hosts=st.integers(3, 9), more=st.integers(1, 4), count=st.integers(1, 3))
def test_equal_hosts_that_are_added_at_the_end_move_nothing_even_where_nothing_is_remembered(hosts: int, more: int, count: int) -> None:
    assert not moved(place(Question(inventory(hosts), equal(count))), place(Question(inventory(hosts + more), equal(count))))


@settings(deadline=None, max_examples=60)
@given(counts=COUNTS, role=st.sampled_from(["pagecache", "web"]), more=st.integers(1, 3), at_end=st.booleans())
def test_hosts_by_role_that_are_added_take_the_new_servers_and_move_nothing(counts: dict[str, int], role: str, more: int, at_end: bool) -> None:  # noqa: FBT001
    plan, grown = by_role(**counts), by_role(**{**counts, role: counts[role] + more})
    old = [host(number) for number in range(total(plan))]
    new = [host(100 + number) for number in range(more)]
    first = place(Question(inventory(old), plan))
    then = place(Question(inventory(old + new if at_end else new + old), grown, first.roles))
    assert not moved(first, then)
    assert {roles for name, roles in then.roles.items() if name not in first.roles} == {(role,)}


@settings(deadline=None, max_examples=60)
@given(counts=COUNTS, gone=st.integers(0, 30))
def test_a_host_that_is_replaced_by_another_moves_nothing_but_managers_and_metrics(counts: dict[str, int], gone: int) -> None:
    plan = by_role(**counts)
    hosts = [host(number) for number in range(total(plan))]
    first = place(Question(inventory(hosts), plan))
    lost = gone % len(hosts)
    then = place(Question(inventory([*hosts[:lost], *hosts[lost + 1 :], host(200)]), plan, first.roles))
    for name, roles in then.roles.items():
        was = first.roles[hosts[lost].name if name == "node-200" else name]
        assert set(roles) & set(OF_SERVERS) == set(was) & set(OF_SERVERS)


@settings(deadline=None, max_examples=100)
@given(hosts=st.integers(1, 25), plan=st.one_of(st.integers(1, 3).map(equal), COUNTS.map(lambda counts: by_role(**counts))))
def test_whatever_is_asked_the_laws_of_placement_hold(hosts: int, plan: Plan) -> None:
    question = Question(inventory(hosts), plan)
    placed = place(question)
    assert placed == place(question)
    assert list(placed.roles) == list(question.inventory.names)
    assert len(placed.hosts("frontdoor")) <= 2
    assert len(placed.hosts("manager")) == (3 if hosts >= 3 else 1)
    assert len(placed.hosts("metrics")) == 1
    assert all(placed.roles.values())
    if not said(question) and hosts >= 3:
        assert placed.galera
        assert all(len(placed.hosts(role)) >= 2 for role in OF_SERVERS)


def lives_without(placed: Placement, lost: str) -> bool:
    """Tell whether every role is still held, and more than half of those who vote are left."""
    left = {role: [name for name in placed.hosts(role) if name != lost] for role in ROLES}
    votes = {role: len(placed.hosts(role)) + (len(placed.hosts("arbitrator")) if role != "manager" else 0) for role in VOTING}
    agree = {role: len(left[role]) + (len(left["arbitrator"]) if role != "manager" else 0) for role in VOTING}
    return all(left[role] for role in OF_SERVERS) and all(2 * agree[role] > votes[role] for role in VOTING)


@settings(deadline=None, max_examples=400)
@given(data=st.data(), plan=st.one_of(st.integers(1, 3).map(equal), st.just(by_role())))
def test_whatever_roles_are_written_they_win_and_what_is_not_refused_survives_any_one_host(data: st.DataObject, plan: Plan) -> None:
    roles = st.one_of(st.just(()), st.just(tuple(OF_SERVERS[1:])), st.lists(st.sampled_from(ROLES), max_size=4, unique=True).map(tuple))
    written = data.draw(st.lists(roles, min_size=1, max_size=14))
    hosts = inventory([host(number, *chosen) for number, chosen in enumerate(written, 1)])
    question = Question(hosts, plan)
    placed = place(question)
    for one in hosts.hosts:
        assert set(one.roles) <= set(placed.roles[one.name])
        if set(one.roles) & {*OF_SERVERS, "arbitrator"}:
            assert set(placed.roles[one.name]) & set(OF_SERVERS) == set(one.roles) & set(OF_SERVERS)
    refused = [*within(hosts), *contradictions(question, placed)]
    assert all(problem.message and problem.hint and problem.where for problem in refused)
    if not refused and len(written) >= 3:
        assert all(lives_without(placed, one.name) for one in hosts.hosts)
        assert placed.survives.startswith("any one host")
