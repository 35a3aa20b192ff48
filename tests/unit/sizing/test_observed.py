"""What was observed takes the place of what was assumed, as far as a log can tell."""

import pytest

from sizing.calibration import Number, Observations, Source
from sizing.evidence import Evidence, evidence
from sizing.observed import replaced
from sizing.reading import validated
from tests.unit.sizing.briefs import changed


def observed(**numbers: tuple[float, float, float]) -> Observations:
    source = Source(began="2026-09-07T08:00:00Z", ended="2026-11-01T08:00:00Z", days=40, files=1, lines=9, requests=9, left_out={})
    held = {name: Number(value=value, low=low, high=high, counted=100) for name, (low, value, high) in numbers.items()}
    return Observations(source=source, people=9, people_by="sign-in", sessions=9, timeout_s=1800, numbers=held, mix={}, per_session={})


def numbers(observations: Observations, *channels: str) -> Evidence:
    return replaced(evidence(), observations, validated(changed({"discovery.channels": [{"channel": one} for one in channels]})))


def test_a_95_percent_interval_becomes_5_and_95_percent_quantiles() -> None:
    found = numbers(observed(sessions_per_person_day=(1.0, 2.0, 4.0)), "poster").quantity("sessions_per_person_day")
    assert found.value == 2
    assert (found.low, found.high) == pytest.approx((2 * 2**-0.8392, 2 * 2**0.8392), rel=1e-3)


def test_the_steady_channels_together_bring_as_many_as_were_observed() -> None:
    found = numbers(observed(bass_p=(0.4, 0.6, 0.9)), "portal-link", "poster", "announcement-mail")
    assert found["reach_portal_link"] + found["reach_poster"] == pytest.approx(0.6)
    assert found["reach_portal_link"] / found["reach_poster"] == pytest.approx(evidence()["reach_portal_link"] / evidence()["reach_poster"])
    assert found["reach_announcement_mail"] == evidence()["reach_announcement_mail"]
    assert found["reach_manager"] == evidence()["reach_manager"]


def test_without_a_steady_channel_nothing_is_put_where_it_does_not_belong() -> None:
    found = numbers(observed(bass_p=(0.4, 0.6, 0.9)), "announcement-mail")
    assert found.items == evidence().items


@pytest.mark.parametrize("channels", [("word-of-mouth", "poster"), ("poster",)])
def test_imitation_in_the_plan_is_what_was_observed_whether_asked_for_or_not(channels: tuple[str, ...]) -> None:
    found = numbers(observed(bass_q=(1.0, 2.0, 4.0)), *channels)
    told = 1.0 if "word-of-mouth" in channels else found["imitation_unprompted"]
    assert found["bass_imitation"] * told == pytest.approx(2.0)


def test_a_ceiling_of_everyone_can_still_be_drawn() -> None:
    found = numbers(observed(ceiling=(0.9, 1.0, 1.0)), "poster").quantity("ceiling")
    assert found.low is not None
    assert 0.8 < found.low < found.value < 1
