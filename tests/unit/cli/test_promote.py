"""What may be asked of a promotion, as far as it has come; and what a desk that moves says to other commands."""

import json
from pathlib import Path

import pytest

from cli import promote
from infra.cluster.promote import journal
from infra.cluster.promote.journal import Phase, Promotion
from infra.cluster.promote.perform import Outcome
from infra.deployment import Deployment
from infra.upgrade import settle
from runtime.errors import PlanError
from tests.unit.sample_plan import SAMPLE

BEGUN = Promotion(started="2026-11-29T19:00:00+00:00", desk="sample", machine="pc", cluster="hq")


@pytest.fixture
def desk(tmp_path: Path) -> Deployment:
    return Deployment(SAMPLE, tmp_path)


@pytest.mark.parametrize(
    ("begun", "asked", "said"),
    [
        (None, {"confirm"}, "does not move"),
        (None, {"take_back"}, "does not move"),
        ({"phase": "confirmed"}, set(), "that is confirmed"),
        ({"phase": "confirmed"}, {"take_back"}, "that is confirmed"),
        ({"phase": "moved"}, set(), "has moved into hq"),
        ({"phase": "moved"}, {"rehearse"}, "has moved into hq"),
        ({"phase": "copy"}, {"confirm"}, "still copying"),
        ({"phase": "swap"}, {"rehearse"}, "moves already"),
    ],
)
def test_what_does_not_fit_how_far_it_is_gets_refused(desk: Deployment, begun: dict[str, str] | None, asked: set[str], said: str) -> None:
    promotion = BEGUN.model_copy(update=begun) if begun else None
    with pytest.raises(PlanError, match=said):
        promote._possible(desk, promotion, confirm="confirm" in asked, take_back="take_back" in asked, rehearse="rehearse" in asked)


@pytest.mark.parametrize("phase", ["prepare", "copy", "swap", "back"])
def test_what_was_interrupted_goes_on_or_back(desk: Deployment, phase: Phase) -> None:
    begun = BEGUN.model_copy(update={"phase": phase})
    promote._possible(desk, begun, confirm=False, take_back=False, rehearse=False)
    promote._possible(desk, begun, confirm=False, take_back=True, rehearse=False)
    promote._possible(desk, begun.model_copy(update={"rehearsal": True}), confirm=False, take_back=False, rehearse=True)


@pytest.mark.parametrize("phase", ["copy", "moved", "confirmed"])
def test_a_desk_that_moves_is_not_deployed_and_its_writes_stay_refused(desk: Deployment, phase: Phase) -> None:
    journal.write(desk.folder, BEGUN.model_copy(update={"phase": phase}))
    (desk.folder / "frontdoor" / "switch").mkdir(parents=True)
    (desk.folder / "frontdoor" / "switch" / "writes.map").write_text("writes refused\n")
    with pytest.raises(PlanError, match="moves into the cluster hq"):
        settle.before_deploy(desk)
    assert "moves into the cluster hq" in settle.refusal(desk)


def test_a_damaged_journal_is_said_with_where_another_is(desk: Deployment) -> None:
    (desk.folder / journal.FILE).write_text("{}")
    with pytest.raises(PlanError, match="damaged") as raised:
        journal.read(desk.folder)
    assert "managers" in raised.value.hint


def test_the_answer_says_what_was_moved_and_how_long_nobody_could_write() -> None:
    promotion = BEGUN.model_copy(update={"phase": "moved", "read_only_s": 12.5, "counts": {"files": 3}})
    answer = json.loads(json.dumps(promote._answer(Outcome(promotion, 12.5, 7, 1), "moved")))
    assert answer == {
        "schema": {"version": 1},
        "desk": "sample",
        "cluster": "hq",
        "done": "moved",
        "read_only_s": 12.5,
        "counts": {"files": 3},
        "links": {"answered": 7, "not_shown_to_this_machine": 1},
        "written_since": {},
        "kept_in": "",
    }
