"""A brief as text: the commented file of ``plan init``, and the reference page. Both come from the models."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from sizing.brief import Brief
from sizing.later import NOT_USED_YET
from sizing.reading import nested

HEAD = """# The brief of a platform: what 'plan check', 'plan size' and 'plan deploy' read.
# A line that starts with '# key:' is optional: take the '#' away to use it.
"""


def commented(values: dict[str, Any]) -> str:
    """Return a brief with ``values`` (nested, by key); what they leave out stands there as a comment with an example."""
    return HEAD + "\n".join(_entry(Brief, values, "")) + "\n"


def _entry(model: type[BaseModel], values: dict[str, Any], indent: str) -> Iterator[str]:
    for key, field in _fields(model):
        if not indent:
            yield ""
        yield f"{indent}# {_comment(field)}"
        yield from _field(key, field, values.get(key), indent)


def _field(key: str, field: FieldInfo, value: object, indent: str) -> Iterator[str]:
    inner = nested(field.annotation)
    if value is None:
        yield from _left_out(key, field, inner, indent)
    elif inner and isinstance(value, list):
        yield f"{indent}{key}:"
        for item in value:
            lines = list(_entry(inner, item, indent + "    "))
            yield f"{indent}  -"
            yield from lines
    elif inner and isinstance(value, dict):
        yield f"{indent}{key}:"
        yield from _entry(inner, value, indent + "  ")
    elif isinstance(value, list):
        yield f"{indent}{key}:"
        yield from (f"{indent}  - {_scalar(item)}" for item in value)
    else:
        yield f"{indent}{key}: {_scalar(value)}"


def _left_out(key: str, field: FieldInfo, inner: type[BaseModel] | None, indent: str) -> Iterator[str]:
    lines = _example_lines(key, field, inner, "")
    return (f"{indent}# {line}" for line in lines)


def _example_lines(key: str, field: FieldInfo, inner: type[BaseModel] | None, indent: str) -> Iterator[str]:
    if inner is None:
        yield f"{indent}{key}: {_scalar(_example(field))}"
        return
    yield f"{indent}{key}:"
    lead = "  - " if _is_list(field) else "  "
    for name, part in _fields(inner):
        for line in _example_lines(name, part, nested(part.annotation), ""):
            yield f"{indent}{lead}{line}"
            lead = " " * len(lead)


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    return ((field.alias or key, field) for key, field in model.model_fields.items())


def _example(field: FieldInfo) -> object:
    return field.examples[0] if field.examples else field.default


def _scalar(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_scalar(item) for item in value)}]"
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def _comment(field: FieldInfo) -> str:
    choices = _choices(field)
    return f"{field.description}{f' ({choices})' if choices else ''}"


def _choices(field: FieldInfo) -> str:
    values = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    return " | ".join(str(value) for value in values) if len(values) > 1 else ""


def _is_list(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is tuple


def reference() -> str:
    """Return the reference page of brief.yaml (Markdown)."""
    head = (
        "# brief.yaml",
        "",
        "Generated from the models; `plan check` holds a brief to it. Unknown keys are refused. Keys without a default are required.",
        "A key marked † is accepted and kept, and not used yet: `plan check` says so.",
    )
    return page(Brief, head, frozenset(NOT_USED_YET))


def page(model: type[BaseModel], head: Iterable[str], later: frozenset[str] = frozenset()) -> str:
    """Return the reference page (Markdown) of files of the shape of ``model`` under ``head``; keys in ``later`` are not used yet."""
    return "\n".join([*head, *(line for path, part in _models(model, "") for line in _section(path, part, later))]) + "\n"


def _models(model: type[BaseModel], path: str) -> Iterator[tuple[str, type[BaseModel]]]:
    yield path, model
    for key, field in _fields(model):
        if inner := nested(field.annotation):
            yield from _models(inner, f"{path}.{key}{'[]' if _is_list(field) else ''}".removeprefix("."))


def _section(path: str, model: type[BaseModel], later: frozenset[str]) -> Iterator[str]:
    yield from ("", f"## {path or 'the file'}", "", (model.__doc__ or "").split("\n")[0], "", "| key | what | default | example |", "| --- | --- | --- | --- |")
    for key, field in _fields(model):
        mark = " †" if _later(f"{path}.{key}".removeprefix("."), later) else ""
        yield f"| `{key}`{mark} | {_comment(field).replace('|', '&#124;')} | {_default(field)} | {_shown(field)} |"


def _later(path: str, later: frozenset[str]) -> bool:
    return any(path == known or path.startswith((f"{known}.", f"{known}[")) for known in later)


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    if field.default is None or isinstance(field.default, BaseModel) or field.default == ():
        return "left out"
    return f"`{json.dumps(field.default)}`"


def _shown(field: FieldInfo) -> str:
    return f"`{_scalar(field.examples[0])}`" if field.examples else "see below"
