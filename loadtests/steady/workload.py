"""The workload of a plan's peak: how often visits begin, and what people do in one."""

import math

from pydantic import Field

from loadtests.part import Part
from runtime.errors import PlanError
from sizing.demands import CLASSES
from sizing.plan import Course, Plan

SECONDS_PER_HOUR = 3600.0
SECONDS_PER_MINUTE = 60.0
PAGE_VIEWS = ("page_anonymous", "page_signed_in", "wiki_view")
BETWEEN = ("feed", "search", "comment", "post", "upload", "wiki_edit")
SIGNED_IN_ONLY = frozenset({"comment", "post", "upload", "wiki_edit"})
AGAIN = "write the plan anew with 'plan size', then 'plan deploy'"


class Workload(Part):
    """Open arrivals of visits, and one visit as the plan describes it."""

    share: float = Field(description="of the plan's peak")
    visits_per_second: float
    think_time_s: float = Field(description="mean time between two pages of a visit (exponential)")
    pages: float = Field(description="pages of one visit, the mean")
    signed_in: float = Field(description="share of visits by somebody signed in")
    wiki: float = Field(description="share of pages that are of the wiki; they are read signed in, as the plan counts them")
    sign_ins: float = Field(description="share of these visits that begin with signing in; the others bring a session along")
    between: dict[str, float] = Field(description="what is done between two pages, by request class: times for each page")
    pictures: float = Field(description="pictures that come with a page, the mean; what the browser holds already is not counted")
    fresh: float = Field(description="share of browsers that hold no style and script yet; they load all that a page names, once")
    exponent: float = Field(description="of the pages' popularity (Zipf)")
    per_second: dict[str, float] = Field(description="requests per second by request class, as the plan says, times share")

    @property
    def requests_per_second(self) -> float:
        """Requests of all classes."""
        return sum(self.per_second.values())

    @property
    def longest_visit_s(self) -> float:
        """A time that practically no visit outlasts: eight standard deviations and more."""
        return 4 * (self.pages + 4) * self.think_time_s

    def scaled(self, factor: float) -> "Workload":
        """Return ``factor`` times the load."""
        per_second = {name: rate * factor for name, rate in self.per_second.items()}
        return self.model_copy(update={"share": self.share * factor, "visits_per_second": self.visits_per_second * factor, "per_second": per_second})


def of_plan(plan: Plan, share: float) -> Workload:
    """Return ``share`` of the workload of the plan's peak; raises PlanError where the plan does not tell it."""
    peak = plan.peak
    if set(peak.by_class) != set(CLASSES) or peak.think_time_s <= 0 or peak.sessions_per_hour <= 0:
        raise PlanError("does not tell the workload of its peak", where="plan.json: peak", hint=AGAIN)
    burst = assumption(plan, "burst_factor") if peak.kind == "ordinary" else 1.0
    return _of_visits(plan, peak.sessions_per_hour * burst / SECONDS_PER_HOUR, peak.by_class, share)


def of_course(plan: Plan, course: Course, share: float) -> Workload:
    """Return ``share`` of the workload of a course of the plan where its factor is 1; raises PlanError as ``of_plan`` does."""
    of_plan(plan, share)
    if set(course.by_class) != set(CLASSES) or course.sessions_per_hour <= 0 or sum(course.by_class.values()) <= 0:
        raise PlanError("does not tell how people come over a time", where="plan.json", hint=AGAIN)
    return _of_visits(plan, course.sessions_per_hour / SECONDS_PER_HOUR, course.by_class, share)


def _of_visits(plan: Plan, visits: float, by_class: dict[str, float], share: float) -> Workload:
    """Return ``share`` of so many visits a second that ask for ``by_class`` a second."""
    each = {kind: rate / visits for kind, rate in by_class.items()}
    blog, wiki = _read(each)
    pages = blog["page_anonymous"] + blog["page_signed_in"] + wiki
    signed_in = blog["page_signed_in"] / max(1e-12, blog["page_anonymous"] + blog["page_signed_in"])
    return Workload(
        share=share,
        visits_per_second=visits * share,
        think_time_s=plan.peak.think_time_s,
        pages=pages,
        signed_in=signed_in,
        wiki=wiki / pages,
        sign_ins=min(1.0, each["sign_in"] / signed_in) if signed_in else 0.0,
        between={kind: _for_each_page(each[kind], pages, signed_in if kind in SIGNED_IN_ONLY else 1.0) for kind in BETWEEN},
        pictures=each["media_view"] / pages,
        fresh=min(1.0, each["asset"] / assumption(plan, "assets_on_platform")),
        exponent=assumption(plan, "zipf_exponent"),
        per_second={kind: rate * share for kind, rate in by_class.items()},
    )


def largest_share(plan: Plan, workload: Workload) -> float:
    """Return the largest part of the plan's peak that may come from one address: half of the sign-ins that the front door takes from it; inf: any."""
    asked = workload.per_second["sign_in"] / workload.share * SECONDS_PER_MINUTE
    return plan.limits.frontdoor.sign_ins_per_minute / 2 / asked if asked else math.inf


def _for_each_page(times: float, pages: float, by: float) -> float:
    """Return how often something is done for each page of those who do it: a share ``by`` of the visits."""
    return times / pages / by if by else 0.0


def _read(each: dict[str, float]) -> tuple[dict[str, float], float]:
    """Return the pages of one visit that are only read: the editor that a post, and the form that an edit is written in, are counted among them."""
    signed_in = max(0.0, each["page_signed_in"] - each["post"])
    return {"page_anonymous": each["page_anonymous"], "page_signed_in": signed_in}, max(0.0, each["wiki_view"] - each["wiki_edit"])


def assumption(plan: Plan, name: str) -> float:
    """Return the number called ``name`` that the plan stands on; raises PlanError where it has none."""
    value = next((one.value for one in plan.assumptions if one.name == name), None)
    if not isinstance(value, float | int):
        raise PlanError(f"has no number {name}", where="plan.json: assumptions", hint=AGAIN)
    return float(value)
