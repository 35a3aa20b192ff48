"""A discrete-event simulation of the whole platform on one machine, event by event; it shares no formula with the model.

What it does otherwise than the model: pages are drawn from a Zipf distribution and kept in a page cache that is filled,
ages and is purged entry by entry; pictures, styles and scripts are asked for right after their page was delivered;
a request is worked on in PHP, then in the database, where the jobs that are there slow each other (USL), then waits;
places of the PHP pools are held all the while; whoever waits too long for one is turned away.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
NO_POOL = -1
BACKGROUND_S = 0.02
MOST_JOBS = 20_000
MOST_WARM = 3_000_000
FIRST_PAGES = 4


@dataclass(frozen=True)
class Platform:
    """One machine: times in seconds of its own processors; C classes of requests.

    ``rates`` (C,) of requests that come by themselves; ``follow`` (C,) how many a delivered page of ``pages`` (C, 0 or 1)
    brings with it; ``cached`` (C,) which the page cache may answer, in ``hit_work`` seconds; ``publishes`` (C,) which purge a page.
    """

    cores: int
    rates: Array
    follow: Array
    pages: Whole
    php: Array
    database: Array
    delay: Array
    variation: Array
    pool: Whole
    places: Whole
    patience: float
    background: float
    cached: Whole
    hit_work: float
    publishes: Whole
    popularity: Array
    life: float
    contention: float
    coherence: float


@dataclass(frozen=True)
class Seen:
    """What happened: responses (s) and class of those served, share turned away of those who need a place, busy share of the cores, hit ratio."""

    response: Array
    kind: Whole
    rejected: float
    utilisation: float
    hits: float

    def quantile(self, kind: int, share: float) -> float:
        """Return a quantile of the responses of a class; 0 where there were none."""
        chosen = self.response[self.kind == kind]
        return float(np.quantile(chosen, share)) if len(chosen) else 0.0


def simulate(platform: Platform, requests: int, seed: int) -> Seen:
    """Run until ``requests`` requests have been served; the first fifth is left out."""
    p = platform
    response, kind, rejected, asked, busy, elapsed, hits, shown = _run(
        p.cores, p.rates, p.follow, p.pages, p.php, p.database, p.delay, p.variation, p.pool, p.places, p.patience, p.background,
        p.cached, p.hit_work, p.publishes, np.cumsum(p.popularity), p.life, p.contention, p.coherence, requests, seed,
    )  # fmt: skip
    return Seen(response, kind, rejected / max(asked, 1), busy / elapsed / p.cores, hits / max(shown, 1))


@njit(cache=True)
def _run(
    cores, rates, follow, pages, php, database, delay, variation, pool, places, patience, background, cached, hit_work, publishes, popular, life, contention,
    coherence, requests, seed,
):  # fmt: skip
    np.random.seed(seed)
    classes, pools = len(rates), len(places)
    total = rates.sum()
    cumulative = np.cumsum(rates) / total
    free = places.copy()
    sigma = np.sqrt(np.log(1 + variation**2))
    filled = np.full(len(popular), -1e18)
    # the cache as two lives of requests leave it: a cold one would have to be filled first
    ask, tell = 0.0, 0.0
    for k in range(classes):
        ask += rates[k] * cached[k]
        tell += rates[k] * publishes[k]
    if ask > 0:
        when = -min(2 * life, MOST_WARM / (ask + tell))
        for page in range(len(popular)):
            filled[page] = when - life * np.random.random()  # else all would end their lives together
        while when < 0:
            when += np.random.exponential(1 / (ask + tell))
            if np.random.random() * (ask + tell) < tell:
                filled[np.random.randint(len(popular))] = -1e18
                filled[:FIRST_PAGES] = -1e18
            else:
                page = min(np.searchsorted(popular, np.random.random() * popular[-1]), len(popular) - 1)
                if when - filled[page] >= life:
                    filled[page] = when
    # jobs at the processors
    left, after, came, job_kind, in_database = (
        np.zeros(MOST_JOBS),
        np.zeros(MOST_JOBS),
        np.zeros(MOST_JOBS),
        np.zeros(MOST_JOBS, np.int64),
        np.zeros(MOST_JOBS, np.int64),
    )
    running = 0
    # jobs away without CPU
    back, away_came, away_kind = np.zeros(MOST_JOBS), np.zeros(MOST_JOBS), np.zeros(MOST_JOBS, np.int64)
    away = 0
    # queues, one ring for each pool
    ring_came, ring_kind = np.zeros((max(pools, 1), MOST_JOBS)), np.zeros((max(pools, 1), MOST_JOBS), np.int64)
    head, size = np.zeros(max(pools, 1), np.int64), np.zeros(max(pools, 1), np.int64)
    # requests that follow a page at once
    soon, soon_kind = 0, np.zeros(MOST_JOBS, np.int64)
    response, kind = np.empty(requests), np.empty(requests, np.int64)
    served = rejected = asked = hits = shown = 0
    busy = now = elapsed = 0.0
    warm = requests // 5
    count = 0
    started = 0.0
    next_request = np.random.exponential(1 / total)
    small_rate = background / BACKGROUND_S
    next_small = np.random.exponential(1 / small_rate) if background > 0 else 1e18
    while count < requests:
        n_database = 0
        for i in range(running):
            n_database += in_database[i]
        share = min(1.0, cores / running) if running else 0.0
        slower = 1 + contention * max(n_database - 1, 0) + coherence * n_database * max(n_database - 1, 0)
        first, at_end = -1, 1e18
        for i in range(running):
            speed = share / slower if in_database[i] else share
            ends = now + left[i] / speed
            if ends < at_end:
                first, at_end = i, ends
        soonest, at_back = -1, 1e18
        for i in range(away):
            if back[i] < at_back:
                soonest, at_back = i, back[i]
        tired, at_tired = -1, 1e18
        for q in range(pools):
            if size[q] and ring_came[q, head[q]] + patience < at_tired:
                tired, at_tired = q, ring_came[q, head[q]] + patience
        moment = min(at_end, at_back, at_tired, next_request, next_small)
        if soon:
            moment = now
        gone = moment - now
        if gone > 0:
            busy_cores = min(running, cores)
            if count >= warm:
                busy += busy_cores * gone
            for i in range(running):
                left[i] -= gone * (share / slower if in_database[i] else share)
        now = moment
        arriving = -1
        leaving, leaving_came = -1, 0.0
        if soon:
            soon -= 1
            arriving = soon_kind[soon]
        elif moment == at_end:
            k = job_kind[first]
            if k >= 0 and not in_database[first] and database[k] > 0 and after[first] > 0:
                left[first], in_database[first] = after[first], 1
            else:
                was, its_kind = came[first], k
                running -= 1
                left[first], after[first], came[first], job_kind[first], in_database[first] = (
                    left[running],
                    after[running],
                    came[running],
                    job_kind[running],
                    in_database[running],
                )
                if its_kind >= 0 and its_kind < classes and delay[its_kind] > 0:
                    back[away], away_came[away], away_kind[away] = now + delay[its_kind] * np.random.exponential(1.0), was, its_kind
                    away += 1
                elif its_kind >= 0:
                    leaving, leaving_came = its_kind, was
        elif moment == at_back:
            leaving, leaving_came = away_kind[soonest], away_came[soonest]
            away -= 1
            back[soonest], away_came[soonest], away_kind[soonest] = back[away], away_came[away], away_kind[away]
        elif moment == at_tired:
            head[tired] = (head[tired] + 1) % MOST_JOBS
            size[tired] -= 1
            if count >= warm:
                rejected += 1
        elif moment == next_small:
            next_small = now + np.random.exponential(1 / small_rate)
            left[running], after[running], came[running], job_kind[running], in_database[running] = np.random.exponential(BACKGROUND_S), 0.0, now, -1, 0
            running += 1
        else:
            next_request = now + np.random.exponential(1 / total)
            arriving = min(int(np.searchsorted(cumulative, np.random.random())), classes - 1)
        if arriving >= 0:
            k = arriving
            hit = False
            if cached[k]:
                page = min(np.searchsorted(popular, np.random.random() * popular[-1]), len(popular) - 1)
                hit = now - filled[page] < life
                if count >= warm:
                    shown += 1
                    hits += hit
                if not hit:
                    filled[page] = now
            if hit:
                left[running], after[running], came[running], job_kind[running], in_database[running] = hit_work, 0.0, now, k + classes, 0
                running += 1
            else:
                q = pool[k]
                if q >= 0 and count >= warm:
                    asked += 1
                if q >= 0 and free[q] == 0:
                    end = (head[q] + size[q]) % MOST_JOBS
                    ring_came[q, end], ring_kind[q, end] = now, k
                    size[q] += 1
                else:
                    if q >= 0:
                        free[q] -= 1
                    factor = np.exp(np.random.normal(0.0, sigma[k]) - sigma[k] ** 2 / 2)
                    left[running], after[running], came[running], job_kind[running], in_database[running] = php[k] * factor, database[k] * factor, now, k, 0
                    running += 1
        if leaving >= 0:
            k = leaving
            was_hit = k >= classes
            if was_hit:
                k -= classes
            q = pool[k]
            if q >= 0 and not was_hit:
                if size[q]:
                    other, since = ring_kind[q, head[q]], ring_came[q, head[q]]
                    head[q] = (head[q] + 1) % MOST_JOBS
                    size[q] -= 1
                    factor = np.exp(np.random.normal(0.0, sigma[other]) - sigma[other] ** 2 / 2)
                    left[running], after[running], came[running], job_kind[running], in_database[running] = (
                        php[other] * factor,
                        database[other] * factor,
                        since,
                        other,
                        0,
                    )
                    running += 1
                else:
                    free[q] += 1
            if publishes[k]:
                filled[np.random.randint(len(popular))] = -1e18
                filled[:FIRST_PAGES] = -1e18
            if pages[k]:
                for f in range(classes):
                    if follow[f] > 0:
                        for _ in range(np.random.poisson(follow[f])):
                            if soon < MOST_JOBS:
                                soon_kind[soon] = f
                                soon += 1
            if count >= warm:
                response[served], kind[served] = now - leaving_came, k
                served += 1
            count += 1
            if count == warm:
                started = now
        if running >= MOST_JOBS - 10 or away >= MOST_JOBS - 10 or size.max() >= MOST_JOBS - 10:
            break
    elapsed = now - started
    return response[:served], kind[:served], rejected, asked, busy, max(elapsed, 1e-12), hits, shown
