"""Nothing that a brief says is ignored in silence."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from sizing.brief import Brief, platform
from sizing.later import NOT_USED_YET, not_used_yet
from sizing.question import Answer, Question
from sizing.reading import nested, validated
from sizing.size import made
from tests.unit.sizing.briefs import changed, read

OTHER = read(Path(__file__).with_name("other_values.yaml").read_text(encoding="utf-8"))
ACME: dict[str, Any] = {
    "infrastructure.tls.acme.directory": "https://ca.pilot.test/acme/directory",
    "infrastructure.tls.acme.terms_agreed": True,
    "infrastructure.tls.acme.authority": "/tls/company.pem",
}
PARTNERS: dict[str, dict[str, Any]] = {
    "infrastructure.tls.certificate": {"infrastructure.tls.key": "/tls/old.key"},
    "infrastructure.tls.key": {"infrastructure.tls.certificate": "/tls/old.pem"},
    "infrastructure.tls.authority": {"infrastructure.tls.certificate": "/tls/old.pem", "infrastructure.tls.key": "/tls/old.key"},
    **{path: {key: value for key, value in ACME.items() if key != path} for path in (*ACME, "infrastructure.tls.acme.contact")},
    "spaces[1].kind": {"spaces[4].kind": "blog", "spaces[4].path": "fifth", "spaces[1].kind": "wiki", "spaces[1].path": ""},
}
PRODUCTS = {f"integration.{key}.product": "Something" for key in ("cms", "mail", "sharepoint", "portal", "feeds", "directory")}


def leaves(model: type[BaseModel], path: str = "") -> Iterator[str]:
    for key, field in model.model_fields.items():
        inner = nested(field.annotation)
        many = "[]" if inner and "tuple" in str(field.annotation) else ""
        here = f"{path}.{field.alias or key}".removeprefix(".")
        yield from leaves(inner, here + many) if inner else [here]


def plain(path: str) -> str:
    return re.sub(r"\[\d+\]", "[]", path)


def listed(path: str, brief: Brief) -> bool:
    return any(plain(path) == known or plain(path).startswith((f"{known}.", f"{known}[")) for known, _ in not_used_yet(brief))


def answer(brief: Brief) -> dict[str, Any]:
    plan = made(Answer(Question(brief, "brief.yaml", draws=100))).model_dump()
    del plan["inputs"]
    return plan


@pytest.fixture(scope="module")
def base() -> tuple[Brief, dict[str, Any]]:
    brief = validated(changed(PRODUCTS))
    return brief, answer(brief)


def test_every_field_of_the_models_is_tried_here() -> None:
    assert {plain(path) for path in OTHER} == set(leaves(Brief)) - {"schema"}


@pytest.mark.parametrize("path", OTHER)
def test_a_field_changes_the_plan_or_is_said_to_be_unused(path: str, base: tuple[Brief, dict[str, Any]]) -> None:
    before = PARTNERS.get(path, {})
    brief = validated(changed({**PRODUCTS, path: OTHER[path], **before}))
    if listed(path, brief):
        return
    assert platform(brief) != platform(base[0]) or answer(brief) != base[1], f"{path} is ignored in silence"


def test_the_list_of_unused_fields_names_only_fields_that_exist() -> None:
    known = set(leaves(Brief))
    assert all(any(leaf == path or leaf.startswith((f"{path}.", f"{path}[")) for leaf in known) for path in NOT_USED_YET)


def test_what_works_already_is_not_called_unused() -> None:
    assert "access.sign_in" not in dict(not_used_yet(validated(changed({}))))
    assert "access.sign_in" in dict(not_used_yet(validated(changed({"access.sign_in": "sso"}))))
