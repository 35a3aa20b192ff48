"""From people to requests: nobody is lost, and the worst hour is the worst."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing.evidence import demands, evidence
from sizing.reading import validated
from sizing.size import case_of
from sizing.workload import CLASSES, REFERENCE_MONDAYS, _profile, peak, per_session
from tests.unit.sizing.briefs import changed

ZONES = ["UTC", "Europe/Berlin", "America/Chicago", "Asia/Singapore", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns"]


def rates(**changes: object) -> dict[str, float]:
    return case_of(validated(changed({key.replace("__", "."): value for key, value in changes.items()}))).workload.rates


@given(st.sampled_from(ZONES), st.integers(0, 95), st.integers(1, 96), st.floats(0.01, 1))
@settings(max_examples=60, deadline=None)
def test_each_day_of_a_profile_holds_exactly_one_days_visits(zone: str, start: int, length: int, share: float) -> None:
    clock = [f"{at // 4 % 24:02}:{at % 4 * 15:02}" for at in (start, start + length)]
    hours = f"{clock[0]}-{clock[1]}" if clock[0] != clock[1] else "00:00-24:00"
    for monday in REFERENCE_MONDAYS:
        assert sum(_profile(zone, hours, (0, 2), monday, share)) == pytest.approx(2)


def test_the_peak_is_when_headquarters_starts_and_lisbon_is_there_too() -> None:
    found = case_of(validated(changed({}))).workload
    assert found.hour_utc == "Mon 07:00"
    by_hand = (200 * 0.2 + 70 * 0.2 / 2 + 60 * 0.1) * 3
    assert found.sessions_per_hour == pytest.approx(by_hand)


def test_the_peak_moves_with_the_time_zone_of_the_largest_group() -> None:
    assert case_of(validated(changed({"audience[0].time_zone": "Asia/Tokyo", "audience[0].people": 5000}))).workload.hour_utc == "Mon 23:00"


def test_requests_of_all_classes_add_up_to_the_total() -> None:
    found = case_of(validated(changed({}))).workload
    assert set(found.rates) == set(CLASSES)
    assert found.requests_per_second == pytest.approx(sum(found.rates.values()))
    assert all(rate >= 0 for rate in found.rates.values())


def test_pages_of_a_visit_are_conserved_between_kinds() -> None:
    numbers = evidence()
    mix = per_session(numbers, wiki=True, internal=True)
    written = mix["post"] * numbers["editor_pages_per_post"] + mix["wiki_edit"]
    assert mix["page_anonymous"] + mix["page_signed_in"] + mix["wiki_view"] == pytest.approx(numbers["pages_per_session"] + written)


def test_without_a_wiki_nobody_reads_one() -> None:
    found = rates(spaces=[{"kind": "blog", "title": "Only"}])
    assert found["wiki_view"] == found["wiki_edit"] == 0


def test_people_on_the_internet_read_without_signing_in() -> None:
    brief = validated(changed({f"audience[{at}].access": "internet" for at in range(4)}))
    found = peak(brief, evidence(), demands()).rates
    assert found["page_signed_in"] == found["sign_in"] == found["post"] == found["wiki_view"] == 0
    assert found["page_anonymous"] > 0
