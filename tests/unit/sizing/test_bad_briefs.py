"""Every bad brief is refused with its place and a mend, and nothing else is said."""

from pathlib import Path
from typing import Any

import pytest

from sizing.reading import BriefError, parse, validated
from tests.unit.sizing.briefs import changed, read, without

CASES = read(Path(__file__).with_name("bad_briefs.yaml").read_text(encoding="utf-8"))
LARGE = {"NINES": "schema: " + "9" * 5000, "ZERO": "schema: \0", "HUGE": "#" + "x" * 300_000, "MANY": "a: [" + "1," * 30 + "]"}


@pytest.fixture(autouse=True)
def few_values_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sizing.reading.MOST_VALUES", 30)


def refused(case: dict[str, Any]) -> BriefError:
    with pytest.raises(BriefError) as caught:
        read_case(case)
    return caught.value


def read_case(case: dict[str, Any]) -> None:
    if "text" in case:
        parse(LARGE.get(case["text"], case["text"]), "brief.yaml")
    else:
        validated(without(case["remove"]) if "remove" in case else changed(case["set"]), "brief.yaml")


@pytest.mark.parametrize("case", CASES, ids=[case["breaks"] for case in CASES])
def test_a_bad_brief_is_refused_where_it_is_wrong_and_says_the_mend(case: dict[str, Any]) -> None:
    (problem,) = refused(case).problems
    assert problem.where == f"brief.yaml: {case['where']}".removesuffix(": ")
    assert case["says"] in problem.message
    assert case["mend"] in problem.hint
    assert problem.exit_code == 1
    assert "\n" not in problem.message + problem.hint


def test_all_problems_of_a_file_are_reported_at_once() -> None:
    with pytest.raises(BriefError) as caught:
        validated(changed({"name": "X", "language": "xxx", "audience[2].people": -1, "targets.page_p95_ms": "fast"}))
    assert [problem.where for problem in caught.value.problems] == [
        "brief.yaml: name", "brief.yaml: language", "brief.yaml: audience[2].people", "brief.yaml: targets.page_p95_ms",
    ]  # fmt: skip
    assert "(and 3 more)" in str(caught.value)


def test_a_file_with_very_many_problems_reports_ten_and_their_number() -> None:
    with pytest.raises(BriefError) as caught:
        validated(changed({f"wrong{number}": 1 for number in range(30)}))
    assert len(caught.value.problems) == 11
    assert caught.value.problems[-1].message == "20 more problems"
