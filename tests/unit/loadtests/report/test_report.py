"""The page of a result: the verdict first, every number that of the result, nothing fetched or run, whatever is missing."""

import re
from dataclasses import replace
from functools import cache

import pytest

from loadtests.capacity.findings import outcome as searched
from loadtests.perform import Outcome
from loadtests.recorder import Failure
from loadtests.report import page
from loadtests.report.inside import panels
from loadtests.report.timeline import timeline
from loadtests.report.words import amount, between, lasted
from loadtests.steady.findings import outcome
from loadtests.steady.measured import Slow
from loadtests.steady.meter import Platform
from loadtests.steady.record import Record
from loadtests.verdict import Result
from tests.unit.cli.test_capacity import result as of_search
from tests.unit.loadtests.capacity.seen import facts as levels
from tests.unit.loadtests.compare.runs import run
from tests.unit.loadtests.compare.test_compare import calibrated
from tests.unit.loadtests.programs.said import run as said
from tests.unit.loadtests.steady.peaks import BEGIN, facts
from tests.unit.sizing.test_report import HOSTILE, Outline

STEADY = ("targets", "time", "predicted", "requests", "platform", "generator", "notes", "made")
SEARCH = ("carried", *STEADY[1:])


@cache
def steady() -> Result:
    return run(3, slower={"page_signed_in": 1.4}, failing=0.01).model_copy(update={"verdict": "failed", "reasons": ("errors: 0.9 %", "it is slow")})


@cache
def capacity() -> Result:
    return of_search(searched(levels(0.8, 1.4, 2.5, 2.7, 3.1, starved=4)))


@cache
def steady_page() -> str:
    return page(steady())


@cache
def capacity_page() -> str:
    return page(capacity())


def plain(text: str) -> str:
    return Outline(text).text.replace("\u00a0", " ")


@cache
def every() -> dict[str, Result]:
    nothing = Outcome("invalid", ("the load generator left no record",))
    made = {"scenario": "steady", "platform": "pilot", "started": "2026-11-28T12:00:00+00:00"}
    one, found = steady(), capacity()
    assert one.measured is not None
    assert found.capacity is not None
    bare = one.measured.model_copy(update={"judgements": (), "slow": (), "series": None, "warm_up_s": None, "platform": empty(one.measured.platform)})
    silent = one.measured.model_copy(update={"platform": one.measured.platform.model_copy(update={"services": ()})})
    inside = one.measured.platform.model_copy(update={"programs": said(120)})
    mute = one.measured.platform.model_copy(update={"programs": said(120).inside([])})
    unknown = {"people": None, "share": None, "requests_per_second": None, "half_width": None, "targets": (), "binding": "", "fitted": (), "series": None}
    return {
        "steady": one,
        "search": found,
        "calibration": calibrated(12),
        "smoke": one.model_copy(update={"scenario": "smoke", "measured": None}),
        "nothing": Result(**made, **{**vars(nothing), "driven": None}),
        "bare": one.model_copy(update={"measured": bare, "classes": ()}),
        "inside": one.model_copy(update={"measured": one.measured.model_copy(update={"platform": inside})}),
        "mute inside": one.model_copy(update={"measured": one.measured.model_copy(update={"platform": mute})}),
        "no services": one.model_copy(update={"measured": silent}),
        "interrupted": Result(**made, **{**vars(outcome(facts(8, stopped="interrupted"))), "driven": None}),
        "no requests": Result(**made, **{**vars(outcome(replace(facts(8), record=Record(turns=facts(8).record.turns)))), "driven": None}),
        "no level": found.model_copy(update={"capacity": found.capacity.model_copy(update={**unknown, "levels": ()})}),
        "nothing known": found.model_copy(update={"capacity": found.capacity.model_copy(update=unknown)}),
        "all failed": of_search(searched(levels(0.5, failing=1))),
        "a day": one.model_copy(update={"duration_s": 86_400.0}),
    }


def empty(platform: Platform) -> Platform:
    return platform.between(0, 0)


@pytest.mark.parametrize("name", sorted(every()))
def test_whatever_is_missing_gives_a_page_that_fetches_and_runs_nothing(name: str) -> None:
    result = every()[name]
    text = page(result)
    outline = Outline(text)
    assert not outline.open
    assert not {"script", "link", "img", "image", "iframe", "object", "use", "form"} & {tag for tag, _ in outline.found}
    for _, attributes in outline.found:
        assert not {one for one in attributes if one in {"src", "srcset", "style"} or one.startswith("on")}
        assert attributes.get("href", "#").startswith("#")
        assert "url(" not in "".join(attributes.values()).replace("url(#", "")
    assert not re.search(r"https?:|@import|javascript:", text)
    assert "default-src 'none'" in text
    shown = tuple(attributes["id"] for attributes in outline.of("section"))
    assert ("inside" in shown) is name.endswith("inside")
    assert tuple(one for one in shown if one != "inside") == (SEARCH if result.capacity else STEADY[1:] if result.calibrated else STEADY)
    assert not re.search(r"\b(?:None|nan|inf|Infinity)\b", outline.text)
    ids = [attributes["id"] for _, attributes in outline.found if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_verdict_and_its_reasons_come_first() -> None:
    text = plain(steady_page())
    places = [
        text.index(words)
        for words in ("Failed. Of 11 targets 10 are met, 1 missed.", "errors: 0.9 %", "it is slow", "Contents" if "Contents" in text else "Targets")
    ]
    assert places == sorted(places)
    assert 'class="answer short"' in steady_page()
    assert 'class="answer"' in capacity_page()


def test_every_target_stands_with_what_was_measured_and_its_interval() -> None:
    result, text = steady(), plain(steady_page())
    assert result.measured is not None
    for one in result.measured.judgements:
        row = f"{amount(one.limit, one.unit)} {amount(one.value, one.unit)} {between(one.low, one.high, one.unit)} {one.number:,}".replace("\u00a0", " ")
        assert f"{one.target} {'✗' if one.answer == 'missed' else '✓'} {one.answer} {row}" in text


def test_every_class_stands_with_its_counts_and_times() -> None:
    result, text = steady(), plain(steady_page())
    for part in result.classes:
        times = f"{amount(part.p50_ms, 'ms')} {amount(part.p95_ms, 'ms')}".replace("\u00a0", " ")
        assert f"{part.name} {part.requests:,} {part.failed} {times}" in text


def test_every_level_and_the_capacity_stand_with_their_intervals() -> None:
    found, text = capacity().capacity, plain(capacity_page())
    assert found is not None
    assert found.people is not None
    assert f"carries {found.people.value:,.0f} people ({found.people.low:,.0f} to {found.people.high:,.0f} people with 95 % confidence)" in text
    assert f"Predicted by the plan {found.predicted.people:,}" in text
    for one in found.levels:
        assert f"{one.number} {one.people:,.0f} " in text
        assert f"{amount(one.p95_ms, 'ms')} {between(one.p95_low_ms, one.p95_high_ms, 'ms')}".replace("\u00a0", " ") in text
    assert "level 4: " in text
    assert "○ invalid" in text


def test_figures_have_a_title_and_say_in_words_what_they_show() -> None:
    for text, keys in ((steady_page(), ["over-time", "ratios"]), (capacity_page(), ["by-load", "over-time", "ratios"])):
        outline = Outline(text)
        assert [svg["aria-labelledby"] for svg in outline.of("svg")] == [f"{key}-title" for key in keys]
        assert len(outline.of("desc")) == len(keys)
        for drawn in re.findall(r"<svg .*?</svg>", text, re.DOTALL):
            assert re.match(r"<svg [^>]*><title>[^<]{11,}</title><desc>[^<]*\d[^<]*</desc>", drawn, re.DOTALL)


def test_targets_levels_and_services_are_named_in_the_figures() -> None:
    by_load, over_time, _ = re.findall(r"<svg .*?</svg>", capacity_page(), re.DOTALL)
    for words in ("target: p95 within 1,000", "carried: ", "fitted", "limit of the platform", "p50", "p99"):
        assert words in by_load
    for words in ("p95", "requests/s", "blogs", "host", "seconds since", "limit: 70"):
        assert words in over_time
    one = steady()
    assert one.measured is not None
    settled = one.model_copy(update={"measured": one.measured.model_copy(update={"warm_up_s": 40.0, "measured_s": 260.0})})
    over_time = re.findall(r"<svg .*?</svg>", page(settled), re.DOTALL)[0]
    assert ">warm-up<" in over_time
    assert "The warm-up of 40\u00a0s" in over_time


def test_what_the_file_names_stays_text() -> None:
    one = steady()
    assert one.measured is not None
    assert one.measured.series is not None
    platform = one.measured.platform
    services = tuple(service.model_copy(update={"name": f"{HOSTILE}{number}"}) for number, service in enumerate(platform.services))
    slow = Slow(at=BEGIN, request_class=HOSTILE, url=f"https://a.example/{HOSTILE}", waited_ms=9.0, kind=HOSTILE)
    measured = one.measured.model_copy(
        update={
            "judgements": tuple(judgement.model_copy(update={"target": HOSTILE, "unit": HOSTILE}) for judgement in one.measured.judgements),
            "stopped": HOSTILE,
            "slow": (slow,),
            "notes": (HOSTILE,),
            "platform": platform.model_copy(update={"services": services}),
            "generator": one.measured.generator.model_copy(update={"faults": (HOSTILE,)}),
        }
    )
    failure = Failure(kind=HOSTILE, count=1, first=f"{HOSTILE} http://b.example/")
    parts = tuple(
        part.model_copy(update={"name": f"{HOSTILE}{number}", "failures": (failure,), "p95_predicted_ms": 9.0}) for number, part in enumerate(one.classes)
    )
    hostile = {
        "scenario": HOSTILE,
        "platform": HOSTILE,
        "plan_digest": HOSTILE,
        "started": HOSTILE,
        "reasons": (HOSTILE,),
        "classes": parts,
        "measured": measured,
    }
    text = page(one.model_copy(update=hostile))
    outline = Outline(text)
    assert not outline.of("script")
    assert not outline.open
    assert "\u202e" not in text
    assert "{{ 7 * 7 }}" in outline.text
    assert "<script>alert('x')</script>" in outline.text
    assert "http" not in re.sub(r'http-equiv="', "", text)


def test_a_target_named_in_markup_ends_no_svg() -> None:
    found = capacity().capacity
    assert found is not None
    binding = "</svg><script>1</script>"
    targets = tuple(one.model_copy(update={"target": binding}) for one in found.targets)
    text = page(capacity().model_copy(update={"capacity": found.model_copy(update={"binding": binding, "targets": targets})}))
    assert not Outline(text).of("script")
    assert text.count("</svg>") == text.count("<svg ")


def test_the_same_result_gives_the_same_bytes_and_few_of_them() -> None:
    assert page(steady()) == steady_page()
    assert len(capacity_page().encode()) < 500_000


def test_a_long_run_is_drawn_in_a_few_hundred_steps() -> None:
    one = steady()
    assert one.measured is not None
    still = (0.5,) * 40_000
    platform = one.measured.platform
    service = platform.services[0].model_copy(update={name: still for name, column in platform.services[0] if isinstance(column, tuple)})
    at = tuple(BEGIN + second for second in range(1, 40_001))
    whole = platform.model_copy(update={"at": at, "host_cpu": still, "services": (service,)})
    run_ = timeline(one.model_copy(update={"duration_s": 40_000.0, "measured": one.measured.model_copy(update={"platform": whole})}))
    assert run_ is not None
    assert 100 < len(run_.use.at) <= 240
    assert run_.use.services["frontdoor"] == pytest.approx((0.25,) * len(run_.use.at))


def test_times_and_amounts_are_written_as_they_are_read() -> None:
    assert [lasted(one) for one in (9.0, 299.0, 900.0, 43_200.0)] == ["9\u00a0s", "299\u00a0s", "15\u00a0min", "12\u00a0h"]
    assert amount(600_000.0, "ms") == "never"
    assert amount(None, "ms") == "\u2014"
    assert between(1.5, 600_000.0, "ms") == "1.5 to never"


def test_inside_the_services_stands_what_was_full_drawn_and_in_numbers() -> None:
    result = every()["inside"]
    assert result.measured is not None
    full = result.measured.platform.model_copy(update={"programs": said(120, busy=4.0, waiting=12.0)})
    text = page(result.model_copy(update={"measured": result.measured.model_copy(update={"platform": full})}))
    words = plain(text)
    assert "The blogs' PHP pool of 4 was full at" in words
    assert "blogs: requests that wait for one" in words
    assert "Inside the services over time" in text
    for name in ("of the PHP pool", "requests wait", "database threads", "cache hits", "blogs, PHP", "at work", "objects", "pages"):
        assert name in words or name in text, name


def test_a_gap_breaks_a_line_and_a_queue_in_the_front_door_is_drawn() -> None:
    run = timeline(steady())
    assert run is not None
    found = said(120)
    pool = found.pools[0].model_copy(update={"busy": (None, *found.pools[0].busy[1:])})
    door = found.front_door.model_copy(update={"backends": tuple(one.model_copy(update={"queued": (2.0,) * 60}) for one in found.front_door.backends)})
    drawn = {panel.title: panel.lines for panel in panels(run, found.model_copy(update={"pools": (pool,), "front_door": door}))}
    assert drawn["of the PHP pool"]["blogs"][0][1] is None
    assert drawn["of the PHP pool"]["blogs"][2][1] == 0.25
    assert [value for _, value in drawn["requests wait"]["blogs, door"]] == [2.0] * 60
    assert drawn["cache hits"]["objects"][1][1] == pytest.approx(0.9)
