"""Each curve is the plan's own, and what cannot be driven is refused with the mend."""

import re

import pytest

from loadtests.shapes import curves
from loadtests.shapes.curves import Curve, check_sign_ins, per_second
from runtime.errors import PlanError
from tests.unit.loadtests.shapes.shaped import ANNOUNCEMENT, CROWD, plan
from tests.unit.loadtests.steady import peaks
from tests.unit.loadtests.steady.peaks import BY_CLASS


def most(curve: Curve) -> float:
    return max(sum(per_second(curve.workload, curve.crowd, stretch).values()) for stretch in curve.profile)


def test_the_announcement_is_as_high_as_the_plan_says_however_short_it_is_driven() -> None:
    for seconds in (45.0, 3600.0):
        curve = curves.announcement(plan(), 1.0, seconds)
        assert curve.seconds == pytest.approx(seconds)
        assert most(curve) == pytest.approx(sum(BY_CLASS.values()) + sum(CROWD.values()))
        assert [stretch.name for stretch in curve.profile][:5] == ["-15 min", "-10 min", "-5 min", "worst 5 min", "+5 min"]
    assert most(curves.announcement(plan(), 0.5, 45.0)) == pytest.approx(most(curve) / 2)


def test_the_week_has_168_hours_at_their_own_rates_and_the_busiest_are_judged_apart() -> None:
    curve = curves.week(plan(), 1.0, 1680.0)
    assert len(curve.profile) == 168
    assert {stretch.seconds for stretch in curve.profile} == {10.0}
    assert most(curve) == pytest.approx(sum(BY_CLASS.values()) / 1.5)
    assert curve.profile[8].name == "Mon 08:00"
    assert {"Mon 08:00", "Tue 08:00", "Wed 08:00", "Thu 08:00", "Fri 08:00"} <= set(curve.apart)
    assert len(curve.apart) == 8


def test_a_spike_jumps_from_its_base_and_back() -> None:
    curve = curves.spike(plan(), 0.5, 2.0, 300.0, curves.jump_s(300.0))
    assert [(stretch.name, stretch.share) for stretch in curve.profile] == [("base before", 0.5), ("jump", 2.0), ("base after", 0.5)]
    assert [stretch.seconds for stretch in curve.profile] == [96.0, 60.0, 144.0]
    assert curves.jump_s(30.0) == 6.0


def test_a_soak_stays_the_same() -> None:
    curve = curves.soak(plan(), 0.8, 7200.0)
    assert {stretch.share for stretch in curve.profile} == {1.0}
    assert curve.seconds == pytest.approx(7200.0)
    assert most(curve) == pytest.approx(0.8 * sum(BY_CLASS.values()))


def test_a_plan_without_a_mail_and_one_of_an_earlier_version_are_refused() -> None:
    with pytest.raises(PlanError, match="no mail goes to everyone") as caught:
        curves.announcement(peaks.plan(), 1.0, 900.0)
    assert "announcement-mail" in caught.value.hint
    earlier = peaks.plan().model_copy(update={"announcement": ANNOUNCEMENT.model_copy(update={"crowd": None})})
    with pytest.raises(PlanError, match="earlier version") as caught:
        curves.announcement(earlier, 1.0, 900.0)
    assert "plan size" in caught.value.hint
    with pytest.raises(PlanError, match="earlier version"):
        curves.week(peaks.plan(), 1.0, 900.0)


@pytest.mark.parametrize(("base", "to", "lasts_s", "where"), [(1.0, 1.0, 60.0, "--to"), (2.0, 1.0, 60.0, "--to"), (0.5, 2.0, 200.0, "--jump")])
def test_a_jump_that_is_none_or_too_long_is_refused(base: float, to: float, lasts_s: float, where: str) -> None:
    with pytest.raises(PlanError) as caught:
        curves.spike(plan(), base, to, 300.0, lasts_s)
    assert where in (caught.value.where or "")


def test_more_sign_ins_than_one_address_may_try_are_refused_with_the_largest_that_fits() -> None:
    curve = curves.spike(plan(), 0.5, 9.0, 300.0, 60.0)
    with pytest.raises(PlanError, match="sign-ins a minute") as caught:
        check_sign_ins(plan(), curve, "--to", 9.0)
    fits = float(re.findall(r"--to ([\d.]+)", caught.value.hint)[0])
    assert 1 < fits < 9
    check_sign_ins(plan(), curves.spike(plan(), 0.5, fits, 300.0, 60.0), "--to", fits)
    with pytest.raises(PlanError):
        check_sign_ins(plan(), curves.spike(plan(), 0.5, fits * 1.1, 300.0, 60.0), "--to", fits)


def test_the_crowds_own_sign_ins_count() -> None:
    curve = curves.announcement(plan(), 2.0, 900.0)
    with pytest.raises(PlanError) as caught:
        check_sign_ins(plan(), curve, "--share", 2.0)
    fits = float(re.findall(r"--share ([\d.]+)", caught.value.hint)[0])
    assert fits == pytest.approx(83 / 2 / (60 * 0.5), rel=0.1)
    check_sign_ins(plan(), curves.announcement(plan(), fits, 900.0), "--share", fits)
