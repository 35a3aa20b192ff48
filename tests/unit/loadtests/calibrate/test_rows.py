"""Rows hold the requests and the processor time of the same seconds, and what the page cache answered costs no PHP."""

import pytest

from loadtests.calibrate.rows import WIKI_STYLES, rows
from loadtests.capacity.level import Span
from loadtests.steady.meter import Platform
from loadtests.steady.record import Record
from loadtests.steady.tape import Sample
from tests.unit.loadtests.capacity.levels import service

NAMES = frozenset(
    {
        *("demand.any.frontdoor", "demand.any.pagecache", "demand.page_anonymous.php", "demand.page_anonymous.database", "demand.wiki_view.php"),
        *("demand.asset.nginx", "demand.any.connection", WIKI_STYLES),
    }
)
SPAN = Span(1, 1.0, 100.0, 100.0, 110.0)
USED = {"blogs": 0.5, "database": 0.2, "objectcache": 0.1, "frontdoor": 0.05, "pagecache": 0.01, "wiki": 0.0, "blogs-jobs": 0.02, "mail": 0.01}
PLATFORM = Platform(
    cores=2, at=tuple(100.0 + second for second in range(11)), host_cpu=(0.4,) * 11, services=tuple(service(name, (used,) * 11) for name, used in USED.items())
)


def asked(*samples: Sample, probes: tuple[Sample, ...] = ()) -> dict[str, dict[str, float]]:
    """Requests by service, all parts of the level together."""
    found: dict[str, dict[str, float]] = {}
    for row in rows(Record(samples=list(samples), probes=list(probes)), PLATFORM, [SPAN], NAMES, "wiki.example"):
        for name, times in row.requests.items():
            found.setdefault(row.service, {}).setdefault(name, 0.0)
            found[row.service][name] += times
    return found


def test_processor_time_is_that_of_the_services_that_a_demand_counts() -> None:
    found = rows(Record(), PLATFORM, [SPAN], NAMES)
    used = {row.service: row.cpu_s / row.seconds for row in found}
    assert used == pytest.approx({"blogs": 0.5, "database": 0.3, "frontdoor": 0.05, "pagecache": 0.01, "wiki": 0.0, "rest": 0.03})
    assert sum(row.seconds for row in found if row.service == "blogs") == pytest.approx(10.0)


def test_a_page_that_the_cache_had_costs_the_front_door_and_the_cache_alone() -> None:
    found = asked(Sample(102.0, "page_anonymous", 5.0, "", cache="HIT"))
    assert found == {"frontdoor": {"demand.any.frontdoor": pytest.approx(1.0)}, "pagecache": {"demand.any.pagecache": pytest.approx(1.0)}}


def test_a_page_that_it_did_not_have_passes_the_front_door_twice_and_is_made() -> None:
    found = asked(Sample(102.0, "page_anonymous", 50.0, "", cache="MISS"))
    assert found["frontdoor"] == {"demand.any.frontdoor": pytest.approx(2.0)}
    assert found["blogs"] == {"demand.page_anonymous.php": pytest.approx(1.0)}
    assert found["database"] == {"demand.page_anonymous.database": pytest.approx(1.0)}


def test_a_look_at_a_real_page_counts_as_one_that_the_cache_had() -> None:
    assert set(asked(probes=(Sample(102.0, "probe", 5.0, ""),))) == {"frontdoor", "pagecache"}


def test_a_request_that_reaches_over_an_end_counts_for_the_part_within() -> None:
    found = asked(Sample(99.0, "wiki_view", 2000.0, ""), Sample(109.5, "wiki_view", 2000.0, ""), Sample(120.0, "wiki_view", 20.0, ""))
    assert found["wiki"] == {"demand.wiki_view.php": pytest.approx(0.5 + 0.25)}


def test_styles_that_the_wiki_makes_are_told_apart_from_files() -> None:
    found = asked(Sample(102.0, "asset", 5.0, "https://wiki.example/load.php?x=1"), Sample(103.0, "asset", 5.0, "https://blogs.example/a.css"))
    assert found["wiki"] == {WIKI_STYLES: pytest.approx(1.0)}
    assert found["blogs"] == {"demand.asset.nginx": pytest.approx(1.0)}


def test_a_level_that_the_meter_hardly_saw_has_no_row() -> None:
    assert rows(Record(), PLATFORM, [Span(1, 1.0, 100.0, 100.0, 101.5)], NAMES) == []


def test_a_connection_costs_the_front_door_beside_the_request_that_opened_it() -> None:
    found = asked(Sample(101.0, "page_anonymous", 5.0, "", cache="HIT", connections=1), Sample(102.0, "wiki_view", 50.0, "", connections=2))
    assert found["frontdoor"] == {"demand.any.frontdoor": pytest.approx(2.0), "demand.any.connection": pytest.approx(3.0)}
