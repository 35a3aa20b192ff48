"""Durations as the Docker provider writes them ("1m30s") and as Docker's API does (nanoseconds)."""

import re
from decimal import Decimal

UNITS = (("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1))
NANOSECONDS = {**dict(UNITS), "µs": 1_000}
PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)")


def nanoseconds(text: str) -> int:
    """Return the nanoseconds of a duration such as ``1m30s``; raises ValueError where it is none."""
    if text in ("", "0"):
        return 0
    parts = PART.findall(text)
    if "".join(number + unit for number, unit in parts) != text:
        message = f"{text!r} is no duration: write a number and a unit (ns, us, ms, s, m, h), such as 30s"
        raise ValueError(message)
    return int(sum(Decimal(number) * NANOSECONDS[unit] for number, unit in parts))


def seconds(text: str) -> float:
    """Return the seconds of a duration."""
    return nanoseconds(text) / NANOSECONDS["s"]


def text_of(duration: int) -> str:
    """Return nanoseconds as text; 0 is ``0s``."""
    rest, parts = duration, ""
    for unit, size in UNITS:
        count, rest = divmod(rest, size)
        parts += f"{count}{unit}" if count else ""
    return parts or "0s"
