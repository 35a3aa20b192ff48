"""What apt says, read; whom an update concerns; what an upgrade does at each step, when it is cut off, and when it fails."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from infra import deploy, history, hosts, images, live, version
from infra.deployment import RECORDED, Deployment
from infra.keep.repository import Snapshot
from infra.keep.restore import Report
from infra.upgrade import journal, perform, schema, settle, tidy, updates, writes
from infra.upgrade.perform import Outcome
from infra.upgrade.updates import Found, Update
from infra.version import Version
from runtime.errors import PlanError
from tests.unit.sample_plan import SAMPLE

T = TypeVar("T")
CASES = sorted((Path(__file__).parent / "apt").glob("*.txt"))
OPENSSL = Update(package="openssl", old="1", new="2", security=True)
NANO = Update(package="nano", old="1", new="2", security=False)
NOW = "2026-11-28T10:00:00+00:00"
ASIDE = Report("abc", datetime.fromisoformat(NOW), (), {}, 1.0, Path("/pilot/data.before-now"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_what_apt_would_upgrade_is_read_with_its_origin(case: Path) -> None:
    assert [update.model_dump() for update in updates.parse(case.read_text())] == json.loads(case.with_suffix(".json").read_text())


def test_an_update_belongs_to_the_image_that_brings_the_package_in() -> None:
    installed = {"base": frozenset({"openssl"}), "web": frozenset({"openssl", "nginx"}), "blogs": frozenset({"openssl", "nginx", "wordpress"})}
    nginx, wordpress, new = (Update(package=name, old="1", new="2", security=True) for name in ("nginx", "wordpress", "php-new"))
    pending = {"blogs": [OPENSSL, nginx, wordpress, new], "wiki": [OPENSSL, nginx], "mail": [OPENSSL]}
    assert updates.by_owner(pending, installed) == {"base": (OPENSSL,), "blogs": (new, wordpress), "web": (nginx,)}


def test_images_are_renewed_for_security_alone_unless_all_are_wanted() -> None:
    found = Found(time=NOW, images={"base": (NANO,), "mail": (OPENSSL, NANO)})
    assert found.images_to_renew(every=False) == {"mail"}
    assert found.images_to_renew(every=True) == {"base", "mail"}
    assert found.security(host=True) == 1


def test_a_wiki_release_of_the_same_branch_does_not_count_as_other_tables_but_other_extensions_do() -> None:
    now = schema.wiki_schema("underdesk-schema-1.43.3-0123456789ab")
    assert schema.wiki_schema("underdesk-schema-1.43.6-0123456789ab") == now
    assert schema.wiki_schema("underdesk-schema-1.44.0-0123456789ab") != now
    assert schema.wiki_schema("underdesk-schema-1.43.3-ba9876543210") != now


@dataclass
class Platform:
    """Stands for the machine: what was done to it, in order, and what it does next time; a step named in ``breaks`` fails, once."""

    deployment: Deployment
    tables: tuple[schema.SchemaChange, ...] = ()
    verdicts: list[perform.Tested] = field(default_factory=lambda: [perform.Tested("passed")])
    breaks: dict[str, BaseException] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    open: bool = True

    def step(self, name: str) -> None:
        if name in self.breaks:
            raise self.breaks.pop(name)
        self.done.append(name)

    def stepped(self, name: str, gives: T) -> T:
        self.step(name)
        return gives

    def applied(self, target: Deployment, why: str) -> list[str]:
        if target.to:
            version.write(target.folder, target.to)
        target.pending_file.write_text("{}")
        self.step(f"apply {why}")
        history.keep(target, why, "{}")
        target.pending_file.replace(target.folder / "plan.json")
        return []

    def test(self, headers: Mapping[str, str]) -> perform.Tested:
        self.step("test" if not headers else "test with a pass")
        return self.verdicts.pop(0)

    def switch(self, *, to_open: bool) -> None:
        self.step("allow writes" if to_open else "refuse writes")
        self.open = to_open

    def upgrade(self) -> Outcome:
        begun = journal.read(self.deployment.folder) or perform.begin(self.deployment, frozenset({"mail"}))
        return perform.carry_out(self.deployment, begun, self.test, lambda _line: None)


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    deployment = Deployment(SAMPLE, tmp_path)
    (tmp_path / "deployment.json").write_text(json.dumps({"live": {kind: {} for kind in RECORDED}}))
    made = Platform(deployment)
    history.keep(deployment, "deploy", "{}")
    monkeypatch.setattr(hosts, "make_images", lambda *_: made.step("build"))
    monkeypatch.setattr(schema, "changes", lambda *_: made.tables)
    monkeypatch.setattr(perform, "take", lambda *_, **__: made.stepped("backup", Snapshot("abc", datetime.now(UTC), "", "", "")))
    monkeypatch.setattr(perform, "database_back", lambda *_: made.stepped("tables back", ASIDE))
    monkeypatch.setattr(perform, "wait_for_pages", lambda *_: None)
    monkeypatch.setattr(deploy, "apply", lambda target, _proposal, _say, why: made.applied(target, why))
    monkeypatch.setattr(live, "drift", lambda _deployment: [])
    monkeypatch.setattr(tidy, "sweep", lambda *_: None)
    monkeypatch.setattr(tidy, "forget", lambda *_: made.step("forget images"))
    monkeypatch.setattr(writes, "refuse", lambda *_: made.switch(to_open=False))
    monkeypatch.setattr(writes, "allow", lambda _deployment: made.switch(to_open=True))
    monkeypatch.setattr(writes, "refused", lambda _deployment: not made.open)
    monkeypatch.setattr(images, "here", lambda: frozenset(history.entries(deployment)[0].note.images.values()))
    yield made
    assert made.open, "writes stay refused"
    assert journal.read(tmp_path) is None or made.breaks, "an upgrade that ended left its journal"


CHANGE = schema.SchemaChange("blogs", "1", "2")


def test_an_upgrade_builds_backs_up_rolls_out_and_tests_and_refuses_nothing_where_no_table_changes(platform: Platform) -> None:
    assert platform.upgrade().passed
    assert platform.done == ["build", "backup", "apply upgrade", "test"]
    assert version.read(platform.deployment.folder).as_of.keys() == {"mail"}


def test_writes_are_refused_from_before_the_backup_to_after_the_verdict_where_tables_change(platform: Platform) -> None:
    platform.tables = (CHANGE,)
    assert platform.upgrade().passed
    assert platform.done == ["build", "refuse writes", "backup", "apply upgrade", "test with a pass", "allow writes"]


def test_a_failed_test_goes_back_to_the_images_and_leaves_the_database_alone_where_no_table_changed(platform: Platform) -> None:
    before = images.wanted(platform.deployment)
    platform.verdicts = [perform.Tested("failed", ("comment: 500",))]
    assert platform.upgrade().reasons == ("comment: 500",)
    assert platform.done == ["build", "backup", "apply upgrade", "test", "apply rollback to 1"]
    assert images.wanted(platform.deployment) == before


def test_a_failed_test_brings_the_tables_back_before_writes_are_allowed(platform: Platform) -> None:
    platform.tables, platform.verdicts = (CHANGE,), [perform.Tested("failed", ("comment: 500",))]
    outcome = platform.upgrade()
    assert not outcome.passed
    assert outcome.aside == "/pilot/data.before-now", "nobody is told where the newer database is"
    assert platform.done[-3:] == ["apply rollback to 1", "tables back", "allow writes"]


def test_a_rollout_that_never_becomes_healthy_goes_back(platform: Platform) -> None:
    platform.breaks["apply upgrade"] = PlanError("mail: task failed")
    assert platform.upgrade().reasons == ("mail: task failed",)
    assert platform.done[-1] == "apply rollback to 1"


def test_a_test_that_proves_nothing_is_tried_twice_and_then_counts_as_failed(platform: Platform) -> None:
    platform.verdicts = [perform.Tested("", ("no locust",)), perform.Tested("", ("no locust",))]
    assert platform.upgrade().reasons == ("no locust",)


@pytest.mark.parametrize("step", ["build", "refuse writes", "backup"])
def test_what_fails_before_the_rollout_changes_nothing_and_ends_the_upgrade(platform: Platform, step: str) -> None:
    platform.tables, before = (CHANGE,), images.wanted(platform.deployment)
    platform.breaks[step] = PlanError("no space")
    with pytest.raises(PlanError, match="no space"):
        platform.upgrade()
    assert platform.done[-1] == "forget images"
    assert images.wanted(platform.deployment) == before


STEPS = ["build", "refuse writes", "backup", "apply upgrade", "test with a pass", "apply rollback to 1", "tables back", "allow writes"]


@pytest.mark.parametrize("step", STEPS)
def test_an_upgrade_killed_at_this_step_is_completed_by_the_same_command(platform: Platform, step: str) -> None:
    platform.tables, platform.verdicts = (CHANGE,), [perform.Tested("failed", ("comment: 500",))]
    platform.breaks[step] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        platform.upgrade()
    assert platform.upgrade().reasons == ("comment: 500",)
    assert [name for name in platform.done if name in STEPS][-1] == "allow writes"
    assert platform.done.count("tables back") == 1


@pytest.mark.parametrize("step", ["refuse writes", "backup", "apply upgrade", "test with a pass"])
def test_a_deploy_after_a_killed_upgrade_lets_people_write_again(platform: Platform, step: str) -> None:
    platform.tables, platform.breaks[step] = (CHANGE,), KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        platform.upgrade()
    assert settle.before_deploy(platform.deployment)
    settle.after_deploy(platform.deployment)
    assert settle.before_deploy(platform.deployment) == ""


def test_a_deploy_that_is_killed_when_people_may_write_again_leaves_nothing_to_take_back(platform: Platform) -> None:
    platform.tables, platform.breaks["test with a pass"] = (CHANGE,), KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        platform.upgrade()
    platform.breaks["allow writes"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        settle.after_deploy(platform.deployment)
    assert platform.upgrade().passed
    assert "tables back" not in platform.done


def test_a_deploy_is_refused_while_an_upgrade_is_being_taken_back(platform: Platform) -> None:
    platform.tables, platform.verdicts = (CHANGE,), [perform.Tested("failed", ("comment: 500",))]
    platform.breaks["tables back"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        platform.upgrade()
    with pytest.raises(PlanError, match="being taken back"):
        settle.before_deploy(platform.deployment)
    assert not platform.upgrade().passed


def test_a_rollback_takes_an_interrupted_upgrade_back_with_its_tables(platform: Platform) -> None:
    platform.tables, platform.breaks["test with a pass"] = (CHANGE,), KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        platform.upgrade()
    outcome = settle.take_back(platform.deployment, lambda _line: None)
    assert outcome
    assert outcome.reasons == (settle.BY_HAND,)
    assert platform.done[-2:] == ["tables back", "allow writes"]


def test_an_upgrade_of_a_deploy_that_did_not_end_is_refused(platform: Platform) -> None:
    platform.deployment.pending_file.write_text("{}")
    with pytest.raises(PlanError, match="did not end"):
        perform.begin(platform.deployment, frozenset({"mail"}))


def test_what_was_renewed_is_no_longer_pending_and_what_was_not_still_is(platform: Platform) -> None:
    updates.write(platform.deployment.folder, Found(time=NOW, images={"mail": (OPENSSL,), "base": (NANO,)}))
    platform.upgrade()
    left = updates.last(platform.deployment.folder)
    assert left
    assert left.images == {"base": (NANO,)}


def test_an_upgrade_after_a_rollback_holds_on_to_nothing(platform: Platform) -> None:
    held = replace(platform.deployment, to=Version(held={images.wanted(platform.deployment)["mail"]: "underdesk/mail:old"}))
    assert held.packages.marked(frozenset({"mail"}), NOW).held == {}
