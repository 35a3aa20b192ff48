"""Words written as one line, and the part of an address that names a thing."""

import re
import unicodedata

GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
LONGEST = 60


def slug(text: str) -> str:
    """Return ``text`` in small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(GERMAN)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-")


def listed(line: str) -> tuple[str, ...]:
    """Return the words of ``line``, which are divided by bars."""
    return tuple(line.split("|"))
