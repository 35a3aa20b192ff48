"""The true capacity of a machine, found by simulation: for one draw of every number, how many people before a target is missed."""

from collections.abc import Callable

import numpy as np

from sizing.capacity import Case
from sizing.demands import AT, CLASSES
from sizing.network import Layout, Network
from sizing.workload import CACHED, PAGES, STATIC, WIKI, Moment
from tests.model.platform_des import NO_POOL, Platform, simulate

FOLLOW = ("media_view", "asset")
HTML = ("page_anonymous", "page_signed_in", "wiki_view")
LATE, CUTS = 0.95, 9


def platform(case: Case, layout: Layout, moment: Moment, factor: float = 1.0) -> Platform:
    """Return the machine of the first scenario of ``case`` under ``factor`` times the people: numbers as drawn, nothing solved."""
    network: Network = case.state(layout, moment, factor).network
    values, demands, host = case.values, case.demands, layout.host
    rates = moment.rates[0] * factor
    shown = sum(rates[AT[kind]] for kind in HTML)
    follow = np.array([rates[AT[kind]] / shown if kind in FOLLOW and shown else 0.0 for kind in CLASSES])
    rates[[AT[kind] for kind in FOLLOW]] = 0.0
    front, new = float(demands.frontdoor[0]), network.connecting[0]
    again = front + float(demands.pagecache[0])
    passes = np.array([front + float(new[at]) + (again if kind in CACHED else 0.0) for at, kind in enumerate(CLASSES)])
    fast = host.speed * (float(values["score_error"][0]) if host.speed != 1 else 1.0)
    pages = max(1, round(float(network.content.pages[0])))
    return Platform(
        cores=host.cores,
        rates=rates,
        follow=follow,
        pages=np.array([int(kind in HTML) for kind in CLASSES]),
        php=(demands.php[0] + passes) / fast,
        database=demands.database[0] / fast,
        delay=demands.wait[0],
        variation=demands.variation[0],
        pool=np.array([NO_POOL if kind in STATIC else int(kind in WIKI) for kind in CLASSES]),
        places=np.full(2, int(network.memory.children[0])),
        patience=values.point("queue_timeout"),
        background=float(values["background_cores"][0]) / fast,
        cached=np.array([int(kind in CACHED) for kind in CLASSES]),
        hit_work=(again + float(new[AT["page_anonymous"]])) / fast,
        publishes=np.array([int(kind in {"post", "comment"}) for kind in CLASSES]),
        popularity=np.arange(1, pages + 1, dtype=float) ** -float(values["zipf_exponent"][0]),
        life=float(values["page_cache_life"][0]),
        contention=float(values["database_contention"][0]),
        coherence=float(values["database_coherence"][0]),
    )


def capacity(case: Case, layout: Layout, moment: Moment, requests: int, seed: int) -> float:
    """Return the largest factor of people for which the simulated machine stays inside every limit, by cutting a bracket in halves."""
    load = float(np.sum(moment.rates[0] * (case.demands.php[0] + case.demands.database[0]))) / layout.host.speed / layout.host.cores
    low, high = 0.0, 1.3 / load
    inside = _inside(case, layout, moment)
    while inside(high, requests, seed):  # caches answer
        low, high = high, 2 * high
    for _ in range(CUTS):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle, requests, seed) else (low, middle)
    return low


def what_binds(case: Case, layout: Layout, moment: Moment, factor: float, requests: int, seed: int) -> str:  # noqa: PLR0913, PLR0917 - as capacity
    """Return which limit is nearest at ``factor``: cpu, page time, or rejected."""
    used = _used(case, layout, moment)(factor, requests, seed)
    return max(used, key=lambda name: used[name])


def _inside(case: Case, layout: Layout, moment: Moment) -> Callable[[float, int, int], bool]:
    used = _used(case, layout, moment)
    return lambda factor, requests, seed: max(used(factor, requests, seed).values()) <= 1


def _used(case: Case, layout: Layout, moment: Moment) -> Callable[[float, int, int], dict[str, float]]:
    target = case.brief.targets.page_p95_ms / 1000
    values = case.values

    def used(factor: float, requests: int, seed: int) -> dict[str, float]:
        seen = simulate(platform(case, layout, moment, factor), requests, seed)
        late = max(seen.quantile(AT[kind], LATE) for kind in PAGES)
        limits = values.point("cpu_limit"), values.point("rejected_limit")
        return {"cpu": seen.utilisation / limits[0], "page time": late / target, "rejected": seen.rejected / limits[1]}

    return used
