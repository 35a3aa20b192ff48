"""A deploy of the platform: what it compares and when, what is kept before anything changes, and what is left by whoever is killed or fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra import backend, deploy, history, images, live, reach, standin, version
from infra.cluster import away, platform, settle
from infra.cluster.back import back
from infra.cluster.carry import kept, spread
from infra.cluster.carry.engines import Engines
from infra.cluster.carry.images import Lack
from infra.cluster.carry.kept import Kept, Stored
from infra.cluster.cluster import Cluster
from infra.cluster.make_ready import Work
from infra.cluster.platform import Held, Platform, Proposal
from infra.cluster.playing import Change, Part
from infra.cluster.settle import Count
from infra.inventory.assign import Question, place
from infra.inventory.model import State
from infra.stack import ServiceChange
from infra.version import Version
from runtime.errors import PlanError
from runtime.printer import quiet
from tests.unit.inventory_examples import equal, inventory

ANSWERS = "unix:///engine"


class Scene:
    """A cluster of which nothing is real: what was done to it, in order, and what the managers have."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.did: list[str] = []
        self.counts: dict[str, Count] = {}
        self.engine_problem: PlanError | None = None
        self.pulumi_problem: PlanError | None = None
        self.changes: list[ServiceChange] = []
        self.stored: dict[str, str] = {}
        plan, found = equal(3), inventory(3)
        self.inventory, self.cluster = found, Cluster(plan, found, place(Question(found, plan)))
        self.folder = folder / "sample"
        self.folder.mkdir()
        monkeypatch.setattr(kept, "fetch", lambda *_: Kept(self.folder))
        monkeypatch.setattr(kept, "store", self._store)
        monkeypatch.setattr(platform, "play", self._play)
        monkeypatch.setattr(away, "play", self._play)
        monkeypatch.setattr(Work, "propose", lambda _self: [])
        monkeypatch.setattr(Work, "apply", lambda _self, _say: self._does("hosts", []))
        monkeypatch.setattr(Work, "record", lambda _self, services=None: self._done(f"written down: {services}"))
        monkeypatch.setattr(platform, "Services", self._services)
        monkeypatch.setattr(platform, "Doors", lambda *_: self)
        monkeypatch.setattr(standin, "end", lambda *_: self._done("no stand-ins"))
        monkeypatch.setattr(spread, "lacking", lambda _load: Lack({}, {}))
        monkeypatch.setattr(spread, "bring", self._bring)
        monkeypatch.setattr(spread, "tidy", lambda _load, _say: self._does("forgotten images", None))
        monkeypatch.setattr(settle, "counts", lambda *_: self.counts)
        monkeypatch.setattr(settle, "wait", lambda *_more, **_others: self._done("settled"))
        monkeypatch.setattr(live, "engine_client", lambda _engine="": None)
        monkeypatch.setattr(live, "drift", lambda _deployment: [])
        monkeypatch.setattr(live, "snapshot", lambda _deployment: {f"{kind}": {} for kind in ("services", "networks", "configs", "secrets", "files")})
        monkeypatch.setattr(reach, "wait_for_pages", lambda *_: None)

    def _bring(self, _load: spread.Load, _say: Callable[[str], None], beside: Callable[[], object] = lambda: None) -> Lack:
        self._done("images")
        beside()
        self._done("images everywhere")
        return Lack({}, {})

    @property
    def opened(self) -> Platform:
        """What a command of its own opens."""
        work = Work(self.cluster, self.folder.parent)
        deployment = platform.of(self.cluster, self.folder)
        return Platform(work, deployment, cast("Engines", self), Held(work), deployment.interrupted)

    def deployed(self, people: int = 0) -> None:
        """Deploy, to the end."""
        if people:
            self.cluster = replace(self.cluster, plan=self.cluster.plan.model_copy(update={"people": people}))
        made = self.opened
        made.apply(made.propose(quiet), quiet)
        made.record()

    def manager(self, patience_s: float = 0) -> str:
        if self.engine_problem:
            raise self.engine_problem
        return f"node-1{patience_s or ''}"[:6]

    def socket(self, host: str) -> str:
        return ANSWERS if host == "node-1" else ""

    def possible(self) -> bool:
        return True

    def clear(self) -> None:
        self._done("no stand-ins")

    @contextmanager
    def covered(self, image: str, _say: Callable[[str], None]) -> Iterator[None]:
        self._done(f"stand-ins of {image.partition(':')[0]}")
        yield
        self.clear()

    def _done(self, what: str) -> None:
        self.did.append(what)

    def _does(self, what: str, answer: object) -> object:
        self.did.append(what)
        return answer

    def _store(self, _cluster: Cluster, _folder: Path, had: Kept) -> Stored:
        self._done("stored")
        self.stored = {str(path.relative_to(self.folder)): path.read_text() for path in self.folder.rglob("*") if path.is_file()}
        return Stored(had, written=True)

    def _play(self, *_more: object, dry_run: bool = False, part: Part) -> list[Change]:
        self._done(f"{'compared' if dry_run else 'played'} {part.playbook}")
        return []

    def _services(self, *_: object) -> Any:  # noqa: ANN401 - what stands for Pulumi
        return SimpleNamespace(
            preview=lambda _say: [*self.changes],
            refresh=lambda names: self._done(f"read {', '.join(sorted(names))}"),
            up=lambda _say: self._up(),
            destroy=lambda _say: self._done("destroyed"),
            refuse_unusable=lambda place: self._done(f"looked at {place}"),
            move=self._move,
        )

    def _move(self, to: str, noted: Callable[[], None]) -> None:
        self._done(f"state to {to or 'the managers'}")
        backend.note(self.folder, to)
        noted()

    def keeps_state_in(self, place: str | None) -> None:
        """Name a backend of the company's in the inventory, or none."""
        self.inventory = self.inventory.model_copy(update={"state": State(backend=place)})
        self.cluster = replace(self.cluster, inventory=self.inventory)

    def _up(self) -> list[str]:
        self._done("up")
        if self.pulumi_problem:
            raise self.pulumi_problem
        return []


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tmp_path, monkeypatch)


def test_a_first_deploy_says_what_it_makes_and_writes_nothing(scene: Scene) -> None:
    proposed = scene.opened.propose(quiet)
    assert any("database cluster" in line for line in proposed.first)
    assert (proposed.interrupted, scene.did, list(scene.folder.iterdir())) == (False, [], [])


def test_a_wish_that_clusters_do_not_fulfil_is_said_each_time(scene: Scene) -> None:
    assert scene.opened.propose(quiet).notes == ()
    plan = scene.cluster.plan
    keep = plan.platform.backup.model_copy(update={"changes_to": "/mnt/changes"})
    scene.cluster = replace(scene.cluster, plan=plan.model_copy(update={"platform": plan.platform.model_copy(update={"backup": keep})}))
    assert "not copied to /mnt/changes" in scene.opened.propose(quiet).notes[0]
    scene.deployed()
    assert "not copied to /mnt/changes" in scene.opened.propose(quiet).notes[-1]


def test_what_hosts_learn_of_secrets_is_kept_before_they_learn_it(scene: Scene) -> None:
    made = scene.opened
    made.apply(made.propose(quiet), quiet)
    assert scene.did[0] == "stored"
    assert scene.did.index("hosts") < scene.did.index("images") < scene.did.index("played platform.yml") < scene.did.index("up")


def test_data_are_changed_while_images_travel_only_where_nobody_is_served_yet(scene: Scene) -> None:
    scene.deployed()
    assert scene.did.index("played platform.yml") < scene.did.index("images everywhere")
    scene.did = []
    scene.deployed(people=999)
    assert scene.did.index("images everywhere") < scene.did.index("played platform.yml")


def test_nothing_that_hosts_get_is_made_after_it_was_kept(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    made = scene.opened
    monkeypatch.setattr(Work, "apply", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        made.apply(Proposal(), quiet)
    there = {str(path.relative_to(scene.folder)) for path in (scene.folder / "secrets").iterdir()}
    assert "secrets/pseudonyms" in there
    assert there <= scene.stored.keys()
    assert "plan.pending.json" in scene.stored


def test_the_same_again_compares_everything_and_nothing_is_called_interrupted(scene: Scene) -> None:
    scene.deployed()
    scene.did = []
    again = scene.opened
    proposed = again.propose(quiet)
    assert (proposed.empty, scene.did) == (True, ["compared platform.yml"])
    assert not (scene.folder / "plan.pending.json").exists()
    again.record()
    assert not scene.opened.interrupted


def test_a_first_deploy_that_was_interrupted_is_compared_with_what_is_there(scene: Scene) -> None:
    deploy.prepare(scene.opened.deployment)
    scene.changes = [ServiceChange("create", "service", "mail")]
    proposed = scene.opened.propose(quiet)
    assert (proposed.interrupted, proposed.first, proposed.services, proposed.drift) == (True, (), ("create service mail",), ())
    assert "compared platform.yml" in scene.did


def test_a_first_deploy_that_was_interrupted_before_there_was_a_swarm_says_what_services_it_makes(scene: Scene) -> None:
    deploy.prepare(scene.opened.deployment)
    scene.engine_problem = PlanError("no manager of the swarm answers")
    proposed = scene.opened.propose(quiet)
    assert proposed.interrupted
    assert "create service mail" in proposed.first
    assert not any("database" in line for line in proposed.first)


BUCKET = "s3://state/platform"


def test_the_state_goes_to_the_company_s_backend_before_anything_is_changed_and_comes_back_where_the_line_is_gone(scene: Scene) -> None:
    scene.keeps_state_in(BUCKET)
    made = scene.opened
    proposed = made.propose(quiet)
    assert f"move the state of the services from the managers to {BUCKET}" in proposed.first
    assert scene.did == [f"looked at {BUCKET}"]
    made.apply(proposed, quiet)
    made.record()
    assert scene.did.index(f"state to {BUCKET}") < scene.did.index("hosts")
    assert scene.stored[backend.NOTE] == f"{BUCKET}\n"
    scene.did = []
    assert scene.opened.propose(quiet).empty
    scene.keeps_state_in(None)
    again = scene.opened.propose(quiet)
    assert again.services == (f"move the state of the services from {BUCKET} to the managers",)
    scene.deployed()
    assert "state to the managers" in scene.did
    assert backend.NOTE not in scene.stored
    assert scene.opened.propose(quiet).empty


def test_who_begins_to_change_services_is_known_to_the_managers_until_that_has_ended_well(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.keeps_state_in(BUCKET)
    up, noted = Scene._up, list[bool]()

    def looks(self: Scene) -> list[str]:
        noted.append(backend.UNDER_WAY in self.stored)
        return up(self)

    monkeypatch.setattr(Scene, "_up", looks)
    scene.pulumi_problem = PlanError("blogs: no task can start")
    with pytest.raises(PlanError):
        scene.deployed()
    assert (noted, backend.UNDER_WAY in scene.stored) == ([True], True)
    scene.pulumi_problem = None
    scene.deployed()
    assert (noted, backend.UNDER_WAY in scene.stored) == ([True, True], False)


def test_what_the_swarm_took_back_is_read_before_it_is_compared(scene: Scene) -> None:
    scene.deployed()
    scene.counts = {"blogs": Count(3, 3, "rollback_completed"), "mail": Count(1, 1, "completed")}
    scene.opened.propose(quiet)
    assert scene.did[-1] == "read blogs"


def test_a_deploy_that_fails_at_its_services_leaves_its_state_with_the_managers_and_says_its_own_reason(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.deployed()
    scene.pulumi_problem = PlanError("blogs: no task can start")
    with pytest.raises(PlanError, match="no task can start"):
        scene.deployed(people=500)
    assert (scene.did[-1], "plan.pending.json" in scene.stored) == ("stored", True)
    before = kept.store
    monkeypatch.setattr(kept, "store", lambda *given: before(*given) if scene.did[-1] != "up" else (_ for _ in ()).throw(PlanError("no manager")))
    with pytest.raises(PlanError, match="no task can start"):
        scene.deployed(people=600)


def test_after_a_deploy_that_failed_the_way_back_is_the_version_before(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.deployed()
    scene.pulumi_problem = PlanError("blogs: no task can start")
    with pytest.raises(PlanError):
        scene.deployed(people=500)
    scene.pulumi_problem = None
    there = {"node-2": dict.fromkeys(images.references().values(), "ID")}
    monkeypatch.setattr(spread, "look", lambda *_: there)
    monkeypatch.setattr(platform, "check", lambda found, plan, _name: SimpleNamespace(refuse=lambda: None, placement=place(Question(found, plan))))
    target = back(scene.opened, scene.inventory, "cluster.yaml")
    assert (target.way.entry.number, target.platform.work.cluster.plan.people) == (1, equal(3).people)
    assert target.platform.interrupted
    monkeypatch.setattr(Work, "verify", lambda *_: None)
    target.apply(target.platform.propose(quiet), quiet)
    target.record()
    assert (scene.did[-3:], "plan.pending.json" in scene.stored) == (["stored", "written down: True", "forgotten images"], False)
    assert '"people": 400' in scene.stored["plan.json"].replace(" ", "").replace('":', '": ')
    assert not scene.opened.interrupted


def test_an_image_that_no_host_has_is_said_before_anything_changes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.deployed()
    scene.deployed(people=500)
    monkeypatch.setattr(spread, "look", lambda *_: {"node-1": {}})
    with pytest.raises(PlanError, match=r"images of version 1 .* are no longer here"):
        back(scene.opened, scene.inventory, "cluster.yaml")


def test_what_a_rollback_holds_is_what_hosts_have_whatever_this_machine_has(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "here", lambda: pytest.fail("asked the engineer's engine"))
    now = images.references()["mail"]
    version.write(scene.folder, Version(held={now: "underdesk/mail:old"}))
    found = next(image for image in images.of(scene.opened.deployment) if image.name == "mail")
    assert (found.reference, found.context) == ("underdesk/mail:old", "")


def test_a_platform_that_is_removed_keeps_what_its_data_needs_and_can_be_deployed_again(scene: Scene) -> None:
    scene.deployed()
    secrets = {path.name: path.read_text() for path in (scene.folder / "secrets").iterdir()}
    away.take_away(scene.opened, quiet)
    assert scene.did[-4:] == ["destroyed", "played away.yml", "stored", "written down: False"]
    assert {"plan.removed.json", "secrets/database-blogs", "passphrase"} <= scene.stored.keys()
    assert not {"plan.json", "plan.pending.json", "deployment.json"} & scene.stored.keys()
    proposed = scene.opened.propose(quiet)
    assert (proposed.first, "compared platform.yml" in scene.did) == ((), True)
    scene.deployed()
    assert {path.name: path.read_text() for path in (scene.folder / "secrets").iterdir()} == secrets
    assert [entry.number for entry in history.entries(scene.opened.deployment)] == [1]


def test_people_are_led_to_stand_ins_until_the_new_front_doors_run_and_pages_come(scene: Scene) -> None:
    scene.deployed()
    scene.changes, scene.did = [ServiceChange("update", "service", "frontdoor"), ServiceChange("update", "service", "mail")], []
    scene.deployed()
    order = ["stand-ins of underdesk/frontdoor", "up", "settled", "no stand-ins"]
    assert [what for what in scene.did if what in order] == order


def test_where_no_front_door_changes_those_that_a_killed_deploy_left_go(scene: Scene) -> None:
    scene.deployed()
    scene.changes, scene.did = [ServiceChange("update", "service", "mail")], []
    scene.deployed()
    assert [what for what in scene.did if "stand-ins" in what] == ["no stand-ins"]
