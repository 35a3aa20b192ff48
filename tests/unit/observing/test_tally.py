"""Who is one person, what is one visit, and what counts."""

import pytest

from sizing.demands import AT
from sizing.observing.days import Days, of
from sizing.observing.request import Request
from sizing.observing.tally import KNOWN_RETURNS, OTHER_RETURNS, VISITS, Tally
from sizing.reading import parse
from tests.model.real_use import MONDAY_S, pseudonym
from tests.unit.sizing.briefs import PILOT

DESK, PHONE, ADA, BOB = (pseudonym(number) for number in range(4))
DAY_S = 86_400


def asked(minute: float, kind: str = "page_anonymous", visitor: str = DESK, person: str = "") -> Request:
    return Request(MONDAY_S + 60 * minute, 0.1, visitor, person, kind, "/a" if kind.startswith("page") else "", "")


def counted(*requests: Request) -> Tally:
    tally = Tally(Days())
    for request in requests:
        tally.add(request)
    return tally


def total(tally: Tally, column: int) -> float:
    return sum(float(cells[:, column].sum()) for cells in tally.cells.values())


def test_half_an_hour_without_anything_done_ends_a_visit() -> None:
    assert total(counted(asked(0), asked(29), asked(58), asked(89)), VISITS) == 2


@pytest.mark.parametrize("kind", ["feed", "asset", "media_view", ""])
def test_what_comes_by_itself_prolongs_no_visit(kind: str) -> None:
    assert total(counted(asked(0), *(asked(minute, kind) for minute in range(1, 60)), asked(60)), VISITS) == 2


def test_signing_in_begins_no_new_visit_and_the_page_that_follows_belongs_to_it() -> None:
    tally = counted(asked(0), asked(1, "sign_in"), asked(1.01, "page_signed_in", person=ADA), asked(2, "page_signed_in", person=ADA))
    assert total(tally, VISITS) == 1
    assert total(tally, AT["page_signed_in"]) == 1


def test_a_person_is_one_on_every_device_and_stays_one_without_the_cookie() -> None:
    later = 3 * DAY_S / 60
    tally = counted(
        asked(0, "page_signed_in", DESK, ADA),
        asked(later, "page_signed_in", PHONE, ADA),
        asked(later + 60, "page_anonymous", PHONE),
        asked(later + 120, "page_anonymous", DESK),
    )
    assert list(tally.visitors) == [ADA]
    assert (total(tally, KNOWN_RETURNS), total(tally, OTHER_RETURNS)) == (3, 0)


def test_two_people_at_one_browser_are_two() -> None:
    tally = counted(asked(0, "page_signed_in", DESK, ADA), asked(60, "page_signed_in", DESK, BOB), asked(120, "page_signed_in", DESK, ADA))
    assert set(tally.visitors) == {ADA, BOB}


def test_days_and_hours_are_those_of_the_audience() -> None:
    days = of(parse(PILOT).audience)
    assert days.zone == "Europe/Berlin"
    assert days.hours == 9
    *week, saturday, sunday = days.weights
    assert (week, sunday) == ([1, 1, 1, 1, 1], 0)
    assert saturday == pytest.approx(60 / 400)
    evening_s = MONDAY_S + 22.5 * 3600  # half past midnight in Berlin
    assert days.day(evening_s) == Days().day(evening_s) + 1
