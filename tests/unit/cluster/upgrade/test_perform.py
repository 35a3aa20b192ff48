"""An upgrade of a cluster's images: what is written down when, what is tested, and the way back."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra import history, images, version
from infra.cluster import platform as platforms
from infra.cluster.carry import spread
from infra.cluster.make_ready import Work
from infra.cluster.platform import Platform, Say
from infra.cluster.upgrade import perform, renewal
from infra.cluster.upgrade.perform import Attempt, begin
from infra.inventory.assign import Question, place
from infra.upgrade import schema, writes
from infra.upgrade.perform import Outcome
from infra.upgrade.perform import Tested as Verdict
from infra.upgrade.schema import SchemaChange
from runtime.errors import PlanError
from runtime.printer import quiet
from tests.unit.cluster.test_platform import Scene

MAIL = frozenset({"mail"})
PASSED, FAILED = Verdict("passed"), Verdict("failed", ("a comment is not shown",))


class Renewed(Scene):
    """A scene that was deployed once, and what its tests say."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(folder, monkeypatch)
        self.tables: tuple[SchemaChange, ...] = ()
        self.open = True
        self.fails: dict[str, BaseException] = {}
        self.says: list[Verdict] = [PASSED]
        self.verifies: Callable[[], None] = lambda: None
        monkeypatch.setattr(Work, "verify", lambda *_: self.verifies())
        monkeypatch.setattr(schema, "compare", lambda *_: self.tables)
        monkeypatch.setattr(writes, "refuse", lambda doors, *_: self._switch(doors, to_open=False))
        monkeypatch.setattr(writes, "allow", lambda doors: self._switch(doors, to_open=True))
        monkeypatch.setattr(spread, "look", lambda *_: {"node-2": dict.fromkeys(self.references, "ID")})
        monkeypatch.setattr(platforms, "check", lambda found, plan, _name: SimpleNamespace(refuse=lambda: None, placement=place(Question(found, plan))))
        self.deployed()

    @property
    def references(self) -> set[str]:
        """What hosts have: all that ever ran."""
        return {reference for entry in history.entries(self.opened.deployment) for reference in entry.note.images.values()}

    @property
    def runs(self) -> str:
        """The image of mail that is in force."""
        return str(self.opened.deployment.record()["images"]["mail"])

    def upgrade(self) -> Outcome:
        """Begin, or go on with, an upgrade of mail."""
        made = self.opened
        begun = renewal.read(self.folder) or begin(made, MAIL)
        return Attempt(made, self.inventory, "cluster.yaml", self._test, self, quiet).carry_out(begun)

    def back_up(self, _say: Say) -> str:
        """Back up: it is a keeper, too."""
        self._step("backup")
        return "a-backup"

    def tables_back(self, platform: Platform, snapshot: str, _say: Say) -> str:
        """Bring tables back as a restore does: with its record."""
        self._step(f"tables of {snapshot} back")
        platform.record("restore")
        return "/srv/data/before-now"

    def _test(self, _platform: Platform, _say: Say, headers: Mapping[str, str]) -> Verdict:
        self._step("tested with a pass" if headers else "tested")
        return self.says.pop(0)

    def _switch(self, doors: Sequence[object], *, to_open: bool) -> None:
        assert len(doors) == len(self.opened.work.cluster.placement.hosts("frontdoor"))
        self._step("writes allowed" if to_open else "writes refused")
        self.open = to_open

    def _step(self, name: str) -> None:
        if name in self.fails:
            raise self.fails.pop(name)
        self.did.append(name)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Renewed:
    return Renewed(tmp_path, monkeypatch)


def raises(problem: BaseException) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise problem

    return fail


def test_images_are_on_every_host_before_anything_rolls_and_the_test_comes_last(scene: Renewed) -> None:
    before, scene.did = scene.runs, []
    done = scene.upgrade()
    assert (done.passed, done.snapshot) == (True, "a-backup")
    assert [what for what in scene.did if what in {"images", "backup", "up", "tested"}] == ["images", "backup", "images", "up", "tested"]
    assert scene.runs != before
    entries = history.entries(scene.opened.deployment)
    assert [(entry.note.why, entry.note.verdict) for entry in entries] == [("deploy", ""), ("upgrade", "passed")]
    assert renewal.FILE not in scene.stored


def test_only_what_is_renewed_and_what_is_built_on_it_gets_another_image(scene: Renewed) -> None:
    before = images.wanted(scene.opened.deployment)
    scene.upgrade()
    after = images.wanted(scene.opened.deployment)
    assert {name for name in after if after[name] != before[name]} == {"mail"}


def test_where_the_test_fails_the_very_images_of_before_run_again(scene: Renewed) -> None:
    before, scene.says = scene.runs, [FAILED]
    done = scene.upgrade()
    assert (done.passed, done.reasons) == (False, FAILED.reasons)
    assert scene.runs == before
    assert [entry.note.verdict for entry in history.entries(scene.opened.deployment)][1] in {"failed", "left"}
    assert (renewal.FILE in scene.stored, scene.opened.interrupted) == (False, False)


def test_where_a_service_never_becomes_healthy_everything_goes_back(scene: Renewed, monkeypatch: pytest.MonkeyPatch) -> None:
    before = scene.runs
    problems = [PlanError("was taken back: task: non-zero exit (1)", where="service mail")]
    monkeypatch.setattr(scene, "_up", lambda: raises(problems.pop())() if problems else [])
    done = scene.upgrade()
    assert done.reasons == ("service mail: was taken back: task: non-zero exit (1)",)
    assert (scene.runs, scene.opened.interrupted, "tested" in scene.did) == (before, False, False)
    assert version.read(scene.folder).as_of == {}


def test_what_is_not_in_force_afterwards_is_a_reason_to_go_back(scene: Renewed) -> None:
    before, problems = scene.runs, [PlanError("the files are not mounted", where="node-3")]
    scene.verifies = lambda: raises(problems.pop())() if problems else None
    assert scene.upgrade().reasons == ("node-3: the files are not mounted",)
    assert scene.runs == before


def test_a_build_that_fails_leaves_everything_as_it_was(scene: Renewed, monkeypatch: pytest.MonkeyPatch) -> None:
    before = scene.runs
    monkeypatch.setattr(spread, "bring", raises(PlanError("no space is left")))
    with pytest.raises(PlanError, match="no space is left"):
        scene.upgrade()
    assert (scene.runs, renewal.FILE in scene.stored, scene.opened.interrupted) == (before, False, False)


@pytest.mark.parametrize("where", ["build", "roll", "test", "back"])
def test_killed_in_any_step_the_same_command_completes_it(scene: Renewed, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    before, scene.says = scene.runs, [FAILED if where == "back" else PASSED]
    with monkeypatch.context() as killed:
        kill = raises(KeyboardInterrupt())
        if where == "build":
            killed.setattr(spread, "bring", kill)
        elif where == "roll":
            killed.setattr(scene, "_up", kill)
        elif where == "test":
            killed.setattr(scene, "_test", kill)
        else:
            killed.setattr(perform, "back", kill)
        with pytest.raises(KeyboardInterrupt):
            scene.upgrade()
    there = renewal.read(scene.folder)
    assert there is not None
    assert there.phase == where
    done = scene.upgrade()
    assert done.passed is (where != "back")
    assert (scene.runs == before) is (where == "back")
    assert (renewal.read(scene.folder), scene.opened.interrupted) == (None, False)


def test_a_test_that_could_not_be_run_is_tried_once_more_and_then_counts_as_failed(scene: Renewed) -> None:
    scene.says = [Verdict("", ("no test space",)), Verdict("", ("no test space",))]
    assert scene.upgrade().reasons == ("no test space",)
    scene.says = [Verdict("", ("busy",)), PASSED]
    assert scene.upgrade().passed


CHANGE = SchemaChange("blogs", "57155", "60000")
STEPS = ("writes refused", "backup", "up", "tested with a pass", "tables of a-backup back", "writes allowed")


def test_where_tables_change_nobody_writes_from_before_the_backup_until_the_verdict(scene: Renewed) -> None:
    scene.tables, scene.did = (CHANGE,), []
    done = scene.upgrade()
    assert (done.passed, done.tables) == (True, ("the tables of blogs change: 57155 -> 60000",))
    assert [what for what in scene.did if what in STEPS] == ["writes refused", "backup", "writes refused", "up", "tested with a pass", "writes allowed"]
    assert renewal.FILE not in scene.stored


def test_a_failed_test_brings_the_tables_back_before_anybody_may_write(scene: Renewed) -> None:
    before, scene.tables, scene.says, scene.did = scene.runs, (CHANGE,), [FAILED], []
    done = scene.upgrade()
    assert (done.passed, done.aside, scene.runs) == (False, "/srv/data/before-now", before)
    assert [what for what in scene.did if what in STEPS] == ["writes refused", "backup", "writes refused", "up", "tested with a pass", "up", *STEPS[4:]]
    assert (renewal.read(scene.folder), scene.opened.interrupted) == (None, False)


@pytest.mark.parametrize("step", ["writes refused", "backup"])
def test_where_it_cannot_begin_people_write_again_and_it_is_over(scene: Renewed, step: str) -> None:
    scene.tables, scene.fails = (CHANGE,), {step: PlanError("no space is left")}
    with pytest.raises(PlanError, match="no space is left"):
        scene.upgrade()
    assert (scene.did[-2:], scene.open, renewal.FILE in scene.stored) == (["writes allowed", "stored"], True, False)


@pytest.mark.parametrize("step", STEPS)
def test_killed_where_tables_change_the_same_command_completes_it_and_people_write_again(scene: Renewed, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    before, scene.tables, scene.says = scene.runs, (CHANGE,), [FAILED]
    scene.fails = {step: KeyboardInterrupt()}
    with monkeypatch.context() as killed:
        if step == "up":
            killed.setattr(scene, "_up", raises(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            scene.upgrade()
    assert renewal.refusing(scene.folder)
    assert "nobody can write until then" in renewal.lines(scene.folder)[0]
    done = scene.upgrade()
    assert (done.passed, scene.runs, scene.open) == (False, before, True)
    assert renewal.read(scene.folder) is None


@pytest.mark.parametrize("phase", ["build", "roll", "test"])
def test_a_deploy_that_ends_an_upgrade_lets_people_write_again(scene: Renewed, phase: str) -> None:
    renewal.note(scene.folder, begin(scene.opened, MAIL).model_copy(update={"phase": phase, "key": "a-key"}))
    scene.open = False
    scene.deployed()
    assert (scene.open, renewal.read(scene.folder)) == (True, None)


def test_a_deploy_that_is_killed_when_people_may_write_again_leaves_nothing_to_take_back(scene: Renewed) -> None:
    renewal.note(scene.folder, begin(scene.opened, MAIL).model_copy(update={"phase": "test", "key": "a-key", "tables": (str(CHANGE),)}))
    scene.fails, scene.did = {"writes allowed": KeyboardInterrupt()}, []
    with pytest.raises(KeyboardInterrupt):
        scene.deployed()
    there = renewal.read(scene.folder)
    assert there is not None
    assert (there.phase, scene.did[-1]) == ("open", "stored")
    assert scene.upgrade().passed
    assert (scene.open, "tables of a-backup back" in scene.did) == (True, False)


def test_what_goes_on_refuses_writes_once_more(scene: Renewed) -> None:
    scene.tables, scene.fails = (CHANGE,), {"tested with a pass": KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        scene.upgrade()
    scene.did = []
    assert scene.upgrade().passed
    assert scene.did[0] == "writes refused"


@pytest.mark.parametrize(("phase", "key"), [("back", ""), ("tables", "a-key"), ("roll", "a-key"), ("test", "a-key")])
def test_no_rollback_by_hand_leaves_tables_that_are_not_of_what_runs(scene: Renewed, phase: str, key: str) -> None:
    renewal.note(scene.folder, begin(scene.opened, MAIL).model_copy(update={"phase": phase, "key": key}))
    with pytest.raises(PlanError, match="an upgrade"):
        renewal.refuse_rollback(scene.folder)


@pytest.mark.parametrize(("phase", "key"), [("build", "a-key"), ("open", "a-key"), ("roll", ""), ("test", "")])
def test_a_rollback_by_hand_is_a_way_out_where_no_table_changed(scene: Renewed, phase: str, key: str) -> None:
    renewal.note(scene.folder, begin(scene.opened, MAIL).model_copy(update={"phase": phase, "key": key}))
    renewal.refuse_rollback(scene.folder)


def test_nothing_begins_where_the_last_deploy_did_not_end(scene: Renewed) -> None:
    (scene.folder / "plan.pending.json").write_text((scene.folder / "plan.json").read_text())
    with pytest.raises(PlanError, match="the last deploy did not end"):
        scene.upgrade()
    assert renewal.read(scene.folder) is None


@pytest.mark.parametrize(("phase", "said"), [("build", "it is dropped"), ("roll", "this deploy completes it"), ("test", "this deploy completes it")])
def test_a_deploy_says_what_becomes_of_an_upgrade_that_was_interrupted_and_ends_it(scene: Renewed, phase: str, said: str) -> None:
    begun = begin(scene.opened, MAIL)
    renewal.note(scene.folder, begun.model_copy(update={"phase": phase}))
    assert said in renewal.before_deploy(scene.folder)
    assert "goes on" in renewal.lines(scene.folder)[0]
    scene.deployed()
    assert (renewal.read(scene.folder), renewal.before_deploy(scene.folder), renewal.lines(scene.folder)) == (None, "", [])


def test_no_deploy_comes_in_the_way_of_an_upgrade_that_is_taken_back(scene: Renewed) -> None:
    renewal.note(scene.folder, begin(scene.opened, MAIL).model_copy(update={"phase": "back"}))
    with pytest.raises(PlanError, match="is being taken back"):
        renewal.before_deploy(scene.folder)


def test_a_damaged_note_is_none(scene: Renewed) -> None:
    (scene.folder / renewal.FILE).write_text("{")
    assert renewal.read(scene.folder) is None
    assert renewal.lines(scene.folder) == []
