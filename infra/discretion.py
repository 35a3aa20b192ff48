"""What a log says of people, and what looks like a password, made less before the log leaves the house."""

import ipaddress
import re
from typing import Final

IPV4: Final = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.]*\d)")
IPV6: Final = re.compile(r"(?<![0-9A-Za-z:.])((?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4})(?![0-9A-Za-z:.])")
KEPT_BITS: Final = {4: 24, 6: 48}
MAIL: Final = re.compile(r"[\w.+%-]{1,64}@([\w-]+(?:\.[\w-]+)+)")
QUERY: Final = re.compile(r"(?<=[\w/=%.~-])\?[^\s\"'<>\\]+")
PERSON: Final = re.compile(
    r"(/author/|/users?/|(?:user|user_talk|benutzer(?:in)?|benutzer(?:in)?_diskussion|utilisateur(?:rice)?|usuari[oa]|utente)(?::|%3A)"
    r"|special:contributions/|login[=:]\s?|\buser(?:name)?[=:]\s?|\buser ')[^\s/&?\"'<>,;)]+",
    re.IGNORECASE,
)
KEY: Final = r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|private[_-]?key|credentials?|session(?:id)?|cookie|nonce)[\w-]{0,40}"
NAMED: Final = re.compile(rf"({KEY}\\?[\"']?\s*(?:=>|[=:])\s*)(\\?\"[^\"]*\"|'[^']*'|[^\s,;&}}\"']+)", re.IGNORECASE)
PSEUDONYM: Final = re.compile(r"((?:visitor|person)\\?\"\s*:\s*\\?\")[0-9A-F]{16}")
HEADER: Final = re.compile(r"\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)(\\?[\"']?\s*[:=]\s*)[^\r\n]+", re.IGNORECASE)
SCHEME: Final = re.compile(r"\b(basic|bearer|digest)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)
IN_URL: Final = re.compile(r"\b([a-z][a-z0-9+.-]{0,20}://[^\s/:@]{0,200}):[^\s/@]{1,200}@", re.IGNORECASE)
HIDDEN: Final = "[hidden]"
LONGEST: Final = 4000


def reduced(text: str) -> str:
    """Return ``text`` of a log with addresses shortened to a network, and without queries, names of people and what looks like a password.

    It goes by the look of things, so it finds what is written as usual; secrets that are known are the matter of ``redaction``.
    """
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]} [{len(text) - LONGEST:,} more characters]"
    text = HEADER.sub(rf"\1\2{HIDDEN}", text)
    text = IN_URL.sub(rf"\1:{HIDDEN}@", text)
    text = SCHEME.sub(rf"\1 {HIDDEN}", text)
    text = QUERY.sub("", text)
    text = PSEUDONYM.sub(rf"\1{HIDDEN}", text)
    text = NAMED.sub(rf"\1{HIDDEN}", text)
    text = MAIL.sub(rf"{HIDDEN}@\1", text)
    text = PERSON.sub(rf"\1{HIDDEN}", text)
    return IPV6.sub(_network, IPV4.sub(_network, text))


def _network(found: re.Match[str]) -> str:
    try:
        address = ipaddress.ip_address(found[1])
    except ValueError:
        return found[1]
    if address.is_loopback or address.is_unspecified:
        return found[1]
    return str(ipaddress.ip_network((address, KEPT_BITS[address.version]), strict=False))
