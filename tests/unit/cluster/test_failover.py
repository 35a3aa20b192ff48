"""A fail-over by an operator's word: who becomes primary, what is lost, and when it is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.cluster import failover
from infra.cluster.failover import END, Change, Seen, Server, View, change, make, parsed
from infra.inventory.connect import reaches
from runtime.errors import PlanError
from runtime.run import Completed
from tests.unit.inventory_examples import inventory

LOST = PlanError("does not answer", where="node", hint="is it up?")
ONE, TWO = "node-1", "node-2"


def server(name: str, **more: Any) -> Server:  # noqa: ANN401 - of each field its own
    return Server(**{"name": name, "phase": "running", "primary_is": ONE, "term": 1, **more})


def view(*servers: Server, mode: str = "copy", follows: bool = False) -> View:
    return View(mode, {one.name: one for one in servers}, follows)


def seen(**views: View) -> Seen:
    found = inventory(2)
    named = {name.replace("_", "-"): one for name, one in views.items()}
    reach = {one.name: one for one in reaches(found)}
    return Seen(found, reach, Path("/nowhere"), named, {name: LOST for name in reach if name not in named})


def both(**primary: Any) -> tuple[Server, Server]:  # noqa: ANN401 - of each field its own
    return server(ONE, **{"writable": True, **primary}), server(TWO, heard_s=0.2, lacked=0, pace=2.0)


def test_a_primary_that_is_well_is_known_as_such_and_would_lose_nothing() -> None:
    servers = both()
    found = change(seen(node_1=view(*servers), node_2=view(*servers, follows=True)))
    assert (found.host, found.was, found.well, found.heard, found.loses) == (TWO, ONE, True, True, "")


def test_of_a_primary_that_is_lost_it_is_said_how_long_ago_and_how_far_behind_the_copy_was() -> None:
    copy = server(TWO, heard_s=34.0, lacked=3, pace=2.0)
    found = change(seen(node_2=view(copy, Server(name=ONE), follows=True)))
    assert (found.host, found.was, found.well, found.heard) == (TWO, ONE, False, False)
    assert found.loses.startswith("the 3 changes that the copy lacked then, ")
    assert "34 s ago (some 7 changes)" in found.loses


def test_where_nobody_remembers_when_the_primary_was_heard_that_is_said() -> None:
    found = change(seen(node_2=view(server(TWO), Server(name=ONE), follows=True)))
    assert "nobody knows" in found.loses


def test_a_host_that_answers_without_its_server_is_not_heard_and_its_changes_count_as_lost() -> None:
    one, two = server(ONE, phase="down"), server(TWO, heard_s=5.0, lacked=0)
    found = change(seen(node_1=view(one, two), node_2=view(one, two, follows=True)))
    assert (found.well, found.heard) == (False, False)
    assert "5 s ago" in found.loses


def test_a_primary_that_the_copy_does_not_hear_and_that_is_well_here_is_well() -> None:
    servers = both()
    found = change(seen(node_1=view(*servers), node_2=view(servers[1], Server(name=ONE), follows=True)))
    assert (found.well, found.heard) == (True, False)


def test_the_later_word_says_who_is_primary() -> None:
    old, new = server(ONE, primary_is=TWO, term=2), server(TWO, primary_is=TWO, term=2, writable=True)
    found = change(seen(node_1=view(old, new, follows=True), node_2=view(old, new)))
    assert (found.host, found.was, found.well) == (ONE, TWO, True)


def test_a_fail_over_that_was_interrupted_goes_on_to_the_same_host() -> None:
    half = server(TWO, primary_is=TWO, term=2, ready=False)
    found = change(seen(node_2=view(half, Server(name=ONE), follows=True)))
    assert (found.host, found.was, found.goes_on) == (TWO, ONE, True)


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (seen(node_1=view(mode="galera"), node_2=view(mode="galera")), "choose by themselves"),
        (seen(node_1=view(mode="alone")), "has no copy"),
        (seen(), "no host with a database answers"),
        (seen(node_1=view(*both())), "the copy does not answer"),
        (seen(node_2=view(server(TWO, phase="down"), Server(name=ONE), follows=True)), "does not run"),
        (seen(node_2=view(server(TWO), Server(name=ONE))), "it does not follow node-1"),
        (seen(node_1=view(server(ONE, primary_is="", term=0), server(TWO, primary_is="", term=0))), "is not known"),
    ],
)
def test_where_there_is_no_copy_that_could_take_over_the_reason_is_said(there: Seen, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        change(there)


def test_what_a_host_says_is_read_and_who_has_no_database_is_left_out() -> None:
    settings = json.dumps({"mode": "copy", "name": TWO, "members": {ONE: "10.20.0.11", TWO: "10.20.0.12"}})
    told = json.dumps({"name": TWO, "phase": "running", "term": 3, "primary_is": ONE, "lacked": 2, "heard_s": 1.5, "of_a_newer_version": 1})
    found = parsed(f"{settings}\n{END}\n{ONE}: does not answer\n{TWO}: {told}\n{END}\nConnecting to master\t10.20.0.11\n")
    assert found is not None
    assert (found.mode, found.follows, found.servers[ONE].phase, found.servers[TWO].lacked) == ("copy", True, "", 2)
    assert parsed("") is None
    assert parsed(f"{{}}\n{END}\n") is None


@pytest.mark.parametrize(("heard", "words"), [(True, "fail-over"), (False, "fail-over --lost")])
def test_what_the_copy_does_not_hear_is_given_up_and_only_that(monkeypatch: pytest.MonkeyPatch, *, heard: bool, words: str) -> None:
    asked: list[str] = []

    def administer(_reach: object, _folder: object, script: str, **_more: object) -> Completed:
        asked.append(script)
        return Completed(0, '{"primary": "node-2", "term": 2, "all_taken_over": true}\n', "")

    monkeypatch.setattr(failover, "administer", administer)
    assert make(seen(), Change(TWO, ONE, heard=heard))["term"] == 2
    assert asked == [f"exec underdesk-database {words}"]


def test_why_the_copy_refuses_is_said_as_it_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failover, "administer", lambda *_, **__: Completed(1, "", "error: the old primary still takes writes\n"))
    with pytest.raises(PlanError, match="node-2: the old primary still takes writes"):
        make(seen(), Change(TWO, ONE))
