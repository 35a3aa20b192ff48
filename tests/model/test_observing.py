"""Known parameters are recovered from generated use: each 95 % interval holds the truth in about 95 of 100 worlds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from sizing.calibration import Number, Observations
from sizing.observing.batches import Batches
from sizing.observing.days import Days
from sizing.observing.diffusion import WEEKS_PER_YEAR, Weeks, diffusion
from sizing.observing.estimate import Known, Read, observations
from sizing.observing.popularity import by_rank, popularity
from sizing.observing.request import PAGES
from sizing.observing.tally import Tally
from tests.model.real_use import ACTS, BAD, GOOD, MONDAY_S, World

SEEDS = 40
LEAST = 34
"""Of 40 intervals of 95 %, 33 or fewer hold with a probability of 1 in 300."""


@dataclass(frozen=True)
class Seen:
    worlds: tuple[World, ...]
    found: tuple[Observations, ...]


def seen(world: World, known: Known | None = None) -> Observations:
    tally = Tally(Days())
    for request in world.requests():
        tally.add(request)
    return observations(tally, known or Known(), Read(1, tally.requests, {}))


@pytest.fixture(scope="module")
def use() -> Seen:
    worlds = tuple(World(seed) for seed in range(SEEDS))
    return Seen(worlds, tuple(seen(world) for world in worlds))


def truths(worlds: tuple[World, ...]) -> dict[str, float]:
    one = worlds[0]
    came = sum(world.returns for world in worlds) / sum(world.exposed for world in worlds)
    return {
        "sessions_per_person_day": came,
        "sessions_per_person_hour": came / 9,
        "pages_per_session": one.acts * sum(ACTS[kind] for kind in PAGES),
        "think_time_s": one.think_s,
        "think_time_median_s": one.think_median_s,
        "think_time_sigma": one.think_sigma,
        "signed_in_share": ACTS["page_signed_in"] / (ACTS["page_signed_in"] + ACTS["page_anonymous"]),
        "wiki_share": ACTS["wiki_view"] / sum(ACTS[kind] for kind in PAGES),
        "zipf_exponent": one.exponent,
        "page_cache_hit_ratio": (GOOD + BAD) / 2,
    }


def covered(truth: float, numbers: list[Number]) -> int:
    return sum(number.low <= truth <= number.high for number in numbers)


@pytest.mark.parametrize("name", list(truths((World(0, returns=1, exposed=1),))))
def test_the_interval_of_a_number_holds_the_truth_in_95_of_100_worlds(name: str, use: Seen) -> None:
    assert covered(truths(use.worlds)[name], [one.numbers[name] for one in use.found]) >= LEAST


@pytest.mark.parametrize("kind", [*ACTS, "media_view", "asset"])
def test_the_interval_of_a_classes_share_holds_the_truth_in_95_of_100_worlds(kind: str, use: Seen) -> None:
    assert covered(use.worlds[0].mix[kind], [one.mix[kind] for one in use.found]) >= LEAST


def test_all_intervals_together_hold_as_often_as_they_say(use: Seen) -> None:
    held = [covered(truth, [one.numbers[name] for one in use.found]) for name, truth in truths(use.worlds).items()]
    held += [covered(truth, [one.mix[kind] for one in use.found]) for kind, truth in use.worlds[0].mix.items()]
    assert 0.93 <= sum(held) / len(held) / SEEDS <= 0.985


def test_no_estimate_leans_to_one_side_by_more_than_a_part_of_its_interval(use: Seen) -> None:
    for name, truth in truths(use.worlds).items():
        numbers = [one.numbers[name] for one in use.found]
        width = float(np.mean([one.high - one.low for one in numbers]))
        assert abs(np.mean([one.value for one in numbers]) - truth) < 0.15 * width, name


def test_absences_shorter_than_the_time_out_are_still_counted_as_such(use: Seen) -> None:
    true, told = (sum(world.visits for world in use.worlds), sum(one.sessions for one in use.found))
    by_time_out = sum(one.sessions / one.sessions_factor for one in use.found)
    assert abs(told / true - 1) < 0.02
    assert by_time_out / true < 0.92


@pytest.mark.parametrize("timeout_s", [600.0, 3600.0])
def test_the_time_out_hardly_moves_what_is_told(timeout_s: float) -> None:
    tally = Tally(Days(), timeout_s)
    world = World(5, people=80, days=26)
    for request in world.requests():
        tally.add(request)
    found = observations(tally, Known(), Read(1, tally.requests, {})).numbers["sessions_per_person_day"]
    assert abs(found.value / (world.returns / world.exposed) - 1) < 0.05


def test_where_there_are_more_people_than_fit_a_sample_of_them_tells_the_same() -> None:
    tally, world = Tally(Days(), most_people=100), World(6, people=240, days=12, acts=3.0)
    for request in world.requests():
        tally.add(request)
        assert len(tally.visitors) + len(tally.owners) <= 100
    found = observations(tally, Known(), Read(1, tally.requests, {}))
    assert tally.sampled in {0.25, 0.125}
    assert abs(found.people / 240 - 1) < 0.5
    assert found.numbers["sessions_per_person_day"].low <= world.returns / world.exposed <= found.numbers["sessions_per_person_day"].high
    assert found.numbers["pages_per_session"].low <= 3 * sum(ACTS[kind] for kind in PAGES) <= found.numbers["pages_per_session"].high


@pytest.mark.parametrize(("pages", "exponent", "views"), [(300, 0.9, 4000), (3000, 0.7, 9000), (1000, 1.1, 20000), (100, 0.3, 5000)])
def test_popularity_is_recovered_although_chance_alone_puts_pages_into_an_order(pages: int, exponent: float, views: int) -> None:
    shares = np.arange(1, pages + 1.0) ** -exponent
    found, raw = [], []
    for seed in range(SEEDS):
        counts = np.random.default_rng([pages, seed]).multinomial(views, shares / shares.sum()).astype(float)
        one = popularity(counts[counts > 0])
        assert one is not None
        found.append(one.exponent)
        raw.append(by_rank(counts[counts > 0]))
    assert sum(one.low <= exponent <= one.high for one in found) >= LEAST
    assert abs(np.mean([one.value for one in found]) - exponent) <= max(abs(float(np.mean(raw)) - exponent) / 3, 0.001)


@pytest.mark.parametrize("spell", [1, 30, 300])
def test_the_hit_ratios_interval_holds_however_long_spells_last(spell: int) -> None:
    held = 0
    for seed in range(SEEDS):
        draw, batches = np.random.default_rng([spell, seed]), Batches()
        for hit in spells(draw, spell, 30_000):
            batches.add(hit)
        found = batches.share()
        assert found is not None
        held += found.low <= (GOOD + BAD) / 2 <= found.high
    assert held >= LEAST


def spells(draw: np.random.Generator, length: int, count: int) -> Iterator[bool]:
    good, left = bool(draw.integers(2)), 0
    for _ in range(count):
        if not left:
            good, left = not good, int(draw.geometric(1 / length))
        left -= 1
        yield bool(draw.random() < (GOOD if good else BAD))


def joined(draw: np.random.Generator, market: int, hazards: tuple[float, float], weeks: int, mails: dict[int, int] | None = None) -> np.ndarray:
    """Return the people who join in each week: a birth process in steps of a tenth of a day, and those whom ``mails`` bring at once."""
    (p, q), there, new = hazards, 0, []
    for week in range(weeks):
        before = there
        there += min((mails or {}).get(week, 0), market - there)
        for _ in range(70):
            there += draw.binomial(market - there, -np.expm1(-(p + q * there / market) / WEEKS_PER_YEAR / 70))
        new.append(there - before)
    return np.array(new, dtype=float)


@pytest.mark.parametrize(("audience", "ceiling", "p", "q", "weeks"), [(2000, 0.7, 0.5, 3.0, 40), (400, 0.7, 0.8, 4.0, 40)])
def test_bass_is_recovered_from_those_who_come_for_the_first_time(audience: int, ceiling: float, p: float, q: float, weeks: int) -> None:
    held: dict[str, tuple[float, list[bool]]] = {"bass_p": (p, []), "bass_q": (q, []), "ceiling": (ceiling, [])}
    for seed in range(SEEDS):
        new = joined(np.random.default_rng([audience, seed]), round(audience * ceiling), (p, q), weeks)
        found = diffusion(Weeks(new, 0, np.ones(weeks), audience))
        for name, (truth, kept) in held.items():
            assert (name in found.found) != (name in found.missing)
            if name in found.found:
                kept.append(found.found[name].low <= truth <= found.found[name].high)
    assert sum(held["bass_p"][1]) >= LEAST
    assert np.mean(held["bass_q"][1]) >= LEAST / SEEDS
    assert len(held["bass_q"][1]) >= LEAST
    assert np.mean(held["ceiling"][1]) >= LEAST / SEEDS


def test_weeks_that_do_not_count_do_not_bend_the_curve() -> None:
    held = 0
    for seed in range(SEEDS):
        new = joined(np.random.default_rng([7, seed]), 1400, (0.5, 3.0), 40, {6: 150})
        counts = np.ones(40)
        counts[6] = 0
        found = diffusion(Weeks(new, 0, counts, 2000)).found
        held += "bass_p" in found and found["bass_p"].low <= 0.5 <= found["bass_p"].high
    assert held >= LEAST


@pytest.mark.parametrize("weeks", [4, 7])
def test_a_span_that_is_too_short_is_said_and_nothing_is_guessed(weeks: int) -> None:
    found = diffusion(Weeks(joined(np.random.default_rng(1), 1400, (0.5, 3.0), weeks), 0, np.ones(weeks), 2000))
    assert not found.found
    assert all(why.startswith("not enough") for why in found.missing.values())


def test_a_course_that_has_not_bent_does_not_tell_the_ceiling() -> None:
    found = diffusion(Weeks(joined(np.random.default_rng(1), 1400, (0.2, 1.0), 10), 0, np.ones(10), 2000))
    assert "ceiling" in found.missing


def test_adoption_is_read_off_the_logs_of_a_year() -> None:
    """The whole way, from requests: rare short visits, so that it is quick."""
    market, p, q, weeks = 400, 0.8, 4.0, 44
    draw = np.random.default_rng(11)
    first = [7 * week + int(draw.integers(5)) for week, count in enumerate(joined(draw, market, (p, q), weeks)) for _ in range(int(count))]
    world = World(2, people=len(first), days=weeks * 7, per_day=0.15, acts=2.0, began=dict(enumerate(first)))
    world.certain = True
    found = seen(world, Known(audience=500, launch=int(MONDAY_S // 86_400)))
    assert found.numbers["bass_p"].low <= p <= found.numbers["bass_p"].high
    assert found.numbers["bass_q"].low <= q <= found.numbers["bass_q"].high
    assert "ceiling" not in found.numbers or found.numbers["ceiling"].low <= market / 500 <= found.numbers["ceiling"].high
