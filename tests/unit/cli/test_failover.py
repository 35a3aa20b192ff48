"""``plan failover``: what is said before it is asked, when it is refused, and the answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli import failover
from cli.main import run
from infra.cluster.failover import Change, Seen, Server
from tests.unit.cluster import test_failover as examples

ASKED = ["failover", "--inventory", "cluster.yaml"]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Change]:
    """Return what was made."""
    done: list[Change] = []

    def make(_found: Seen, wanted: Change) -> dict[str, object]:
        done.append(wanted)
        return {"primary": wanted.host, "term": 2, "all_taken_over": wanted.heard}

    monkeypatch.setattr(failover, "make", make)
    return done


def looked_at(monkeypatch: pytest.MonkeyPatch, there: Seen) -> None:
    @contextmanager
    def found(_path: Path) -> Iterator[Seen]:
        yield there

    monkeypatch.setattr(failover, "seen", found)


def lost() -> Seen:
    copy = examples.server("node-2", heard_s=34.0, lacked=0, pace=2.0)
    return examples.seen(node_2=examples.view(copy, Server(name="node-1"), follows=True))


def well() -> Seen:
    servers = examples.both()
    return examples.seen(node_1=examples.view(*servers), node_2=examples.view(*servers, follows=True))


def test_what_would_be_lost_is_said_before_anybody_is_asked(monkeypatch: pytest.MonkeyPatch, made: list[Change], capsys: pytest.CaptureFixture[str]) -> None:
    looked_at(monkeypatch, lost())
    assert run(ASKED) == 1
    said = capsys.readouterr().err
    assert "heard it last 34 s ago and then had all of its changes" in said
    assert said.index("lost: what node-1 took in the 2 s around the moment") < said.index("nobody is here to ask")
    assert made == []


def test_with_a_word_the_copy_becomes_primary_and_the_answer_says_what_is_lost(
    monkeypatch: pytest.MonkeyPatch, made: list[Change], capsys: pytest.CaptureFixture[str]
) -> None:
    looked_at(monkeypatch, lost())
    assert run([*ASKED, "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["primary"], told["was"], told["was_well"], told["done"], told["all_taken_over"]) == ("node-2", "node-1", False, True, False)
    assert (told["heard_s"], told["lacked"], told["changes_per_second"]) == (34.0, 0, 2.0)
    assert [one.host for one in made] == ["node-2"]


def test_a_primary_that_is_well_is_left_alone(monkeypatch: pytest.MonkeyPatch, made: list[Change], capsys: pytest.CaptureFixture[str]) -> None:
    looked_at(monkeypatch, well())
    assert run([*ASKED, "--yes"]) == 1
    said = capsys.readouterr().err
    assert "node-1: the primary is well" in said
    assert "--planned" in said
    assert made == []


def test_a_planned_one_loses_nothing_and_says_so(monkeypatch: pytest.MonkeyPatch, made: list[Change], capsys: pytest.CaptureFixture[str]) -> None:
    looked_at(monkeypatch, well())
    assert run([*ASKED, "--planned", "--yes"]) == 0
    heard = capsys.readouterr()
    assert "lost: nothing" in heard.err
    assert heard.out == "node-2 is the primary: everything of node-1 was taken over\n"
    assert made[0].heard


def test_a_look_changes_nothing(monkeypatch: pytest.MonkeyPatch, made: list[Change], capsys: pytest.CaptureFixture[str]) -> None:
    looked_at(monkeypatch, lost())
    assert run([*ASKED, "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["done"] is False
    assert made == []
