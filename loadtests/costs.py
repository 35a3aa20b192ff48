"""What a request costs where: the plan's demands by the service that they are paid at, as ``sizing.network`` counts them. Pure."""

from collections.abc import Iterable
from typing import Final

from sizing.plan import Plan
from sizing.workload import CACHED, SMALLEST, STATIC, WIKI, connecting

MS: Final = 1000.0
CONNECTION: Final = "demand.any.connection"
Costs = dict[str, dict[str, float]]


def costs(kind: str, *, asks: bool, missed: float, connections: float) -> Costs:
    """Return the names of the demands of a request of class ``kind``, by service, each with how many times it is paid.

    ``asks``: whether it passes the page cache, ``missed`` the part (0..1) that the cache does not answer: that comes in at the front
    door once more. ``connections`` are those that it opens.
    """
    found: Costs = {"frontdoor": {"demand.any.frontdoor": 1.0 + (missed if asks else 0.0)}}
    if connections:
        found["frontdoor"][CONNECTION] = connections
    if asks:
        found["pagecache"] = {"demand.any.pagecache": 1.0}
    if missed:
        web = "wiki" if kind in WIKI else "blogs"
        found[web] = {f"demand.{kind}.{'nginx' if kind in STATIC else 'php'}": missed}
        found["database"] = {f"demand.{kind}.database": missed}
    return found


def planned(plan: Plan, kind: str, hits: float) -> Costs:
    """Return the costs of a request of class ``kind`` where the page cache answers the part ``hits`` of what it may."""
    asks = kind in CACHED
    return costs(kind, asks=asks, missed=1 - hits if asks else 1.0, connections=opened(plan, kind))


def hits(plan: Plan) -> float:
    """Return the part that the page cache answers at the plan's peak."""
    return plan.response.hit_ratio.get("page cache", 0.0) if plan.response else 0.0


def opened(plan: Plan, kind: str) -> float:
    """Return the part of the requests of class ``kind`` that come over a new connection, as ``sizing.workload.opened``; 0 by a plan that counts none."""
    told = {one.name: float(one.value) for one in plan.assumptions if one.name in {"pages_per_session", "keep_alive"} and isinstance(one.value, float | int)}
    if kind in STATIC or len(told) < 2 or plan.peak.think_time_s <= 0:  # noqa: PLR2004 - both of them
        return 0.0
    wiki, blogs = plan.peak.by_class.get("wiki_view", 0.0), sum(plan.peak.by_class.get(page, 0.0) for page in ("page_anonymous", "page_signed_in"))
    part = (wiki if kind in WIKI else blogs) / max(wiki + blogs, SMALLEST)
    return float(connecting(told["pages_per_session"], plan.peak.think_time_s, told["keep_alive"], part))


def demands_ms(plan: Plan) -> dict[str, float]:
    """Return the plan's demands (ms of a core of its machine) by name, those that are no processor time left out; empty where it holds none."""
    numbers = {one.name: float(one.value) for one in plan.assumptions if isinstance(one.value, float | int)}
    scale = numbers.get("demand_scale", 1.0) / speed(plan)
    return {name: value * scale for name, value in numbers.items() if name.startswith("demand.") and not name.endswith(".wait")}


def speed(plan: Plan) -> float:
    """Return the score of a core of the plan's machine, against which its demands are told; 1 where none is stated."""
    return plan.servers[0].speed or 1.0


def work_ms(plan: Plan, kinds: Iterable[str], hits: float) -> dict[str, float]:
    """Return the processor time (ms) of one request of each class, all services together; empty where the plan holds no demands."""
    demands = demands_ms(plan)
    if not demands:
        return {}
    return {kind: sum(times * demands.get(name, 0.0) for each in planned(plan, kind, hits).values() for name, times in each.items()) for kind in kinds}
