"""What each host has to do so that all engines are one swarm: new hosts, hosts that came back, somebody else's swarm."""

from typing import Any

from tests.unit.cluster.of_ansible import filters

MODULE = filters("swarm_steps")

HOSTS = {"a": "10.0.0.1", "b": "10.0.0.2", "c": "10.0.0.3", "d": "10.0.0.4"}
NEW: dict[str, Any] = {"state": "inactive", "node": "", "address": "", "managers": [], "manager": False, "cluster": "", "nodes": None}


def node(name: str) -> dict[str, Any]:
    return {"id": f"id-{name}", "name": name, "address": HOSTS[name], "state": "ready", "role": "worker", "leader": False}


def member(name: str, of: str = "abcd", *, manager: bool = True, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - keys of what is seen
    seen = {**NEW, "state": "active", "node": f"id-{name}", "address": HOSTS[name], "managers": [HOSTS["a"]], "manager": manager}
    return {**seen, **({"cluster": "one", "nodes": [node(one) for one in of]} if manager else {}), **more}


def steps(**seen: dict[str, Any]) -> dict[str, Any]:
    wanted = {name: {"address": HOSTS[name], "manager": name != "d"} for name in HOSTS}
    return dict(MODULE.steps(wanted, {name: seen.get(name, NEW) for name in HOSTS}))


def everyone() -> dict[str, dict[str, Any]]:
    return {"a": member("a"), "b": member("b"), "c": member("c"), "d": member("d", manager=False)}


def test_of_new_hosts_the_first_manager_makes_the_swarm_and_the_others_join() -> None:
    told = steps()
    assert (told["reference"], told["init"]) == ("a", True)
    assert {name: one["role"] for name, one in told["joins"].items()} == {"b": "manager", "c": "manager", "d": "worker"}
    assert not any(one["leave"] for one in told["joins"].values())


def test_where_all_are_members_nobody_does_anything() -> None:
    told = steps(**everyone())
    assert (told["init"], told["joins"], told["refused"]) == (False, {}, [])


def test_a_new_host_joins_those_that_are_there() -> None:
    told = steps(**{**everyone(), "d": NEW})
    assert (told["init"], told["joins"]) == (False, {"d": {"role": "worker", "leave": False}})


def test_a_host_that_the_swarm_has_forgotten_leaves_and_joins_again() -> None:
    told = steps(**{name: {**seen, "nodes": [node(one) for one in "abc"]} if seen["manager"] else seen for name, seen in everyone().items()})
    assert told["joins"] == {"d": {"role": "worker", "leave": True}}


def test_a_first_manager_that_was_installed_anew_joins_the_swarm_of_the_others() -> None:
    told = steps(**{**everyone(), "a": NEW})
    assert told["reference"] == "b"
    assert (told["init"], told["joins"]) == (False, {"a": {"role": "manager", "leave": False}})


def test_a_host_with_another_address_joins_anew() -> None:
    told = steps(**{**everyone(), "c": member("c", address="10.0.0.33")})
    assert told["joins"] == {"c": {"role": "manager", "leave": True}}


def test_two_swarms_are_refused() -> None:
    assert "different swarms" in steps(a=member("a", "a"), b=member("b", "b", cluster="two"))["refused"][0]


def test_somebody_elses_swarm_is_left_to_him() -> None:
    other = member("d", manager=False, managers=["192.0.2.7"])
    assert "another swarm" in steps(**{**everyone(), "d": other})["refused"][0]
    desk = member("a", "a", address="127.0.0.1", managers=["127.0.0.1"])
    assert "desk" in steps(a=desk)["refused"][0]


def test_managers_without_a_leader_are_waited_for_and_never_replaced() -> None:
    told = steps(a=member("a", nodes=None), b=NEW, c=NEW, d=NEW)
    assert "no leader" in told["refused"][0]
    assert not told["init"]
