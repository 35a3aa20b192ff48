"""What is kept on managers: newest wins, nothing is lost by who dies in between, and two engineers never overwrite each other."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from infra.cluster.carry import kept
from infra.cluster.carry.archive import compress
from infra.cluster.carry.kept import GENERATIONS, Kept, fetch, store
from infra.cluster.cluster import Cluster
from infra.inventory.assign import Question, place
from runtime.errors import PlanError
from tests.unit.inventory_examples import equal, fake_ssh, inventory

DEAD = "echo 'connect: no route to host' >&2; exit 255"
CUT_OFF = """case "$1" in *'
write '*) head -c 20 | sh -c "$1"; exit 255 ;; esac"""


class Managers:
    """Three managers, each a folder of this machine; what an engineer has lies in folders of his own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, count: int = 3) -> None:
        self.folder, found, plan = folder, inventory(count), equal(count)
        self.cluster = Cluster(plan, found, place(Question(found, plan)))
        addresses = {name: self.cluster.reach[name].address for name in self.cluster.managers}
        monkeypatch.setenv("PATH", fake_ssh(folder / "bin", dict.fromkeys(addresses.values(), "")))
        (folder / "bin" / "sudo").write_text('#!/bin/sh\nshift; exec "$@"\n')
        (folder / "bin" / "sudo").chmod(0o755)
        monkeypatch.setattr(kept, "ROOT", "var")
        self.scripts = {name: folder / "bin" / "at" / address for name, address in addresses.items()}
        for name in self.scripts:
            self.at(name).mkdir()
            self.does(name)

    def at(self, name: str) -> Path:
        return self.folder / name

    def does(self, name: str, first: str = "") -> None:
        """Have a manager do what it is told, or something else first."""
        self.scripts[name].write_text(f'cd {shlex.quote(str(self.at(name)))}; {first}\nexec sh -c "$1"\n')

    def archives(self, name: str) -> list[str]:
        found = (self.at(name) / "var" / self.cluster.plan.platform.name / "kept").glob("0*")
        return sorted(path.name for path in found)

    def engineer(self, name: str) -> Path:
        folder = self.folder / f"engineer-{name}"
        folder.mkdir(exist_ok=True)
        return folder

    def fetched(self, who: str) -> Kept:
        return fetch(self.cluster, self.engineer(who))

    def stored(self, who: str, had: Kept, text: str) -> kept.Stored:
        (had.folder / "plan.json").write_text(text)
        return store(self.cluster, self.engineer(who), had)


@pytest.fixture
def managers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Managers:
    return Managers(tmp_path, monkeypatch)


def test_what_one_engineer_stores_another_fetches_and_what_is_local_stays_local(managers: Managers) -> None:
    first = managers.fetched("anna")
    assert (first.generation, list(first.folder.iterdir())) == (0, [])
    (first.folder / "pulumi-home").mkdir()
    (first.folder / "secrets").mkdir()
    (first.folder / "secrets" / "administrator").write_text("guess")
    done = managers.stored("anna", first, "one")
    assert (done.written, done.without, done.kept.generation) == (True, (), 1)
    assert managers.archives("node-1") == managers.archives("node-3") == [done.kept.name]
    assert {path.stat().st_mode & 0o777 for path in managers.at("node-2").rglob("0*")} == {0o600}
    second = managers.fetched("ben")
    assert second.name == done.kept.name
    assert sorted(path.name for path in second.folder.iterdir()) == ["plan.json", "secrets"]
    (second.folder / "secrets" / "administrator").unlink()
    assert managers.stored("ben", second, "two").kept.generation == 2
    assert not (managers.fetched("anna").folder / "secrets" / "administrator").exists()
    assert not list(managers.engineer("anna").glob("*.tar*")) + list(managers.engineer("anna").glob(".[0-9]*")), "secrets are left behind"


def test_nothing_is_written_where_nothing_changed_but_what_a_manager_lacks_is(managers: Managers) -> None:
    had = managers.stored("anna", managers.fetched("anna"), "one").kept
    assert not managers.stored("anna", had, "one").written
    next((managers.at("node-3") / "var").rglob("0*")).unlink()
    again = managers.stored("anna", had, "one")
    assert (again.written, again.kept, managers.archives("node-3")) == (True, had, [had.name])


def test_only_the_last_ones_are_kept(managers: Managers) -> None:
    had = managers.fetched("anna")
    for number in range(GENERATIONS + 3):
        had = managers.stored("anna", had, str(number)).kept
    assert len(managers.archives("node-2")) == GENERATIONS
    assert managers.archives("node-2")[-1] == had.name


def test_whoever_began_with_what_is_no_longer_newest_is_refused_and_overwrites_nothing(managers: Managers) -> None:
    begun, other = managers.fetched("anna"), managers.fetched("ben")
    had = managers.stored("anna", begun, "anna's").kept
    with pytest.raises(PlanError, match="somebody else stored"):
        managers.stored("ben", other, "ben's")
    assert managers.archives("node-1") == [had.name]
    assert (managers.fetched("ben").folder / "plan.json").read_text() == "anna's"


def test_of_two_who_look_before_either_writes_one_is_refused_by_the_hosts(managers: Managers, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, other = managers.fetched("anna"), managers.fetched("ben")
    before = kept._look(managers.cluster, managers.engineer("ben"))
    had = managers.stored("anna", begun, "anna's").kept
    monkeypatch.setattr(kept, "_look", lambda *_: before)
    with pytest.raises(PlanError, match="somebody else stored"):
        managers.stored("ben", other, "ben's")
    assert managers.archives("node-1") == managers.archives("node-2") == [had.name]


def test_a_write_that_comes_late_is_refused_where_a_later_number_was_given_out(managers: Managers, monkeypatch: pytest.MonkeyPatch) -> None:
    had = managers.stored("anna", managers.fetched("anna"), "one").kept
    reserve = kept._reserve

    def overtaken(cluster: Cluster, folder: Path, seen: dict[str, kept._Seen]) -> int:
        mine = reserve(cluster, folder, seen)
        reserve(cluster, folder, kept._seen(cluster, kept._look(cluster, folder)))
        return mine

    monkeypatch.setattr(kept, "_reserve", overtaken)
    with pytest.raises(PlanError, match="somebody else stored"):
        managers.stored("anna", had, "two")
    assert managers.archives("node-1") == [had.name]


def test_a_manager_that_does_not_answer_is_named_and_gets_it_later(managers: Managers) -> None:
    had = managers.fetched("anna")
    managers.does("node-2", DEAD)
    done = managers.stored("anna", had, "one")
    assert done.without == ("node-2 has not got the state of the deployment: connect: no route to host",)
    managers.does("node-2")
    managers.does("node-1", DEAD)
    again = managers.fetched("ben")
    assert again.name == done.kept.name
    assert store(managers.cluster, managers.engineer("ben"), again).written
    assert managers.archives("node-2") == [done.kept.name]


def test_nobody_begins_anew_while_a_manager_is_silent_that_may_have_it(managers: Managers) -> None:
    managers.does("node-2", DEAD)
    with pytest.raises(PlanError, match="node-2: connect: no route to host"):
        managers.fetched("anna")


def test_where_most_managers_are_silent_nothing_is_read_and_nothing_written(managers: Managers) -> None:
    had = managers.stored("anna", managers.fetched("anna"), "one").kept
    for name in ("node-1", "node-3"):
        managers.does(name, DEAD)
    with pytest.raises(PlanError, match=r"node-1: connect: no route to host; node-3: "):
        managers.fetched("ben")
    with pytest.raises(PlanError, match="cannot be read"):
        managers.stored("anna", had, "two")
    assert managers.archives("node-2") == [had.name]


def test_a_store_that_was_cut_off_leaves_the_old_one_and_its_number_is_never_used_again(managers: Managers) -> None:
    had = managers.stored("anna", managers.fetched("anna"), "one").kept
    for name in ("node-1", "node-2"):
        managers.does(name, CUT_OFF)
    with pytest.raises(PlanError, match="is not kept"):
        managers.stored("anna", had, "anna's second")
    assert managers.archives("node-1") == [had.name]
    lost = managers.archives("node-3")[-1]
    for name in ("node-1", "node-2"):
        managers.does(name)
    managers.does("node-3", DEAD)  # only there it arrived
    begun = managers.fetched("ben")
    assert begun.name == had.name
    done = managers.stored("ben", begun, "ben's second").kept
    assert done.generation == 3
    managers.does("node-3")
    managers.does("node-1", DEAD)
    assert managers.fetched("anna").name == done.name > lost


def test_what_is_damaged_on_one_manager_is_taken_from_another_and_nowhere_is_said(managers: Managers) -> None:
    had = managers.stored("anna", managers.fetched("anna"), "one").kept
    kept_at = [next((managers.at(name) / "var").rglob("0*")) for name in managers.scripts]
    kept_at[0].write_bytes(b"rubbish")
    assert (managers.fetched("ben").folder / "plan.json").read_text() == "one"
    kept_at[1].write_bytes(compress(b"something else"))
    kept_at[2].unlink()
    kept_at[2].touch()
    with pytest.raises(PlanError, match=r"damaged \(node-1: .*node-2: its content is not what its name says; node-3: ") as problem:
        managers.fetched("ben")
    assert had.name in problem.value.where
    assert (managers.engineer("ben") / managers.cluster.plan.platform.name / "plan.json").read_text() == "one"


def test_one_manager_alone_is_most_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = Managers(tmp_path, monkeypatch, count=1)
    had = alone.stored("anna", alone.fetched("anna"), "one").kept
    assert alone.fetched("ben").name == had.name


def test_one_manager_of_three_is_enough_to_look_and_not_to_go_on_from(managers: Managers) -> None:
    had = managers.stored("anna", managers.fetched("anna"), "one").kept
    for name in ("node-1", "node-2"):
        managers.does(name, DEAD)
    with pytest.raises(PlanError, match="cannot be read"):
        managers.fetched("ben")
    assert kept.glimpse(managers.cluster, managers.engineer("ben")).name == had.name


def test_a_manager_that_is_known_to_be_lost_is_not_asked_again(managers: Managers) -> None:
    had = managers.stored("anna", managers.fetched("anna"), "one").kept
    managers.does("node-1", "touch asked")
    managers.cluster = replace(managers.cluster, lost=frozenset({"node-1"}))
    assert managers.fetched("ben").name == had.name
    assert managers.stored("ben", had, "two").without == ("node-1 has not got the state of the deployment: does not answer",)
    assert not (managers.at("node-1") / "asked").exists()
