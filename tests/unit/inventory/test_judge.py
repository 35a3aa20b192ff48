"""What is wrong with hosts that answered is said of the right host, with a mend, and nothing is said of good ones."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from infra.finding import Finding
from infra.inventory.assign import Question, place
from infra.inventory.judge import judged
from infra.inventory.mark import Mark, parsed, remembered, written
from infra.inventory.needs import needs
from infra.inventory.placement import ROLES
from infra.inventory.ports import of, ports
from infra.inventory.probe import Clock, HostAddress, Listening, Seen
from runtime.errors import PlanError
from tests.unit.inventory_examples import GIB, equal, host, inventory, seen

PLAN, HOSTS = equal(3), inventory(3)
PLACED = place(Question(HOSTS, PLAN))
AT_HOME = written("hq", PLACED, "node-1")


def findings(hosts: Sequence[Seen]) -> list[Finding]:
    return list(judged(HOSTS, hosts, PLAN, PLACED, needs(PLAN, PLACED)))


def wrong(hosts: Sequence[Seen]) -> list[Finding]:
    return [found for found in findings(hosts) if not found.ok]


def one_of(**changes: Any) -> list[Finding]:  # noqa: ANN401 - of each fact its own
    return wrong([seen(1, **changes), seen(2), seen(3)])


def address(value: str, prefix: int = 24) -> HostAddress:
    return HostAddress(address=value, prefix=prefix, interface="eth0")


def taken(port: int, by: str, protocol: str = "tcp") -> dict[str, Any]:
    return {"listening": (Listening.model_validate({"protocol": protocol, "port": port, "by": by}),)}


def test_good_hosts_are_a_line_each_that_says_system_size_and_roles() -> None:
    found = findings([seen(1), seen(2), seen(3)])
    assert not [one for one in found if not one.ok]
    assert found[0].said == (
        "Debian GNU/Linux 13 (trixie) (MariaDB 11.8), 4 cores, 15.6 GiB memory, 190 of 196 GiB disk free; "
        "for: frontdoor, pagecache, web, database, files, manager, metrics"
    )


@pytest.mark.parametrize(
    ("changes", "says", "mend"),
    [
        ({"os": "ubuntu", "os_name": "Ubuntu 24.04"}, "runs Ubuntu 24.04", "install Debian 13 or 12"),
        ({"release": "11"}, "runs Debian", "install Debian 13 or 12"),
        ({"systemd": False}, "was not booted by systemd", "boot it"),
        ({"sudo": "a password is required"}, "deploy may not use sudo without a password: a password is required", "deploy ALL=(ALL) NOPASSWD:ALL"),
        ({"mark": '{"cluster": "other", "roles": []}'}, "belongs to the cluster other", "take it out of that one"),
        ({"hostname": "localhost"}, "calls itself localhost", "hostnamectl set-hostname node-1"),
        (
            {"addresses": (address("192.168.1.5"), address("10.20.0.99"))},
            "does not have 10.20.0.11 itself: 192.168.1.5, 10.20.0.99",
            "write the address that it has",
        ),
        ({"names": {"node-2": ("10.9.9.9",)}}, "node-2 is 10.9.9.9 there, not 10.20.0.12", "/etc/hosts"),
        ({"peers": {"node-2": "timed out", "node-3": "timed out"}}, "does not reach node-2, node-3: timed out", "let 10.20.0.11 through"),
        ({"cores": 2}, "is too small for frontdoor, pagecache, web, database, files, manager, metrics: 2 of 4 cores", "larger machine"),
        ({"memory_bytes": 8 * GIB}, "8.0 of 16 GiB memory", "larger machine"),
        ({"disk_bytes": 100 * GIB}, "100 of 200 GiB disk", "larger machine"),
        ({"disk_free_bytes": 5 * GIB}, "has 5.0 GiB of disk free", "10 GiB at least"),
        ({"disk_free_bytes": GIB // 2, "mark": AT_HOME}, "has 0.5 GiB of disk free", "1 GiB at least"),
        (taken(18443, "apache2"), "port 18443/tcp (front door (https)) is taken by apache2", "stop it"),
        (taken(3306, "mariadbd"), "port 3306/tcp (database) is taken by mariadbd", "stop it"),
        (taken(3306, ""), "is taken by a program that cannot be seen", "stop it"),
        (taken(3306, "postgres") | {"mark": AT_HOME}, "is taken by postgres", "stop it"),
    ],
)
def test_one_thing_that_is_wrong_is_one_finding_on_that_host(changes: dict[str, Any], says: str, mend: str) -> None:
    (found,) = one_of(**changes)
    assert found.subject == "node-1"
    assert says in found.said
    assert mend in found.mend


@pytest.mark.parametrize(
    "changes",
    [
        taken(3306, "mariadbd") | {"mark": AT_HOME},
        taken(4789, "", "udp") | {"mark": AT_HOME},
        taken(5432, "postgres"),
        {"disk_free_bytes": 5 * GIB, "mark": AT_HOME},
        {"names": {"node-2": ("10.20.0.12", "fd00::12"), "stranger": ("1.2.3.4",)}},
        {"addresses": ()},
        {"release": "13", "peers": {}},
    ],
)
def test_what_looks_wrong_and_is_not_is_let_pass(changes: dict[str, Any]) -> None:
    assert [found for found in one_of(**changes) if "in no network" not in found.said] == []


def test_at_home_names_of_before_and_rules_of_before_are_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that is replaced has another address than the old ones say, and they let it in only after the deploy."""
    old = {"names": {"node-3": ("10.20.0.99",)}, "mark": AT_HOME}
    new = seen(3, peers={"node-1": "timed out", "node-2": "timed out"})
    assert [one.said for one in wrong([seen(1, **old), seen(2, **old), new])] == ["does not reach node-1, node-2: timed out"]
    closed = HOSTS.model_copy(update={"ssh": HOSTS.ssh.model_copy(update={"networks": ("10.99.0.0/16",)})})
    monkeypatch.setitem(globals(), "HOSTS", closed)
    assert wrong([seen(1, **old), seen(2, **old), new]) == []
    assert [one.said for one in wrong([seen(1, **old), seen(2), new])] == ["does not reach node-2: timed out"]


def test_all_that_is_wrong_with_all_hosts_is_said_at_once_and_a_silent_host_once() -> None:
    gone = replace(seen(3), facts=None, problem=PlanError("does not answer at port 22", hint="is it up?"))
    found = wrong([seen(1, sudo="no", cores=1), seen(2, os="alpine", peers={"node-1": "", "node-3": "timed out"}), gone])
    assert [one.subject for one in found] == ["node-1", "node-1", "node-2", "node-3"]
    assert found[-1].said == "10.20.0.13 does not answer at port 22"


@pytest.mark.parametrize(("clock", "says"), [(Clock(4.9, 5.2), "4.9 s ahead of"), (Clock(-5.2, -4.9), "4.9 s behind")])
def test_a_clock_that_is_off_for_sure_is_said(clock: Clock, says: str) -> None:
    found = wrong([replace(seen(1), clock=clock), replace(seen(2), clock=Clock(-0.1, 0.3)), seen(3)])
    assert [one.subject for one in found] == ["node-1", "cluster"]
    assert says in found[0].said


def test_a_clock_of_a_host_that_took_its_time_is_not_called_wrong() -> None:
    assert not wrong([replace(seen(1), clock=Clock(-5.0, 0.2)), replace(seen(2), clock=Clock(-0.1, 0.3)), seen(3)])


def test_clocks_that_differ_from_each_other_are_said_where_each_may_be_right() -> None:
    (found,) = wrong([replace(seen(1), clock=Clock(0.8, 0.9)), replace(seen(2), clock=Clock(-0.9, -0.8)), seen(3)])
    assert found.said == "the clock of node-1 is at least 1.6 s ahead of node-2's"


def test_an_address_of_the_front_door_that_somebody_has_is_refused() -> None:
    (found,) = one_of(front={"10.20.0.10": "02:00:00:00:00:01"})
    assert "is taken by another machine (02:00:00:00:00:01, seen by node-1)" in found.said
    mine = [seen(number).facts for number in (1, 3)]
    assert all(mine)
    assert not wrong([seen(1, hardware=("02:00:00:00:00:01",)), seen(2), seen(3, front={"10.20.0.10": "02:00:00:00:00:01"})]), (
        "a front door gave it up just now"
    )
    moving = (address("10.20.0.11"), address("10.20.0.10", 32))
    assert not one_of(front={"10.20.0.10": "02:00:00:00:00:01"}, addresses=moving)
    (strange,) = wrong([seen(1), seen(2), seen(3, addresses=(address("10.20.0.13"), address("10.20.0.10")))])
    assert "is an address of node-3, no front door" in strange.said


def test_an_address_outside_the_hosts_network_is_refused() -> None:
    found = wrong([seen(1, addresses=(address("10.20.0.11", 32),)), seen(2), seen(3)])
    assert [one.said for one in found] == ["the front door's 10.20.0.10 is in no network of node-1"]


def test_members_of_the_database_are_of_one_release_and_hosts_of_one_kind() -> None:
    (found,) = one_of(release="12", os_name="Debian GNU/Linux 12 (bookworm)")
    assert "node-1 Debian 12, node-2 Debian 13, node-3 Debian 13" in found.said
    (kind,) = one_of(architecture="aarch64")
    assert "aarch64, x86_64" in kind.said


def test_one_machine_under_two_addresses_is_found() -> None:
    both = (address("10.20.0.11"), address("10.20.0.12"))
    found = wrong([seen(1, addresses=both), seen(2, hostname="node-1", addresses=both), seen(3)])
    assert [one.said for one in found] == ["calls itself node-1", "node-1 and node-2 are one machine: it has 10.20.0.11 and 10.20.0.12"]


def test_without_a_plan_hosts_are_judged_by_what_every_host_needs() -> None:
    found = list(judged(HOSTS, [seen(1, cores=1, sudo="no", **taken(3306, "x"))], None, None, {}))
    assert [one.ok for one in found] == [True, False]


def test_a_mark_reads_back_and_tells_what_was_held() -> None:
    assert parsed(AT_HOME) == Mark("hq", PLACED.roles["node-1"])
    assert parsed("") is parsed(" \n") is None
    for damaged in ("hq\n", "[1]", '{"cluster": "x"}', '{"roles": 5, "cluster": 1}', "[" * 9999):
        assert parsed(damaged)
    assert remembered({"a": Mark("hq", ("web",)), "b": Mark("other", ("web",)), "c": None}, "hq") == {"a": ("web",)}


def test_each_port_is_there_once_and_none_is_that_of_the_front_door() -> None:
    table = [(port.protocol, port.number) for port in ports(PLAN)]
    assert len(table) == len(set(table))
    assert {port.number for port in ports(PLAN) if port.comers == "everyone"} == {18080, 18443}
    assert {port.what for port in of(PLAN, ("arbitrator",))} > {"database cluster", "files"}
    assert not {3306, 18443} & {port.number for port in of(PLAN, ("web",))}
    assert all(set(port.roles) <= set(ROLES) for port in ports(PLAN))
    assert host(1)
