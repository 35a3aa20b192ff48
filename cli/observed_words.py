"""Observations in words: the answer, every number with its interval, what is not known, what was left out."""

from collections.abc import Iterator
from typing import Final

from sizing.calibration import NUMBERS, SHARES, Number, Observations

WIDTH: Final = 26


def words(seen: Observations) -> str:
    """Return the answer of ``plan observe``."""
    return "\n".join([_first(seen), "", *_numbers(seen), "", *_mix(seen), "", *_notes(seen)])


def _first(seen: Observations) -> str:
    days = f"{seen.source.began[:10]} to {seen.source.ended[:10]}"
    who = _many(seen.people, "person", "people") if seen.people_by == "sign-in" else _many(seen.people, "browser", "browsers")
    came = f"{_many(seen.sessions, 'visit', 'visits')} by {who} on {_many(seen.source.days, 'day', 'days')} ({days})."
    rate, pages = seen.numbers.get("sessions_per_person_day"), seen.numbers.get("pages_per_session")
    if rate is None or pages is None:
        return f"{came} That is not enough to say how often people come."
    return f"{came} One who takes part comes {rate.value:.3g} times on a working day ({_interval(rate)}) and opens {pages.value:.3g} pages."


def _numbers(seen: Observations) -> Iterator[str]:
    yield "Observed, with 95 % intervals:"
    for name, what in NUMBERS.items():
        if name in seen.numbers:
            number = seen.numbers[name]
            yield f"  {name:{WIDTH}} {_value(name, number.value)} ({_value(name, number.low)} to {_value(name, number.high)})  {what}"
    for name in NUMBERS:
        if name in seen.not_enough:
            yield f"  {name:{WIDTH}} {seen.not_enough[name]}"


def _mix(seen: Observations) -> Iterator[str]:
    yield "Requests by class:"
    for kind, number in sorted(seen.mix.items(), key=lambda pair: -pair[1].value):
        per = seen.per_session.get(kind)
        each = f"  {per.value:.3g} a visit ({_interval(per)})" if per else ""
        yield f"  {kind:{WIDTH}} {number.value:.1%} ({number.low:.1%} to {number.high:.1%}){each}"


def _notes(seen: Observations) -> Iterator[str]:
    ends = f"A visit ends with {seen.timeout_s / 60:g} minutes without anything done"
    if seen.crossing_s is None:
        yield f"{ends}; think times and absences are too few to check that."
    else:
        alike = f"gaps of {seen.crossing_s / 60:.0f} minutes are as likely a thought as an absence"
        yield f"{ends}: {alike}, so there are {seen.sessions_factor:.3g} visits for each that it counts."
    if seen.people_by != "sign-in":
        yield "Too few sign in: visitors are told apart by address and browser. Who changes either counts twice, who shares both counts once."
    left = ", ".join(f"{count:,} {reason}" for reason, count in seen.source.left_out.items())
    yield f"{seen.source.lines:,} lines read, {seen.source.requests:,} requests count; left out: {left or 'none'}."


def _interval(number: Number) -> str:
    return f"{number.low:.3g} to {number.high:.3g}"


def _value(name: str, value: float) -> str:
    return f"{value:.1%}" if name in SHARES else f"{value:.3g}"


def _many(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
