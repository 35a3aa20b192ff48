"""Who of the members begins, over everything that members may hold: never two, never one that lacks what another has."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

PROGRAM = Path(__file__).resolve().parents[3] / "playbooks/roles/database/files/underdesk_database"
sys.path.insert(0, str(PROGRAM))
import agreement  # type: ignore[import-not-found] # noqa: E402
import members  # type: ignore[import-not-found] # noqa: E402
import position  # type: ignore[import-not-found] # noqa: E402

sys.path.remove(str(PROGRAM))
for _name in ("agreement", "members", "position", "settings"):
    sys.modules.pop(_name)

STATE = "# GALERA saved state\nversion: 2.1\nuuid:    3f8a5dd6-9d3c-11ee-8c90-0242ac120002\nseqno:   -1\nsafe_to_bootstrap: 0\n"
NAMES = ("node-1", "node-2", "node-3")
OLD, OTHER = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def member(name: str, **told: Any) -> Any:  # noqa: ANN401 - of another program
    return agreement.Member(name, **({"phase": "waiting", "uuid": OLD, "seqno": 5, "data": True} | told))


def decided(*every: Any, expected: tuple[str, ...] = NAMES) -> dict[str, str]:  # noqa: ANN401 - of another program
    """Return what each of the members does, seen by the others as they are."""
    return {own.name: agreement.decide(own, expected, {other.name: other for other in every if other is not own}).do for own in every}


def test_the_one_that_holds_the_most_begins_and_the_others_wait() -> None:
    assert decided(member("node-1"), member("node-2", seqno=9), member("node-3", seqno=8)) == {"node-1": "wait", "node-2": "begin", "node-3": "wait"}


def test_of_equals_the_first_by_name_begins() -> None:
    assert decided(member("node-3"), member("node-1"), member("node-2"))["node-1"] == "begin"


def test_bare_hosts_agree_on_one() -> None:
    assert list(decided(*(member(name, uuid="", seqno=-1, data=False) for name in NAMES)).values()) == ["begin", "wait", "wait"]


def test_one_missing_is_waited_for_until_an_operator_gives_it_up_on_any_host() -> None:
    one, two = member("node-1"), member("node-2", seqno=9)
    assert set(decided(one, two).values()) == {"wait"}
    assert decided(replace(one, without=("node-3",)), two) == {"node-1": "wait", "node-2": "begin"}


def test_who_runs_is_joined_whatever_is_missing() -> None:
    assert decided(member("node-1"), member("node-2", phase="running", primary=True))["node-1"] == "join"


def test_who_starts_at_the_moment_is_waited_for() -> None:
    assert decided(member("node-1", seqno=9), member("node-2", phase="down"), member("node-3"))["node-1"] == "wait"


def test_a_server_that_was_alone_hands_its_databases_to_new_members() -> None:
    alone = member("node-2", uuid="", seqno=-1)
    fresh = [member(name, uuid="", seqno=-1, data=False) for name in ("node-1", "node-3")]
    assert decided(alone, *fresh) == {"node-1": "wait", "node-2": "begin", "node-3": "wait"}


def test_databases_that_the_cluster_does_not_know_are_never_replaced_without_a_word() -> None:
    running = member("node-1", phase="running", primary=True)
    for foreign in (member("node-2", uuid=OTHER), member("node-2", uuid="", seqno=-1)):
        assert decided(running, foreign)["node-2"] == "wait"
        assert decided(running, replace(foreign, yields=True))["node-2"] == "join"


def test_different_databases_begin_nothing_until_an_operator_says_which_holds_the_truth() -> None:
    one, two, three = member("node-1"), member("node-2", uuid=OTHER, seqno=99), member("node-3")
    assert set(decided(one, two, three).values()) == {"wait"}
    assert decided(replace(one, begins=True), two, three) == {"node-1": "begin", "node-2": "wait", "node-3": "wait"}


def test_half_a_copy_never_begins_before_a_whole_one() -> None:
    assert decided(member("node-1", joining=True, seqno=9), member("node-2"), member("node-3"))["node-2"] == "begin"


@pytest.mark.parametrize(("alone_s", "is_stuck"), [(0.0, False), (agreement.SETTLED_S, True)])
def test_who_lost_the_others_stops_only_when_all_are_seen_and_none_found_any(alone_s: float, is_stuck: bool) -> None:  # noqa: FBT001 - a table
    one, two, three = member("node-1", phase="running", alone_s=99.0), member("node-2", phase="running", alone_s=alone_s), member("node-3")
    assert agreement.stuck(one, NAMES, {"node-2": two, "node-3": three}) is is_stuck
    assert not agreement.stuck(one, NAMES, {"node-2": two})
    assert not agreement.stuck(one, NAMES, {"node-2": two, "node-3": replace(three, phase="running", primary=True)})


KINDS = st.fixed_dictionaries(
    {
        "phase": st.sampled_from(["waiting", "waiting", "waiting", "running", "down"]),
        "uuid": st.sampled_from(["", OLD, OLD, OTHER]),
        "seqno": st.integers(-1, 3),
        "joining": st.booleans(),
        "data": st.booleans(),
        "yields": st.booleans(),
    }
)


@given(st.tuples(KINDS, KINDS, KINDS), st.sets(st.sampled_from(NAMES)))
def test_never_do_two_begin_and_never_one_that_lacks_what_a_whole_copy_has(kinds: tuple[dict[str, Any], ...], seen: set[str]) -> None:
    every = [member(name, **kind) for name, kind in zip(NAMES, kinds, strict=True) if name in seen]
    waiting = [one for one in every if one.phase == "waiting"]
    done = {own.name: agreement.decide(own, NAMES, {other.name: other for other in every if other is not own}).do for own in waiting}
    begun = [one for one in waiting if done[one.name] == "begin"]
    assert len(begun) <= 1
    for one in begun:
        assert len(every) == len(NAMES)
        assert not [other for other in every if other.uuid == one.uuid and not other.joining and other.seqno > one.seqno]


def test_members_tell_each_other_all_they_know_and_forgive_another_version() -> None:
    told = member("node-1", without=("node-3",), begins=True)
    assert members.read(members.written(told)) == told
    assert members.read('{"name": "node-1", "later": 1}') == agreement.Member("node-1")


def test_the_position_of_a_killed_server_is_not_taken_from_the_file_alone() -> None:
    text = "# GALERA saved state\nversion: 2.1\nuuid:    {}\nseqno:   {}\nsafe_to_bootstrap: 0\n"
    assert position.of_state(text.format(OLD, 17)) == position.Position(OLD, 17, f"{OLD}:17")
    assert position.of_state(text.format(position.NONE, -1)) == position.Position()
    found = position.RECOVERED.search(f"[Note] WSREP: Recovered position: {OLD}:1705,0-1-1700\n")
    assert found
    assert (found[1], found[3]) == (f"{OLD}:1705,0-1-1700", "1705")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host whose server was killed, and whose log says how far its data goes."""
    (tmp_path / "data" / "blogs").mkdir(parents=True)
    (tmp_path / "data" / "grastate.dat").write_text(STATE)
    (tmp_path / "boot").write_text("one\n")
    monkeypatch.setattr(position, "DATA", tmp_path / "data")
    monkeypatch.setattr(position, "JOINING", tmp_path / "joining")
    monkeypatch.setattr(position, "BOOT", tmp_path / "boot")
    server = tmp_path / "server"
    server.write_text("#!/bin/sh\necho 'WSREP: Recovered position: 3f8a5dd6-9d3c-11ee-8c90-0242ac120002:77' >&2\n")
    server.chmod(0o755)
    monkeypatch.setattr(position, "SERVER", str(server))
    return tmp_path


def test_a_copy_that_was_not_on_the_disk_when_the_host_went_down_counts_for_nothing(host: Path) -> None:
    assert position.find().seqno == 77
    position.joins()
    assert position.find().seqno == 77, "the server alone was killed: what it wrote is there"
    (host / "boot").write_text("two\n")
    assert position.find() == position.Position()
    (host / "joining").write_text("")
    assert position.find() == position.Position(), "as an older version wrote it"


def test_a_copy_is_on_the_disk_before_it_counts(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (host / "data" / "blogs" / "posts.ibd").write_text("rows")
    synced: list[str] = []

    def fsync(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink().relative_to(host)))
        if "joining" not in synced[-1] and synced[-1] != ".":
            assert (host / "joining").exists()

    position.joins()
    monkeypatch.setattr(position.os, "fsync", fsync)
    position.settle(host / "data")
    assert set(synced) == {"data", "data/blogs", "data/blogs/posts.ibd", "data/grastate.dat", "."}
    assert not (host / "joining").exists()
