"""Each request of the platform falls into the class of the plan whose demand it has."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from infra.request_class import class_of, page_of
from sizing.demands import CLASSES

CASES = YAML(typ="safe").load(Path(__file__).with_name("classes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[f"{case[0]} {case[1]} {case[3]}" for case in CASES])
def test_a_request_falls_into_its_class(case: list[str]) -> None:
    *asked, expected = case
    assert class_of(*asked) == expected


def test_every_class_of_the_plan_is_found() -> None:
    assert {case[-1] for case in CASES} - {""} == set(CLASSES)


def test_editors_and_pages_named_in_a_query_say_nothing_about_popularity() -> None:
    assert page_of("a.test", "/field/wp-admin/post.php") == page_of("a.test", "/w/index.php") == ""
    assert page_of("a.test", "/field/a/") == "a.test/field/a/"
