"""The words of a brief: strict types whose errors say what to write instead."""

import ipaddress
import re
import unicodedata
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict
from pydantic_core import PydanticCustomError

MOST_PEOPLE: Final = 100_000_000
MINUTES_PER_DAY: Final = 1440
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
LONGEST_HOST: Final = 253
RESERVED_PREFIXES: Final = ("wp-", "underdesk-test-", "underdesk-seed-")
RESERVED_PATHS: Final = frozenset({"admin", "author", "blog", "category", "comments", "embed", "feed", "files", "index", "page", "search", "tag", "xmlrpc"})
STEERING: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls, separators of lines, and what turns the order of the text after it."""
BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a symbol that show nothing; what is neither letter, number, sign nor symbol shows nothing alone."""
OF_THE_KERNEL: Final = frozenset({"proc", "sys", "dev"})


class Entry(BaseModel):
    """A mapping of the brief: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def wrong(message: str, hint: str) -> PydanticCustomError:
    """Return the error of a value: what is wrong, and what to write instead."""
    return PydanticCustomError("brief", "{message}", {"message": message, "hint": hint})


def _text(value: str) -> str:
    value = value.strip()
    if STEERING.search(value):
        raise wrong("has control characters", "write plain text")
    return value


def _line(value: str) -> str:
    if "\n" in value or "\t" in value:
        raise wrong("has more than one line", "write it on one line")
    if not any(unicodedata.category(sign)[0] in "LNPS" and sign not in BLANK for sign in value):
        raise wrong("is empty", "write a short text that can be seen")
    return value


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,19}", value) or value.endswith("-"):
        raise wrong("is no name", "write a small letter, then up to 19 of a-z, 0-9 and '-', for example: pilot")
    return value


def host_name(value: str) -> str:
    """Return ``value`` in small letters; refuses what RFC 1123 does not call a host name."""
    labels = value.lower().split(".")
    address_like = labels[-1].isdigit()
    if len(labels) < 2 or len(value) > LONGEST_HOST or address_like or not all(LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004 - a dot in it
        raise wrong("is no full host name", "write a name with a dot, for example: blogs.example.com")
    return value.lower()


def _mail(value: str) -> str:
    local, at, host = value.rpartition("@")
    if not at or not re.fullmatch(r"(?!\.)(?!.*\.\.)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}(?<!\.)", local):
        raise wrong("is no mail address", "write for example: admin@example.com")
    return f"{local}@{host_name(host)}"


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError as problem:
        raise wrong("is no network", "write a CIDR without host bits, for example: 10.0.0.0/8") from problem


def _zone(value: str) -> str:
    refused = wrong("is no time zone", "write a name of the IANA list, for example: Europe/Berlin")
    if value != "UTC" and ("/" not in value or value.startswith(("posix/", "right/"))):
        raise refused
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise refused from problem


def minutes(value: str) -> tuple[int, int]:
    """Return start (minute of the day) and length (minutes) of ``HH:MM-HH:MM``; an end before the start is on the next day."""
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)", value, re.ASCII)
    if not found:
        raise wrong("are no hours", 'write "08:00-17:00" (24 hours, two digits each, in quotes)')
    start = int(found[1]) * 60 + int(found[2])
    end = int(found[3]) * 60 + int(found[4]) if found[3] else MINUTES_PER_DAY
    if start == end:
        raise wrong("begin and end at the same time", 'write "00:00-24:00" for the whole day')
    return start, (end - start) % MINUTES_PER_DAY or MINUTES_PER_DAY


def clock_minutes(value: str) -> int:
    """Return the minute of the day of ``HH:MM``."""
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", value, re.ASCII)
    if not found:
        raise wrong("is no time of day", 'write "10:00" (24 hours, two digits each, in quotes)')
    return int(found[1]) * 60 + int(found[2])


def _clock(value: str) -> str:
    clock_minutes(value)
    return value


def _hours(value: str) -> str:
    minutes(value)
    return value


def weekdays(value: str) -> tuple[int, ...]:
    """Return the weekdays (Monday is 0) of ``mon-fri`` or ``mon,wed,sat-sun``."""
    found: set[int] = set()
    for part in value.lower().replace(" ", "").split(","):
        first, dash, end = part.partition("-")
        last = end if dash else first
        if first not in DAYS or last not in DAYS:
            raise wrong("are no days", "write mon-fri, or days with commas: mon,wed,sat-sun")
        start = DAYS.index(first)
        found |= {(start + step) % 7 for step in range((DAYS.index(last) - start) % 7 + 1)}
    return tuple(sorted(found))


def _days(value: str) -> str:
    weekdays(value)
    return value


def _path(value: str) -> str:
    if value and not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", value):
        raise wrong("is no path", "write small letters, digits and '-' without slashes, up to 40; '' is the front of the host")
    if value in RESERVED_PATHS or value.startswith(RESERVED_PREFIXES):
        raise wrong(f"'{value}' is taken by the platform itself", "choose another path")
    return value


def _relay(value: str) -> str:
    if value:
        host, _, port = value.partition(":")
        if not _is_address(host):
            host_name(host)
        if ":" in value and not _is_port(port):
            raise wrong("has no such port", "write host or host:port with a port from 1 to 65535")
    return value


def _is_port(value: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,5}", value)) and 1 <= int(value) <= 65535  # noqa: PLR2004 - ports


def _is_address(value: str) -> bool:
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return True


def _registry(value: str) -> str:
    found = re.fullmatch(r"([a-z0-9.-]+)(?::([0-9]+))?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*", value)
    if value and not (found and all(LABEL.fullmatch(label) for label in found[1].split(".")) and _is_port(found[2] or "443")):
        raise wrong("is no registry", "write registry.example.com/team, with a port from 1 to 65535 where it has one, or '' to build the images here")
    return value


def _plain_folder(value: str) -> str:
    parts = value.strip("/").split("/")
    if not re.fullmatch(r"/[A-Za-z0-9._@+/-]{1,200}", value) or any(part in {"", ".", ".."} for part in parts):
        raise wrong("is no absolute folder", "write for example /mnt/second/backups: letters, digits and . _ - + @ between slashes, no '..'")
    if parts[0] in OF_THE_KERNEL:
        raise wrong(f"is of the kernel: nothing lasts below /{parts[0]}", "write a folder of a disk, for example /mnt/second/backups")
    return value.rstrip("/")


def _sftp(value: str) -> str:
    found = re.fullmatch(r"sftp:([a-z_][a-z0-9_.-]{0,31})@([^:@/]+):(/.*)", value)
    if not found or not all(LABEL.fullmatch(label) for label in found[2].lower().split(".")):
        raise wrong("is no place that SFTP reaches", "write sftp:USER@HOST:/PATH, for example: sftp:keep@vault.example.com:/srv/backups")
    return f"sftp:{found[1]}@{found[2].lower()}:{_plain_folder(found[3])}"


def _s3(value: str) -> str:
    found = re.fullmatch(r"s3:(https?://)?([^/:@]+)(:[0-9]{1,5})?(/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]+)*)/?", value)
    if not found or not all(LABEL.fullmatch(label) for label in found[2].lower().split(".")) or not _is_port((found[3] or ":443")[1:]):
        raise wrong("is no bucket", "write s3:URL/BUCKET, for example: s3:https://s3.example.com/backups")
    return f"s3:{found[1] or 'https://'}{found[2].lower()}{found[3] or ''}{found[4]}"


def _changes_to(value: str) -> str:
    if not value or value.startswith("sftp:"):
        return _sftp(value) if value else value
    if not value.startswith("/"):
        raise wrong("is no place for changes", "write an absolute folder of a second disk, sftp:USER@HOST:/PATH, or '' for none")
    return _plain_folder(value)


def backup_place(value: str) -> str:
    """Return a place for backups as restic writes it; '' is the platform's own disk. Raises PydanticCustomError where it is none."""
    if value.startswith("s3:"):
        return _s3(value)
    if value and not value.startswith(("/", "sftp:")):
        raise wrong("is no place for backups", "write an absolute folder, sftp:USER@HOST:/PATH, s3:URL/BUCKET, or '' for the platform's own disk")
    return _changes_to(value)


def version(value: object) -> object:
    """Return ``value``, a version; refuses true and 1.0, which Python takes for 1."""
    if isinstance(value, bool | float):
        raise wrong("is none of the values", "write one of: 1")
    return value


def _acme_directory(value: str) -> str:
    found = re.fullmatch(r"https://([a-z0-9.-]+)(?::([0-9]+))?(/[A-Za-z0-9._~/-]*)?", value)
    if not (found and all(LABEL.fullmatch(label) for label in found[1].split(".")) and _is_port(found[2] or "443")):
        raise wrong("is no directory of an ACME server", "write its URL, for example: https://ca.example.com/acme/acme/directory")
    return value


def _language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2}", value):
        raise wrong("is no language", "write two small letters (ISO 639-1), for example: en")
    return value


Text = Annotated[str, Strict(), Field(max_length=2000), AfterValidator(_text)]
Line = Annotated[str, Strict(), Field(max_length=200), AfterValidator(_text), AfterValidator(_line)]
Name = Annotated[str, Strict(), AfterValidator(_name)]
Host = Annotated[str, Strict(), AfterValidator(host_name)]
MailAddress = Annotated[str, Strict(), AfterValidator(_mail)]
Network = Annotated[str, Strict(), AfterValidator(_network)]
Zone = Annotated[str, Strict(), AfterValidator(_zone)]
Hours = Annotated[str, Strict(), AfterValidator(_hours)]
Clock = Annotated[str, Strict(), AfterValidator(_clock)]
Days = Annotated[str, Strict(), AfterValidator(_days)]
Path = Annotated[str, Strict(), AfterValidator(_path)]
Relay = Annotated[str, Strict(), AfterValidator(_relay)]
Registry = Annotated[str, Strict(), AfterValidator(_registry)]
BackupPlace = Annotated[str, Strict(), AfterValidator(backup_place)]
ChangesPlace = Annotated[str, Strict(), AfterValidator(_changes_to)]
AcmeDirectory = Annotated[str, Strict(), Field(max_length=500), AfterValidator(_acme_directory)]
Language = Annotated[str, Strict(), AfterValidator(_language)]
People = Annotated[int, Strict(), Field(ge=1, le=MOST_PEOPLE)]
Port = Annotated[int, Strict(), Field(ge=1, le=65535)]
Flag = Annotated[bool, Strict()]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Whole = Annotated[int, Strict()]
