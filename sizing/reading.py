"""From the text of ``brief.yaml`` to a Brief, or to a list of what to mend."""

import difflib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, DocumentStartEvent, NodeEvent

from runtime.errors import PlanError
from sizing.brief import Brief
from sizing.yaml_text import NO_TEXT, MisreadError, reader

LONGEST: Final = 131_072
MOST_VALUES: Final = 20_000
DEEPEST: Final = 12
MOST_PROBLEMS: Final = 10


@dataclass(frozen=True)
class Kind:
    """What errors call a file, and which one they hold up as an example."""

    name: str = "brief"
    length: str = "a page or two"
    example: str = "examples/pilot.yaml"
    first: str = "write one with 'plan init'"
    again: str = "plan check"


BRIEF: Final = Kind()


class BriefError(PlanError):
    """Everything that is wrong with a brief; ``problems`` holds one error for each."""

    def __init__(self, problems: tuple[PlanError, ...]) -> None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(first.message + more, where=first.where, hint=first.hint)
        self.problems = problems


def parse(text: str, name: str = "brief.yaml") -> Brief:
    """Return the brief in ``text``; ``name`` is what errors call the file.

    Raises BriefError naming the path of every wrong value (up to 10) and what to write instead.
    """
    return validated(loaded(text, name), name)


def validated(value: object, name: str = "brief.yaml") -> Brief:
    """Return the brief in ``value`` (mappings and lists, as YAML gives them); raises BriefError as ``parse`` does."""
    try:
        return Brief.model_validate(value)
    except ValidationError as problem:
        raise BriefError(tuple(problems(problem, name))) from None


def loaded(text: str, name: str, kind: Kind = BRIEF) -> object:
    """Return the mappings and lists in ``text``; raises BriefError for what is no plain YAML."""
    if len(text) > LONGEST:
        raise _refuse(name, f"is longer than {LONGEST // 1024} KiB", f"{_a(kind.name)} is {kind.length}; is this the right file?")
    if "\0" in text:
        raise _refuse(name, "is not text", "is this the right file?")
    if found := NO_TEXT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _refuse(f"{name}: line {line}", f"is no YAML: it has a control character (U+{ord(found[0]):04X})", "remove it: an editor may not show it")
    yaml = reader()
    try:
        _check_events(yaml, text, name, kind)
        value = yaml.load(io.StringIO(text))
    except MisreadError as problem:
        raise _refuse(_line(name, problem), str(problem.problem), str(problem.note)) from None
    except DuplicateKeyError as problem:
        raise _refuse(_line(name, problem), str(problem.problem).split(" with ")[0], "keep one of the two lines") from None
    except MarkedYAMLError as problem:
        raise _refuse(_line(name, problem), f"is no YAML: {problem.problem}", _yaml_hint(str(problem.problem))) from None
    except (YAMLError, RecursionError) as problem:
        raise _refuse(name, f"is no YAML: {str(problem).splitlines()[0]}", f"compare it with {kind.example}") from None
    if value is None:
        raise _refuse(name, "is empty", kind.first)
    if not isinstance(value, dict):
        raise _refuse(name, "is no mapping", f"write lines such as 'name: pilot', or {kind.first}")
    return value


def _check_events(yaml: YAML, text: str, name: str, kind: Kind) -> None:
    depth = documents = 0
    for count, event in enumerate(yaml.parse(io.StringIO(text))):
        documents += isinstance(event, DocumentStartEvent)
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        where = f"{name}: line {event.start_mark.line + 1}"
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise _refuse(where, "has an anchor or alias (& or *)", "write the value out, or put it in quotes")
        if getattr(event, "tag", None) and not isinstance(event, DocumentStartEvent):
            raise _refuse(where, f"has a tag ({event.tag})", "write the plain value, or put it in quotes")
        if count > MOST_VALUES:
            raise _refuse(where, "has too many values", f"{_a(kind.name)} is {kind.length}; is this the right file?")
        if depth > DEEPEST:
            raise _refuse(where, "is nested too deeply", f"compare it with {kind.example}")
        if documents > 1:
            raise _refuse(where, "has a second document", f"keep one {kind.name} in a file: remove the line '---'")


def _yaml_hint(problem: str) -> str:
    if "\\t" in problem or "'\t'" in problem:
        return "indent with spaces, not with tabs"
    return "look at this line and the one above: indentation, a missing ':' or quote?"


def _refuse(where: str, message: str, hint: str) -> BriefError:
    return BriefError((PlanError(message, where=where, hint=hint),))


def _line(name: str, problem: MarkedYAMLError) -> str:
    mark = problem.problem_mark or problem.context_mark
    return f"{name}: line {mark.line + 1}" if mark else name


def problems(failed: ValidationError, name: str, model: type[BaseModel] = Brief, kind: Kind = BRIEF) -> Iterator[PlanError]:
    """Yield what is wrong with a file of the shape of ``model``, one error for each value."""
    found = failed.errors(include_url=False)
    found = [error for error in found if error["type"] != "too_short" or not _has_inner(error, found)]
    for error in found[:MOST_PROBLEMS]:
        yield _problem(error, name, model, kind)
    if len(found) > MOST_PROBLEMS:
        yield PlanError(f"{len(found) - MOST_PROBLEMS} more problems", where=name, hint=f"mend these first, then run '{kind.again}' again")


def _has_inner(error: ErrorDetails, found: list[ErrorDetails]) -> bool:
    """Say whether something inside is wrong: then the list is reported as too short as well."""
    place = error["loc"]
    return any(other["loc"][: len(place)] == place and len(other["loc"]) > len(place) for other in found)


def _problem(error: ErrorDetails, name: str, model: type[BaseModel], kind: Kind) -> PlanError:
    context = error.get("ctx", {})
    message, hint = _words(error["type"], context, error["loc"], error["msg"], model)
    hint = hint or f"compare it with {kind.example}"
    return PlanError(message, where=f"{name}: {dotted(error['loc'])}".removesuffix(": "), hint=hint)


def dotted(place: tuple[int | str, ...]) -> str:
    """Return a path as people write it: ``audience[0].people``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")


def _words(kind: str, context: dict[str, Any], place: tuple[int | str, ...], message: str, model: type[BaseModel]) -> tuple[str, str]:
    if kind == "brief":
        return context["message"], context["hint"]
    if kind == "missing":
        return "is missing", f"add it: {_described(place, model)}"
    if kind == "extra_forbidden":
        return f"is no key of {_a(model.__name__.lower())} here", _nearest(place, model)
    if kind == "literal_error":
        return "is none of the values", f"write one of: {context['expected']}"
    return _MESSAGES.get(kind, message[:1].lower() + message[1:]), _hint(kind, context)


_MESSAGES: Final = {
    "int_type": "is no whole number",
    "float_type": "is no number",
    "finite_number": "is no finite number",
    "bool_type": "is neither true nor false",
    "string_type": "is no text",
    "tuple_type": "is no list",
    "too_short": "has too few entries",
    "too_long": "has too many entries",
    "string_too_long": "is too long",
    "model_type": "is no mapping",
    "date_type": "is no date",
}

_HINTS: Final = {
    "int_type": "write a whole number from 1, without quotes",
    "float_type": "write a number without quotes",
    "finite_number": "write a number",
    "bool_type": "write true or false",
    "string_type": "write text; put it in quotes if it looks like a number or a date",
    "tuple_type": "write a list: one line for each, starting with '- '",
    "model_type": "write its keys on the lines below, indented by two spaces",
    "date_type": "write YYYY-MM-DD, without quotes",
    "greater_than_equal": "write a number from {ge}",
    "greater_than": "write a number above {gt}",
    "less_than_equal": "write a number up to {le}",
    "less_than": "write a number below {lt}",
    "string_too_long": "write up to {max_length} signs",
    "too_short": "write at least {min_length}",
    "too_long": "write up to {max_length}",
}


def _hint(kind: str, context: dict[str, Any]) -> str:
    return _HINTS.get(kind, "").format(**context)


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def model_at(place: tuple[int | str, ...], root: type[BaseModel] = Brief) -> type[BaseModel] | None:
    """Return the model that holds the key at the end of ``place``."""
    model: type[BaseModel] | None = root
    for step in place[:-1]:
        if isinstance(step, str) and model is not None:
            model = next((nested(field.annotation) for key, field in model.model_fields.items() if (field.alias or key) == step), None)
    return model


def nested(annotation: object) -> type[BaseModel] | None:
    """Return the model inside an annotation: ``tuple[Group, ...]`` gives Group."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (nested(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in inner if model), None)


def _described(place: tuple[int | str, ...], root: type[BaseModel]) -> str:
    model = model_at(place, root)
    fields = {(field.alias or key): field for key, field in model.model_fields.items()} if model else {}
    field = fields.get(str(place[-1]))
    if field is None:
        return str(place[-1])
    example = f", for example: {place[-1]}: {field.examples[0]}" if field.examples else ""
    return f"{field.description}{example}"


def _nearest(place: tuple[int | str, ...], root: type[BaseModel]) -> str:
    model = model_at(place, root)
    keys = [field.alias or key for key, field in model.model_fields.items()] if model else []
    near = difflib.get_close_matches(str(place[-1]), keys, 1)
    return f"did you mean '{near[0]}'?" if near else f"remove it; the keys here are: {', '.join(keys)}"
