"""A result is read whole, or refused in words."""

import json
from typing import Any

import pytest

from loadtests.reading import parse
from loadtests.verdict import VERSION, Result
from runtime.errors import PlanError
from tests.unit.loadtests.compare.runs import run
from tests.unit.loadtests.compare.test_compare import search
from tests.unit.loadtests.programs.said import run as said

WHOLE = run(1, seconds=40)
SEARCH = search()


def test_what_was_written_is_read() -> None:
    assert parse(WHOLE.model_dump_json(), "result.json") == WHOLE


def test_a_result_of_an_earlier_version_is_read() -> None:
    told = json.loads(WHOLE.model_dump_json())
    told["schema"]["version"] = 4
    for name in ("series", "pages_dispersion_p50", "pages_dispersion_p95"):
        del told["measured"][name]
    found = parse(json.dumps(told), "result.json")
    assert found.measured is not None
    assert found.measured.series is None


def test_a_result_of_the_version_before_programs_told_anything_is_read() -> None:
    told = json.loads(WHOLE.model_dump_json())
    told["schema"]["version"] = 6
    del told["measured"]["platform"]["programs"]
    del told["measured"]["series"]["page_cache_hits"]
    found = parse(json.dumps(told), "result.json")
    assert found.measured is not None
    assert found.measured.platform.programs is None


def test_what_programs_said_is_read_again() -> None:
    assert WHOLE.measured is not None
    platform = WHOLE.measured.platform.model_copy(update={"programs": said(40)})
    whole = WHOLE.model_copy(update={"measured": WHOLE.measured.model_copy(update={"platform": platform})})
    assert parse(whole.model_dump_json(), "result.json") == whole


def changed(**more: Any) -> str:  # noqa: ANN401 - any member
    return json.dumps({**json.loads(WHOLE.model_dump_json()), **more})


def torn(part: str, column: str) -> str:
    told = json.loads(WHOLE.model_dump_json())
    told["measured"][part][column] = told["measured"][part][column][:-1]
    return json.dumps(told)


def within(part: str, **more: Any) -> str:  # noqa: ANN401 - any member
    told = json.loads(WHOLE.model_dump_json())
    told["measured"][part] |= more
    return json.dumps(told)


def twice(result: Result) -> str:
    told = json.loads(result.model_dump_json())
    told["capacity"]["levels"].append(told["capacity"]["levels"][0])
    return json.dumps(told)


def test_a_search_is_read() -> None:
    assert parse(SEARCH.model_dump_json(), "result.json") == SEARCH


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("", "r.json", "no JSON of a result"),
        (WHOLE.model_dump_json()[:5000], "r.json", "no JSON of a result"),
        ("[" * 100_000, "r.json", "no JSON of a result"),
        (changed(duration_s=float("nan")), "r.json", "no JSON of a result"),
        (changed(duration_s=1e300), "r.json", "no JSON of a result"),
        (changed(failures=-1), "r.json", "failures do not fit"),
        (changed(failures=10**9), "r.json", "failures do not fit"),
        ("[]", "r.json", "no result of a test"),
        ('{"people": 400}', "r.json", "no result of a test"),
        (changed(schema={"version": VERSION + 1}), "r.json", f"schema version {VERSION + 1}"),
        (changed(requests="many"), "r.json: requests", "integer"),
        (changed(surprise=1), "r.json: surprise", "no key"),
        (torn("platform", "host_cpu"), "r.json", "different lengths"),
        (torn("series", "p95_ms"), "r.json", "different lengths"),
        (torn("series", "page_cache_hits"), "r.json", "different lengths"),
        (within("platform", programs=said(20).model_copy(update={"at": said(22).at}).model_dump()), "r.json", "different lengths"),
        (changed(duration_s=-1), "r.json", "less than nothing"),
        (within("platform", cores=0), "r.json", "no cores"),
        (twice(SEARCH), "r.json", "two levels have the same number"),
    ],
)
def test_anything_else_is_refused_with_its_place_and_the_mend(text: str, where: str, words: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse(text, "r.json")
    assert caught.value.where == where
    assert words in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 1


def test_the_schema_is_the_one_that_is_written() -> None:
    assert Result.model_validate_json(WHOLE.model_dump_json()).schema_.version == VERSION
