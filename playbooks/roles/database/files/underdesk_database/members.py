"""What the other members tell of themselves, over HTTP."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields

from agreement import Member
from settings import Settings

LIMIT_S = 1.5
PATH = "/member"


def ask(settings: Settings) -> dict[str, Member]:
    """Return the members that answer; all are asked at once."""
    others = settings.others
    if not others:
        return {}
    with ThreadPoolExecutor(len(others)) as pool:
        found = pool.map(lambda address: _ask(address, settings.port), others.values())
    return {name: member for name, member in zip(others, found, strict=True) if member and member.name == name}


def own(settings: Settings) -> Member:
    """Return what this host tells; of one that does not answer its name."""
    return _ask(settings.members[settings.name], settings.port) or Member(settings.name)


def written(member: Member) -> str:
    """Return a member as JSON."""
    return json.dumps(asdict(member))


def read(text: str) -> Member:
    """Read what ``written`` wrote, by this version or another."""
    told = json.loads(text)
    known = {field.name: told[field.name] for field in fields(Member) if field.name in told}
    return Member(**{**known, "without": tuple(known.get("without", ()))})


def _ask(address: str, port: int) -> Member | None:
    connection = http.client.HTTPConnection(address, port, timeout=LIMIT_S)
    try:
        connection.request("GET", PATH)
        return read(connection.getresponse().read().decode())
    except (OSError, http.client.HTTPException, ValueError, TypeError):
        return None
    finally:
        connection.close()
