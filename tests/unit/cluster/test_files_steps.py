"""What has to be done so that hosts keep one volume: new hosts, interrupted runs, hosts that were installed anew, more and fewer of them."""

from typing import Any

from tests.unit.cluster.of_ansible import filters

MODULE = filters("files_steps")

ADDRESSES = {name: f"10.0.0.{number}" for number, name in enumerate("abcdef", 1)}
NEW: dict[str, Any] = {"covers": False, "uuid": "", "peers": {}, "volume": None, "brick": "none"}
OPTIONS = {"network.ping-timeout": "3"}


def wanted(hosts: str, arbiter: str = "") -> dict[str, Any]:
    bricks = [{"host": name, "address": ADDRESSES[name], "arbiter": name == arbiter} for name in hosts]
    return {"volume": "v", "path": "/store/brick", "folder": "/data", "replica": min(3, len(hosts)), "options": OPTIONS, "bricks": bricks}


def peers(hosts: str) -> dict[str, Any]:
    return {f"uuid-{name}": {"addresses": [ADDRESSES[name]], "connected": True, "state": 3} for name in hosts}


def member(name: str, of: str, arbiter: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - keys of what is seen
    bricks = [{"address": ADDRESSES[one], "arbiter": one == arbiter} for one in of]
    volume = {"id": "one", "status": "Started", "bricks": bricks, "options": {**OPTIONS, "nfs.disable": "on"}}
    return {"covers": False, "uuid": f"uuid-{name}", "peers": peers(of.replace(name, "")), "volume": volume, "brick": "full", **more}


def told(hosts: str, arbiter: str = "", /, **seen: dict[str, Any]) -> dict[str, Any]:
    return dict(MODULE.steps(wanted(hosts, arbiter), {name: seen.get(name, NEW) for name in hosts} | seen))


def argv(found: dict[str, Any]) -> list[str]:
    return [" ".join(step["argv"]) for step in found["steps"]]


def everyone(of: str = "abc", arbiter: str = "") -> dict[str, dict[str, Any]]:
    return {name: member(name, of, arbiter) for name in of}


def test_new_hosts_become_peers_and_one_volume() -> None:
    assert argv(told("abc")) == [
        "peer probe 10.0.0.2",
        "peer probe 10.0.0.3",
        "volume create v replica 3 10.0.0.1:/store/brick 10.0.0.2:/store/brick 10.0.0.3:/store/brick force",
        "volume set v network.ping-timeout 3",
        "volume start v",
    ]
    assert told("abc")["reference"] == "a"


def test_an_arbiter_keeps_names() -> None:
    assert argv(told("abc", "c"))[2].startswith("volume create v replica 3 arbiter 1 10.0.0.1")


def test_with_everything_there_nothing_is_done() -> None:
    found = told("abc", **everyone())
    assert (found["steps"], found["adopt"], found["clean"], found["refused"]) == ([], {}, [], [])


def test_what_an_interrupted_run_began_is_gone_on_with() -> None:
    begun = {**NEW, "uuid": "uuid-a", "peers": peers("b"), "brick": "marked"}
    found = told("abc", a=begun, b={**NEW, "brick": "marked"})
    assert argv(found)[0] == "peer probe 10.0.0.3"
    assert found["clean"] == ["a", "b"]
    created = member("a", "abc", brick="marked")
    created["volume"] |= {"status": "Created", "options": {}}
    assert argv(told("abc", **(everyone() | {"a": created}))) == ["volume set v network.ping-timeout 3", "volume start v"]


def test_only_what_differs_of_the_options_is_set() -> None:
    seen = everyone()
    seen["a"]["volume"]["options"]["network.ping-timeout"] = "42"
    assert argv(told("abc", **seen)) == ["volume set v network.ping-timeout 3"]


def test_a_host_that_was_installed_anew_takes_its_place_and_gets_all_files() -> None:
    found = told("abc", **(everyone() | {"a": {**NEW, "uuid": "fresh"}}))
    assert found["reference"] == "b"
    assert found["adopt"] == {"a": {"uuid": "uuid-a", "peer": "10.0.0.2"}}
    assert argv(found)[1:] == [
        "volume reset-brick v 10.0.0.1:/store/brick start",
        "volume reset-brick v 10.0.0.1:/store/brick 10.0.0.1:/store/brick commit force",
    ]
    assert [step["until"] for step in found["steps"]] == ["10.0.0.1", "", "healed"]


def test_a_disk_that_was_lost_is_filled_again() -> None:
    found = told("abc", **(everyone() | {"c": member("c", "abc", brick="empty")}))
    assert found["adopt"] == {}
    assert len(found["steps"]) == 2


def test_a_third_host_keeps_all_files_too() -> None:
    seen = {name: member(name, "ab") for name in "ab"}
    assert argv(told("abc", **seen)) == ["peer probe 10.0.0.3", "volume add-brick v replica 3 10.0.0.3:/store/brick force"]


def test_a_host_takes_anothers_place_and_only_after_all_is_copied_the_next_does() -> None:
    seen = {name: member(name, "abc") for name in "abc"}
    found = told("ade", **{name: seen[name] for name in "a"})
    moves = [step for step in found["steps"] if "replace-brick" in step["argv"]]
    assert [step["until"] for step in moves] == ["healed", "healed"]
    assert argv(found)[2:] == [
        "volume replace-brick v 10.0.0.2:/store/brick 10.0.0.4:/store/brick commit force",
        "volume replace-brick v 10.0.0.3:/store/brick 10.0.0.5:/store/brick commit force",
        "peer detach 10.0.0.2 force",
        "peer detach 10.0.0.3 force",
    ]


def test_an_arbiter_gives_way_to_a_host_that_keeps_files() -> None:
    seen = {name: member(name, "abc", "c") for name in "abc"}
    found = argv(told("abd", **{name: seen[name] for name in "ab"}))
    assert found == [
        "peer probe 10.0.0.4",
        "volume remove-brick v replica 2 10.0.0.3:/store/brick force",
        "volume add-brick v replica 3 10.0.0.4:/store/brick force",
        "peer detach 10.0.0.3 force",
    ]


def test_three_more_keep_a_part_of_the_files() -> None:
    found = argv(told("abcdef", **everyone()))
    assert found[3:] == ["volume add-brick v 10.0.0.4:/store/brick 10.0.0.5:/store/brick 10.0.0.6:/store/brick force", "volume rebalance v start"]


def test_files_of_before_are_never_taken_for_ours() -> None:
    assert "b: /store/brick holds files of before" in told("abc", b={**NEW, "brick": "foreign"})["refused"][0]
    assert told("abc", b={**NEW, "brick": "full"})["refused"]
    assert told("abc", **(everyone() | {"b": {**NEW, "uuid": "fresh", "brick": "full"}}))["refused"] == []


def test_two_volumes_of_one_name_are_nobodys_to_choose() -> None:
    seen = everyone()
    seen["c"]["volume"]["id"] = "other"
    assert "different files" in told("abc", **seen)["refused"][0]


def test_hosts_of_which_none_keeps_the_files_yet_begin_no_second_store() -> None:
    assert "change one host at a time" in told("def", a=member("a", "abc"))["refused"][0]


def test_files_of_a_host_that_was_the_only_one_are_not_hidden_by_the_store() -> None:
    assert "a: /data holds files that the store would hide" in told("abc", a={**NEW, "covers": True})["refused"][0]
