"""The curves: what of the plan comes when. Pure."""

import math
from dataclasses import dataclass

from loadtests.steady.profile import Stretch
from loadtests.steady.workload import AGAIN, SECONDS_PER_MINUTE, Workload, of_course, of_plan
from runtime.errors import PlanError
from sizing.course import BEFORE
from sizing.plan import Course, Plan

STEP_MINUTES = 5
WORST = "worst 5 min"
BUSIEST = 8
"""Hours of the week that are judged on their own: one in twenty, the others are all less busy."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS_PER_DAY = 24
SOAK_PARTS = 12
BASE_BEFORE, JUMP, BASE_AFTER = "base before", "jump", "base after"
JUMP_S, JUMP_OF_ALL, MOST_JUMP_S = 60.0, 5, 300.0
"""A jump takes a minute, or a fifth of a short test; never more than 5 minutes: real people feel it."""
BEFORE_OF_BASE = 0.4


@dataclass(frozen=True)
class Curve:
    """A shape: where factors are 1 ``workload`` comes, and beside it the ``crowd`` of a mail.

    The parts called ``apart`` are judged on their own, too; ``where`` are the words for them.
    """

    name: str
    workload: Workload
    profile: tuple[Stretch, ...]
    crowd: Workload | None = None
    apart: tuple[str, ...] = ()
    where: str = ""

    @property
    def seconds(self) -> float:
        """How long all of it takes."""
        return sum(stretch.seconds or 0.0 for stretch in self.profile)


def per_second(workload: Workload, crowd: Workload | None, stretch: Stretch) -> dict[str, float]:
    """Return the requests per second by class in a stretch."""
    more = crowd.per_second if crowd else {}
    return {kind: rate * stretch.share + more.get(kind, 0.0) * stretch.crowd for kind, rate in workload.per_second.items()}


def announcement(plan: Plan, share: float, seconds: float) -> Curve:
    """Return the hour around the worst five minutes after the mail, in ``seconds``, its rates as they are; raises PlanError where no mail is sent."""
    found = plan.announcement
    if found is None:
        raise PlanError(
            "no mail goes to everyone by this plan",
            where="plan test announcement",
            hint="name the channel announcement-mail or newsletter under discovery.channels in brief.yaml, then 'plan size' and 'plan deploy'",
        )
    others, crowd = _told(found.others, "announcement.others"), _told(found.crowd, "announcement.crowd")
    each, steps = seconds / len(others.factors), zip(others.factors, crowd.factors, strict=True)
    profile = tuple(Stretch(name=_around(number), seconds=each, share=usual, crowd=came) for number, (usual, came) in enumerate(steps))
    return Curve("announcement", of_course(plan, others, share), profile, of_course(plan, crowd, share), (WORST,), "in the worst five minutes")


def _around(step: int) -> str:
    return WORST if step == BEFORE else f"{(step - BEFORE) * STEP_MINUTES:+d} min"


def week(plan: Plan, share: float, seconds: float) -> Curve:
    """Return the plan's week, each hour in ``seconds`` / 168, its rate as it is."""
    course = _told(plan.week, "week")
    each = seconds / len(course.factors)
    profile = tuple(
        Stretch(name=f"{DAYS[hour // HOURS_PER_DAY]} {hour % HOURS_PER_DAY:02}:00", seconds=each, share=factor) for hour, factor in enumerate(course.factors)
    )
    busiest = sorted(profile, key=lambda stretch: -stretch.share)[:BUSIEST]
    return Curve("week", of_course(plan, course, share), profile, None, tuple(stretch.name for stretch in busiest), f"in the {BUSIEST} busiest hours")


def _told(course: Course | None, where: str) -> Course:
    if course is None or not course.factors:
        raise PlanError("is not told by this plan: it is of an earlier version", where=f"plan.json: {where}", hint=AGAIN)
    return course


def soak(plan: Plan, share: float, seconds: float) -> Curve:
    """Return a load that stays the same, told in twelve parts."""
    each = seconds / SOAK_PARTS
    profile = tuple(Stretch(name=f"{number} of {SOAK_PARTS}", seconds=each) for number in range(1, SOAK_PARTS + 1))
    return Curve("soak", of_plan(plan, share), profile)


def jump_s(seconds: float) -> float:
    """Return how long the jump of a spike of ``seconds`` takes where nobody says it."""
    return min(JUMP_S, seconds / JUMP_OF_ALL)


def spike(plan: Plan, base: float, to: float, seconds: float, lasts_s: float) -> Curve:
    """Return a sudden jump from ``base`` to ``to`` (shares of the plan's peak) for ``lasts_s`` of ``seconds``, and back."""
    if to <= base:
        raise PlanError(f"jumps from {base:g} to {to:g} times the peak", where="plan test spike: --to", hint=f"write more than --base, {base:g}")
    if lasts_s > min(MOST_JUMP_S, seconds / 2):
        raise PlanError(
            f"a jump of {lasts_s:g} s in a test of {seconds:g} s",
            where="plan test spike: --jump",
            hint=f"write at most {min(MOST_JUMP_S, seconds / 2):g}: the base around it must be seen, and real people feel it",
        )
    before = (seconds - lasts_s) * BEFORE_OF_BASE
    profile = (
        Stretch(name=BASE_BEFORE, seconds=before, share=base),
        Stretch(name=JUMP, seconds=lasts_s, share=to),
        Stretch(name=BASE_AFTER, seconds=seconds - lasts_s - before, share=base),
    )
    return Curve("spike", of_plan(plan, 1.0), profile)


def check_sign_ins(plan: Plan, curve: Curve, option: str, asked: float) -> None:
    """Raise PlanError where the front door would take the one address that all load comes from for somebody who guesses passwords.

    ``option`` is what the person may write less of than ``asked``.
    """
    most = max(per_second(curve.workload, curve.crowd, stretch)["sign_in"] for stretch in curve.profile) * SECONDS_PER_MINUTE
    limit = plan.limits.frontdoor.sign_ins_per_minute
    if most > limit / 2:
        raise PlanError(
            f"{most:.0f} sign-ins a minute from this one address; the front door takes {limit}, and half of them are left to others",
            where=f"plan test {curve.name}",
            hint=f"drive less: {option} {_floor(asked * limit / 2 / most)}",
        )


def _floor(share: float) -> str:
    """Return two figures, not rounded up."""
    digits = 1 - math.floor(math.log10(share))
    return f"{math.floor(share * 10**digits) / 10**digits:g}"
