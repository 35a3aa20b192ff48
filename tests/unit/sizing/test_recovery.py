"""Recovery point and time: never better in words than in fact."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.answer import answer
from sizing import plan
from sizing.interval import MINUTES, every_minutes, spoken
from tests.unit.sizing.asked import desk, planned

ELSEWHERE = {"infrastructure.backup.to": "/mnt/second/backups"}
COPIED = {**ELSEWHERE, "infrastructure.backup.changes_to": "sftp:keep@vault.pilot.test:/srv/changes"}
CHANGES_ALONE = {"infrastructure.backup.changes_to": "/mnt/second/changes"}


def recovery(changes: dict[str, object], people: int | None = None) -> plan.Recovery:
    found = planned(changes, people).recovery
    assert found is not None
    return found


@pytest.mark.parametrize("changes", [{}, CHANGES_ALONE])
def test_backups_on_the_platforms_own_disk_are_said_to_be_lost_with_it(changes: dict[str, object]) -> None:
    made = planned(changes)
    found = made.recovery
    assert found is not None
    assert (found.point_s, found.files_point_s, found.meets_point, found.meets_files_point, found.meets_time) == (None, None, False, False, False)
    assert "the loss of that disk loses everything" in found.point
    assert "not the loss of its disk" in made.survives
    assert json.loads(made.model_dump_json())["recovery"]["point_s"] is None


def test_without_copied_changes_the_interval_and_the_backup_itself_are_lost() -> None:
    found = recovery({**ELSEWHERE, "targets.recovery_point_minutes": 60})
    assert found.point_s is not None
    assert 30 * 60 < found.point_s < 60 * 60
    assert found.files_point_s == found.point_s
    assert found.meets_point
    assert "/mnt/second/backups (if that is a disk of its own)" in found.point


def test_copied_changes_lose_ten_seconds_of_posts_and_pictures_back_to_the_last_backup() -> None:
    made = planned({**COPIED, "targets.recovery_point_minutes": 1})
    found = made.recovery
    assert found is not None
    assert found.point_s == 10
    assert found.files_point_s is not None
    assert found.files_point_s > 3600
    assert (found.meets_point, found.meets_files_point) == (True, False)
    assert "pictures and other files are not among them" in found.point
    assert made.survives.endswith("the loss of its disk, up to its last seconds")


def test_a_target_below_what_copying_reaches_is_missed() -> None:
    assert not recovery({**COPIED, "targets.recovery_point_minutes": 0.1}).meets_point


@pytest.mark.parametrize("place", [{}, ELSEWHERE, COPIED])
def test_without_a_schedule_no_point_is_promised(place: dict[str, object]) -> None:
    made = planned({**place, "infrastructure.backup.scheduled": False})
    found = made.recovery
    assert found is not None
    assert (found.point_s, found.files_point_s, found.meets_point, found.meets_files_point) == (None, None, False, False)
    assert "every " not in found.point
    assert "last seconds" not in made.survives
    assert "Backups: none by themselves ('plan backup' takes one), to " in answer(made)


def test_the_answer_says_how_often_backups_are_taken_and_how_long_they_are_kept() -> None:
    said = "one every 12 hours, to /mnt/second/backups; kept: the last of each of 3 days, 12 months, and at least the newest 2"
    assert f"Backups: {said}." in answer(planned({**ELSEWHERE, "infrastructure.backup.keep_daily": 3, "infrastructure.backup.keep_weekly": 0}))


def test_more_content_takes_longer_to_bring_back() -> None:
    roomy = {**ELSEWHERE, **desk(disk_gib=1_000_000)}
    few, many = recovery(roomy), recovery(roomy, 20_000)
    assert few.time_minutes < few.time_minutes_high
    assert few.time_minutes < many.time_minutes
    assert few.meets_time
    assert not recovery({**ELSEWHERE, "targets.recovery_time_minutes": 1}).meets_time


@settings(deadline=None)
@given(st.floats(0, 525600), st.booleans())
def test_an_interval_is_a_part_of_a_day_and_below_the_target_where_any_is(target: float, copied: bool) -> None:  # noqa: FBT001 - drawn
    found = every_minutes(target, copied=copied)
    assert found in MINUTES
    assert 1440 % found == 0
    assert found < target or found == (60 if copied else 15)


@pytest.mark.parametrize(
    ("seconds", "words"), [(10, "10 s"), (350, "6 minutes"), (3600, "1 hour"), (3660, "1 hour 1 minute"), (86400, "24 hours"), (7199, "2 hours")]
)
def test_times_in_words(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_backups_and_a_dump_on_the_own_disk_take_room_there() -> None:
    own, other = planned({}), planned(ELSEWHERE)
    assert own.storage is not None
    assert other.storage is not None
    assert own.storage.live_gib == pytest.approx(other.storage.live_gib + other.storage.backup_gib, rel=1e-4)
    assert other.storage.dump_gib > 0
    assert own.capacity.people < other.capacity.people
    copied = planned(COPIED).storage
    assert copied is not None
    assert (other.storage.changes_gib, copied.changes_gib > 0) == (0, True)


def test_a_plan_of_before_backups_still_loads() -> None:
    old = json.loads(planned({}).model_dump_json())
    for part, key in ((old, "recovery"), (old["platform"], "backup"), (old["storage"], "dump_gib"), (old["storage"], "changes_gib")):
        del part[key]
    del old["limits"]["binlogs"], old["limits"]["database"]["binlog_file_mib"]
    loaded = plan.Plan.model_validate(old)
    assert loaded.recovery is None
    assert loaded.platform.backup.to == ""


def test_the_answer_has_a_line_on_the_point_and_one_on_the_time() -> None:
    lines = answer(planned(COPIED)).splitlines()
    point = next(line for line in lines if line.startswith("Recovery point: "))
    assert "at most 10 s of work is lost with the disk; at most 12 hours" in point
    assert "(target 24 hours: met)" in point
    assert "(target 8 hours: met)" in next(line for line in lines if line.startswith("Recovery time: about "))
    assert any(line.startswith("Recovery point: all work is lost with the disk (target 24 hours: missed)") for line in answer(planned({})).splitlines())
