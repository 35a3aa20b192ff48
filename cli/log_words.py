"""A line of a service in words: a request as a person reads it, everything else as it is."""

import json
import re
from datetime import datetime
from typing import Any, Final

from infra.logs import Line

ROLE_WIDTH: Final = 12
FIRST_FAILURE: Final = 500
FAILURE: Final = re.compile(
    r"\[(error|crit|alert|emerg)\]|\b(errors?|fatal|panic|exception|traceback|segfault|oom|killed|cannot|failed|failure|denied|refused)\b", re.IGNORECASE
)
NO_FAILURE: Final = re.compile(r"\b(0|no) (errors?|failures?|failed)\b", re.IGNORECASE)
UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def words(line: Line) -> str:
    """Return ``line`` for a terminal: local time, role, and what it says; nothing in it can steer the terminal."""
    asked = request(line.text)
    said = _asked(asked) if asked else line.text
    return f"{_local(line.time)} {line.role:{ROLE_WIDTH}} {UNPRINTABLE.sub(_escaped, said)}"


def request(text: str) -> dict[str, Any]:
    """Return the fields of a line that tells of an HTTP request; {} for any other line."""
    if not text.startswith("{"):
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and {"method", "path", "status"} <= found.keys() else {}


def is_failure(line: Line) -> bool:
    """Tell whether ``line`` says that something went wrong: a 5xx, or words of failure."""
    asked = request(line.text)
    if asked:
        return isinstance(asked["status"], int) and asked["status"] >= FIRST_FAILURE
    return bool(FAILURE.search(NO_FAILURE.sub("", line.text)))


def _asked(fields: dict[str, Any]) -> str:
    seen = [fields.get("client"), fields.get("host"), fields["method"], fields["path"] or "/", fields["status"], _took(fields), fields.get("cache")]
    return " ".join(str(value) for value in seen if value not in {None, ""})


def _took(fields: dict[str, Any]) -> str:
    if isinstance(fields.get("total_ms"), int):
        return f"{fields['total_ms']} ms"
    return f"{fields['seconds'] * 1000:.0f} ms" if isinstance(fields.get("seconds"), (int, float)) else ""


def _local(when: str) -> str:
    try:
        return datetime.fromisoformat(f"{when[:26]}+00:00").astimezone().isoformat(" ", "milliseconds")[:23]
    except ValueError:
        return when[:23]


def _escaped(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode()
