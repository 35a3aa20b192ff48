"""Numbers and names as a reader gets them: separators, units, no control characters."""

import math
import unicodedata
from collections.abc import Sequence
from typing import Final

from sizing.plan import Server

ROLES: Final = {"frontdoor": "front door", "pagecache": "page cache"}
KINDS: Final = {"measured": "■ measured", "cited": "◆ cited", "brief": "▲ the brief", "choice": "□ choice", "assumption": "○ assumption"}
OWN: Final = {"measured": "measured", "assumption": "assumption", "choice": "choice", "the brief": "brief", "the platform's own rule": "choice"}
DIRECTION: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
SPACE: Final = "\u00a0"
ENDLESS: Final = "no end"
UNKNOWN: Final = "\u2014"
PLAIN_FROM, PLAIN_TO = 1e-3, 1e12


def clean(text: str) -> str:
    """Return ``text`` without signs that a page cannot show or that turn the direction of what follows."""
    kept = (" " if sign in "\t\n\r" else sign for sign in text if sign not in DIRECTION)
    return "".join("\ufffd" if unicodedata.category(sign) in {"Cc", "Cs"} else sign for sign in kept)


def short(text: str, cells: int) -> str:
    """Return ``text`` in at most ``cells`` columns; a sign of East Asia takes two."""
    left, kept = cells, ""
    for at, sign in enumerate(clean(text)):
        width = 0 if unicodedata.combining(sign) else 1 + (unicodedata.east_asian_width(sign) in {"W", "F"})
        if left < width + (at < len(text) - 1):
            return f"{kept.rstrip()}…"
        kept, left = kept + sign, left - width
    return kept


def closed(text: str) -> str:
    """Return ``text`` as a sentence's end: one full stop."""
    return f"{clean(text).rstrip('. ')}."


def counted(value: float) -> str:
    """Return a whole number with separators: ``1,350``."""
    return f"{value:,.0f}" if math.isfinite(value) else ENDLESS


def rounded(value: float) -> str:
    """Return a number in three significant digits with separators: ``1,350``, ``0.0123``."""
    if not math.isfinite(value):
        return ENDLESS
    if value and not PLAIN_FROM <= abs(value) < PLAIN_TO:
        return f"{value:.3g}"
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    text = f"{round(value, digits):,.{max(digits, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def heads(value: float) -> str:
    """Return an estimate of people: whole, in three significant digits."""
    return counted(float(f"{value:.3g}")) if math.isfinite(value) else ENDLESS


def percent(value: float) -> str:
    """Return what is in per cent already, as it was written."""
    return f"{value:.7g}{SPACE}%"


def shared(value: float) -> str:
    """Return a share in per cent: ``38 %``, ``0.4 %``."""
    if not math.isfinite(value):
        return ENDLESS
    part = value * 100
    if 99 < part < 100:  # noqa: PLR2004 - what is not all is not called all
        return f"{min(part, 99.99):.4g}{SPACE}%"
    return f"{part:,.0f}{SPACE}%" if part >= 10 or part == round(part) else f"{part:.2g}{SPACE}%"  # noqa: PLR2004 - two digits


def chance(value: float) -> str:
    """Return a probability in per cent; what was found in all draws is not certain."""
    if value > 0.999:  # noqa: PLR2004 - no draws tell more
        return f"over 99.9{SPACE}%"
    if value < 0.001:  # noqa: PLR2004 - no draws tell more
        return f"under 0.1{SPACE}%"
    near_an_end = not 0.01 <= value <= 0.99  # noqa: PLR2004 - where a whole per cent says too little
    return f"{value * 100:.1f}{SPACE}%" if near_an_end else f"{value * 100:.0f}{SPACE}%"


def timed(milliseconds: float) -> str:
    """Return a response in words: ``420 ms``, ``1.2 s``."""
    if not math.isfinite(milliseconds):
        return ENDLESS
    return f"{milliseconds:,.0f}{SPACE}ms" if milliseconds < 10_000 else f"{rounded(milliseconds / 1000)}{SPACE}s"  # noqa: PLR2004 - five digits


def priced(value: float) -> str:
    """Return a price: whole from 100 on."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:,.2f}"  # noqa: PLR2004 - three digits


def sized(gib: float) -> str:
    """Return GiB, or TiB where there are many."""
    if gib >= 10_240:  # noqa: PLR2004 - five digits
        return f"{rounded(gib / 1024)}{SPACE}TiB"
    return f"{counted(gib) if gib >= 1000 else rounded(gib)}{SPACE}GiB"  # noqa: PLR2004 - whole from four digits on


def month_of(month: int | None, date: str | None) -> str:
    """Return a month by its date, else by its number."""
    if month is None:
        return UNKNOWN
    return f"{clean(date)}{SPACE}(month{SPACE}{month})" if date else f"month{SPACE}{month}"


def plural(count: float, one: str, many: str = "") -> str:
    """Return ``1 server``, ``14 servers``."""
    return f"{counted(count)} {one if count == 1 else many or one + 's'}"


def spelled(identifier: str) -> str:
    """Return an identifier as words."""
    return clean(identifier).replace("_", " ")


def role_of(server: Server) -> str:
    """Return what a server is called."""
    return ROLES.get(server.role, spelled(server.role))


def servers_of(servers: Sequence[Server]) -> str:
    """Return servers in words: ``2 front door vm-4, 6 web vm-16``."""
    return ", ".join(f"{counted(server.count)} {role_of(server)}" + (f" {clean(server.shape)}" if server.shape else "") for server in servers)


def kind_of(source: str) -> str:
    """Return what a number stands on, by its source: a key of ``KINDS``."""
    return next((kind for start, kind in OWN.items() if source.startswith(start)), "cited")
