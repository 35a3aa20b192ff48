"""What if: a question with something else in the brief, or another number assumed."""

import difflib
import io
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from ruamel.yaml.error import YAMLError

from runtime.errors import PlanError
from sizing.evidence import SHARE, evidence
from sizing.question import Question
from sizing.reading import BriefError, validated
from sizing.yaml_text import reader

WHERE: Final = "--what-if"
BOUND: Final = 1e4
WHOLE: Final = {"outlook_months": (1, 120)}


def asked(question: Question, changes: Sequence[str]) -> Question:
    """Return ``question`` with ``changes`` (``key=value``: a path of the brief, such as audience[0].people, or a number's name).

    Raises PlanError naming the change and what to write instead.
    """
    value: Any = question.brief.model_dump(by_alias=True)
    numbers = dict(question.changes)
    for change in changes:
        key, sign, text = change.partition("=")
        key = key.strip()
        if not sign or not key or not text.strip():
            raise PlanError(f"'{change}' is no change", where=WHERE, hint="write key=value, for example: --what-if infrastructure.desk.cores=4")
        if key in evidence().names():
            numbers[key] = _number(key, text)
        else:
            _put(value, key, _scalar(key, text))
    try:
        brief = validated(value, WHERE)
    except BriefError as problem:
        first = problem.problems[0]
        raise PlanError(first.message, where=first.where, hint=first.hint) from problem
    return replace(question, brief=brief, changes=numbers)


def _number(key: str, text: str) -> float:
    quantity = evidence().quantity(key)
    share = quantity.unit.startswith(SHARE)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if key in WHOLE and not (value.is_integer() and WHOLE[key][0] <= value <= WHOLE[key][1]):
        raise PlanError(
            f"{key}: '{text}' is no whole number from {WHOLE[key][0]} to {WHOLE[key][1]}", where=WHERE, hint=f"write for example {key}={quantity.value:g}"
        )
    low, high = quantity.value / BOUND, quantity.value * BOUND
    if not (0 < value < 1 if share else low <= value <= high):
        bounds = "above 0 and below 1" if share else f"from {low:g} to {high:g}"
        raise PlanError(f"{key}: '{text}' is no number {bounds}", where=WHERE, hint=f"write for example {key}={quantity.value:g} ({quantity.unit})")
    return value


def _scalar(key: str, text: str) -> Any:  # noqa: ANN401 - whatever a brief may hold
    try:
        value = reader().load(io.StringIO(text))
    except (YAMLError, RecursionError) as problem:
        raise PlanError(f"{key}: '{text}' is no value", where=WHERE, hint="write a number, a word, or text in quotes") from problem
    if isinstance(value, dict | list):
        raise PlanError(f"{key}: '{text}' is more than one value", where=WHERE, hint="name the one value that differs, for example audience[0].people=500")
    return value


def _put(value: Any, path: str, new: Any) -> None:  # noqa: ANN401 - a brief as mappings and lists
    names = re.findall(r"[^.\[\]]+", path)
    at: Any = value
    for depth, step in enumerate(names):
        known = _keys(at)
        key = int(step) if isinstance(at, tuple | list) and step.isdigit() else step
        if key not in known:
            raise _unknown(path, ".".join(names[:depth]), step, known)
        if depth == len(names) - 1:
            at[key] = new
            return
        if isinstance(at[key], tuple):
            at[key] = list(at[key])
        elif at[key] is None:
            at[key] = {}
        at = at[key]


def _keys(at: Any) -> list[Any]:  # noqa: ANN401 - a brief as mappings and lists
    return list(range(len(at))) if isinstance(at, tuple | list) else list(at) if isinstance(at, dict) else []


def _unknown(path: str, before: str, step: str, known: list[Any]) -> PlanError:
    names = [*(str(key) for key in known), *(sorted(evidence().names()) if not before else [])]
    near = difflib.get_close_matches(step, names, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(str(key) for key in known)}" if known else f"{before or path} holds one value"
    return PlanError(f"{path}: no '{step}' in {before or 'the brief, nor among the numbers'}", where=WHERE, hint=hint)
