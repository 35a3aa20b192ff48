"""Recorded answers say what the programs meant; anything else is refused, whatever it is."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.programs.answers import ASKED, STATUS
from tests.unit.loadtests.programs.said import recorded

REFUSED = (ValueError, KeyError, IndexError, TypeError)
ROLES = sorted(ASKED)
roles = st.sampled_from(ROLES)


def test_children_that_work_are_told_from_who_waits_for_one() -> None:
    assert ASKED["blogs"].told(recorded("blogs")).now == {"busy": 3.0, "waiting": 0.0}
    assert ASKED["blogs"].told(recorded("full")).now == {"busy": 4.0, "waiting": 4.0}


def test_the_front_door_says_what_people_sent_and_who_waits() -> None:
    told = ASKED["frontdoor"].told(recorded("frontdoor"))
    assert told.counted["requests_per_second"] == 358
    assert told.counted["denied_per_second"] == 53
    assert told.counted["tls_per_second"] == told.counted["connections_per_second"] == 207
    assert told.counted["errors_per_second"] == 0
    assert told.now["connections"] == 0
    assert told.now["tls_keys_per_second"] == 1
    assert {name for name in told.now if "." in name} == {f"{one}.{what}" for one in ("pagecache", "blogs", "wiki") for what in ("busy", "queued")}


def test_an_old_worker_of_the_front_door_is_not_believed() -> None:
    with pytest.raises(ValueError, match="old worker"):
        ASKED["frontdoor"].told(recorded("frontdoor").replace("Stopping: 0", "Stopping: 1"))


def test_who_looks_at_the_database_is_not_counted() -> None:
    told = ASKED["database"].told(recorded("database"))
    assert told.now["connected"] == 3
    assert told.now["running"] == 1
    assert told.counted["queries_per_second"] == 22625 - 430
    assert told.counted["pages_read_per_second"] == 178
    assert told.counted["fsyncs_per_second"] == 2900


def test_the_database_answers_in_the_order_of_what_it_is_asked() -> None:
    assert list(STATUS) == sorted(STATUS)
    assert STATUS[-1] == "Uptime"


def test_the_object_cache_says_hits_and_misses() -> None:
    told = ASKED["objectcache"].told(recorded("objectcache"))
    assert told.counted == {"hits_per_second": 24232, "misses_per_second": 5833, "evicted_per_second": 0}
    assert told.now["limit_mib"] == 32
    assert told.now["used_mib"] == pytest.approx(4.43, abs=0.01)


@pytest.mark.parametrize("role", ROLES)
def test_an_answer_is_over_when_it_is_whole_and_not_before(role: str) -> None:
    whole = recorded(role)
    assert ASKED[role].over(whole)
    assert not any(ASKED[role].over(whole[:cut]) for cut in range(len(whole)))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "text", ["", "\n", "NOAUTH Authentication required.", "ERROR 2002 (HY000): Can't connect", "over\n", "PONG\n", "\x00" * 50, "# pxname,\n\n> "]
)
def test_other_answers_are_refused(role: str, text: str) -> None:
    with pytest.raises(REFUSED):
        ASKED[role].told(text)


@given(roles, st.text(max_size=300))
def test_whatever_is_said_is_numbers_or_refused(role: str, text: str) -> None:
    finite_or_refused(role, text)


@given(roles, st.integers(0, 2**32), st.integers(1, 8))
def test_a_damaged_answer_is_numbers_or_refused(role: str, seed: int, wounds: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - dice of a test
    text = recorded(role)
    for _ in range(wounds):
        at = draw.randrange(len(text))
        text = text[:at] + draw.choice(("", "\t", ",", ":", "-", "x", "\n", text[at : at + 40] * 2)) + text[at + draw.randrange(1, 60) :]
    finite_or_refused(role, text)


def finite_or_refused(role: str, text: str) -> None:
    try:
        told = ASKED[role].told(text)
    except REFUSED:
        return
    assert all(isinstance(value, float) for value in (*told.now.values(), *told.counted.values()))
    assert set(told.now) == set(ASKED[role].told(recorded(role)).now)
