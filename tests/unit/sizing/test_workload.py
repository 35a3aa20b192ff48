"""From people to requests: nobody is lost, and the worst moment is the worst."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing.audience import Group
from sizing.calendar import REFERENCE_MONDAYS, WEEK, Week, shifts
from sizing.demands import AT, CLASSES
from sizing.evidence import evidence
from sizing.workload import Moment, per_visit
from tests.unit.sizing.asked import answer

ZONES = ["UTC", "Europe/Berlin", "America/Chicago", "Asia/Singapore", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns"]
EVERYONE: dict[str, object] = {"discovery.channels": []}


def moments(**changes: object) -> tuple[Moment, ...]:
    return answer({key.replace("__", "."): value for key, value in changes.items()}).median.workload.moments


def group(**parts: object) -> Group:
    return Group.model_validate({"name": "G", "people": 100, "site": "S", "time_zone": "UTC", **parts})


@given(st.sampled_from(ZONES), st.integers(0, 95), st.integers(1, 96), st.sampled_from(["mon-fri", "mon", "sat-sun", "mon,wed", "mon-sun"]))
@settings(max_examples=60, deadline=None)
def test_a_week_holds_exactly_the_visits_of_its_working_days(zone: str, start: int, length: int, days: str) -> None:
    clock = [f"{at // 4 % 24:02}:{at % 4 * 15:02}" for at in (start, start + length)]
    hours = f"{clock[0]}-{clock[1]}" if clock[0] != clock[1] else "00:00-24:00"
    worked = {"mon-fri": 5, "mon": 1, "sat-sun": 2, "mon,wed": 2, "mon-sun": 7}[days]
    for monday in REFERENCE_MONDAYS:
        week = Week(monday, shifts((group(time_zone=zone, hours=hours, days=days),)))
        visits = week.visits(evidence().drawn(20, 3), list(range(WEEK)), outside=False)
        assert visits.sum(axis=1) == pytest.approx(100 * worked)
        assert (visits >= 0).all()


def test_the_peak_is_when_headquarters_starts_and_the_largest_group_is_named() -> None:
    ordinary = moments(**EVERYONE)[0]
    assert (ordinary.kind, ordinary.cause) == ("ordinary", "Headquarters")
    assert ordinary.when in {"Mon 06:00", "Mon 07:00"}


def test_the_peak_counts_every_group_that_is_at_work() -> None:
    ordinary = moments(**EVERYONE, audience=[{"name": "A", "people": 1000, "site": "S", "time_zone": "UTC", "hours": "08:00-17:00"}])[0]
    numbers = evidence()
    by_hand = 1000 * numbers["ceiling"] * numbers["sessions_per_person_day"] * numbers["busiest_hour_share"] * numbers["busiest_weekday_factor"]
    assert ordinary.visits[0] == pytest.approx(by_hand)
    assert ordinary.when == "Mon 08:00"


def test_the_peak_moves_with_the_time_zone_of_the_largest_group() -> None:
    tokyo = moments(**EVERYONE, **{"audience[0].time_zone": "Asia/Tokyo", "audience[0].people": 5000})[0]
    assert tokyo.when == "Sun 23:00"


def test_requests_of_all_classes_are_counted() -> None:
    for moment in moments():
        assert set(moment.by_class()) == set(CLASSES)
        assert (moment.rates >= 0).all()
        assert (moment.crowd <= moment.rates + 1e-12).all()


def test_pages_of_a_visit_are_conserved_between_kinds() -> None:
    values, numbers = evidence().medians(), evidence()
    mix = dict(zip(CLASSES, per_visit(values, wiki=True, internal=True)[0], strict=True))
    written = mix["post"] * numbers["editor_pages_per_post"] + mix["wiki_edit"]
    assert mix["page_anonymous"] + mix["page_signed_in"] + mix["wiki_view"] == pytest.approx(numbers["pages_per_session"] + written)


def test_without_a_wiki_nobody_reads_one() -> None:
    found = moments(spaces=[{"kind": "blog", "title": "Only"}])[0].by_class()
    assert found["wiki_view"] == found["wiki_edit"] == 0


def test_people_on_the_internet_read_without_signing_in() -> None:
    found = answer({f"audience[{at}].access": "internet" for at in range(4)}).median.workload.moments[0].by_class()
    assert found["page_signed_in"] == found["sign_in"] == found["post"] == found["wiki_view"] == 0
    assert found["page_anonymous"] > 0


def test_a_crowd_signs_in_writes_nothing_and_loads_what_its_browsers_lack() -> None:
    values = evidence().medians()
    usual, crowd = (per_visit(values, wiki=True, internal=True, crowd=crowd)[0] for crowd in (False, True))
    assert crowd[AT["sign_in"]] > usual[AT["sign_in"]]
    assert crowd[AT["asset"]] > usual[AT["asset"]]
    assert crowd[AT["post"]] == crowd[AT["comment"]] == crowd[AT["wiki_edit"]] == 0


def test_a_mail_brings_most_people_soon_after_it_was_sent_and_fewer_in_waves() -> None:
    mail = {"discovery.channels": [{"channel": "announcement-mail"}]}
    at_once, waves = (answer({**mail, "discovery.waves": number}).median.workload.moments[1] for number in (1, 4))
    assert at_once.kind == "announcement"
    assert np.sum(waves.crowd) < 0.5 * np.sum(at_once.crowd)


def test_nobody_is_asked_twice_by_the_sum_of_all_opened_mails() -> None:
    from sizing.crowd import Crowd  # noqa: PLC0415 - beside its only use

    values = evidence().medians()
    week = Week(REFERENCE_MONDAYS[0], shifts((group(hours="00:00-24:00", days="mon-sun", people=1000),)))
    crowd = Crowd(week, 600, 1, "mail_clicked_share")
    opened = sum(float(crowd.rate(values, step, outside=False)[0]) * 5 for step in range(864))
    clicked = 1000 * values.point("mail_opened_share") * values.point("mail_clicked_share")
    assert 0.8 * clicked < opened <= clicked * 1.02


def test_each_kind_of_mail_has_its_own_worst_moment() -> None:
    found = moments(**{"discovery.channels": [{"channel": "announcement-mail"}, {"channel": "newsletter"}]})
    assert [moment.mail for moment in found] == ["", "announcement-mail", "newsletter"]
    assert found[1].month == 0
    assert found[2].month == 12


def test_the_moments_that_are_tried_hold_nearly_the_worst_of_every_draw() -> None:
    from sizing.crowd import STEPS, Crowd  # noqa: PLC0415 - beside its only use

    values = evidence().drawn(300, 9)
    zones = [group(name=zone, time_zone=zone, people=500 + 100 * at) for at, zone in enumerate(ZONES)]
    crowd = Crowd(Week(REFERENCE_MONDAYS[0], shifts(tuple(zones))), 600, 1, "mail_clicked_share")
    course = np.stack([crowd.rate(values, step, outside=False) for step in range(STEPS)], axis=1)
    tried = course[:, crowd.candidates(values)].max(axis=1)
    assert np.quantile(tried / course.max(axis=1), 0.05) > 0.95


def test_people_who_work_a_minute_on_sundays_crash_nothing() -> None:
    found = answer({"audience": [{"name": "A", "people": 90, "site": "S", "time_zone": "UTC", "hours": "08:00-08:01", "days": "sun"}]})
    assert found.median.workload.moments
