"""What a brief may say already, and what is not used yet: said by ``plan check``, never ignored in silence."""

from collections.abc import Iterator
from typing import Final

from sizing.brief import Brief
from sizing.vocabulary import Entry

NOT_USED_YET: Final = {
    "purpose": "kept for the announcement and the go-live; nothing is chosen by it yet",
    "audience[].site": "a label; announcing site by site comes later",
    "access.sign_in": "accounts are local; the directory and single sign-on come later",
    "spaces[].owner": "owners are given their spaces with the company's own sign-on, later",
    "spaces[].approver": "approval before publishing comes later",
    "processes.input_from": "collecting input comes later",
    "processes.approvals": "approval comes later",
    "processes.moderation": "moderation comes later",
    "processes.retention_months": "the plan says where the store would stop growing; nothing is deleted by itself yet",
    "infrastructure.power_backup": "shutting down in order when the battery runs low comes later",
    "integration": "joining the company's other systems comes later",
}
WORKS: Final = {"access.sign_in": "local", "infrastructure.power_backup": False}


def not_used_yet(brief: Brief) -> list[tuple[str, str]]:
    """Return (path, why) for everything the brief says that changes nothing yet, in the order of the file."""
    stated = dict(_stated(brief, ""))
    found = []
    for path, why in NOT_USED_YET.items():
        values = [value for at, value in stated.items() if at == path or at.startswith((f"{path}.", f"{path}["))]
        if any(value != WORKS.get(path, object()) for value in values):
            found.append((path, why))
    return found


def _stated(entry: Entry, path: str) -> Iterator[tuple[str, object]]:
    for name, field in type(entry).model_fields.items():
        if name in entry.model_fields_set:
            yield from _values(getattr(entry, name), f"{path}.{field.alias or name}".removeprefix("."))


def _values(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, Entry):
        yield from _stated(value, path)
    elif isinstance(value, tuple):
        for item in value:
            yield from _values(item, f"{path}[]")
    elif value is not None and value != "":
        yield path, value
