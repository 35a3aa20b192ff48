"""Any failed check makes the answer no; a test that could not work proves nothing."""

import pytest

from loadtests.recorder import Failure, RequestClass, Summary
from loadtests.scenarios.registry import SCENARIOS, SMOKE
from loadtests.verdict import EXIT_CODES, judge


def _summary(
    *, failures: tuple[Failure, ...] = (), ended: bool = True, finished: int = SMOKE.users, errors: tuple[str, ...] = (), without: str = ""
) -> Summary:
    classes = tuple(RequestClass(name=name, requests=4, p50_ms=1, p95_ms=2, max_ms=3, failures=failures) for name in SMOKE.classes if name != without)
    return Summary(pid=1, started=0, duration_s=9, ended=ended, users=SMOKE.users, finished=finished, classes=classes, errors=errors)


def test_all_seen_by_all_is_passed() -> None:
    assert judge(SMOKE, _summary()) == ("passed", ())


def test_one_failed_check_is_failed_and_says_which() -> None:
    verdict, reasons = judge(SMOKE, _summary(failures=(Failure(kind="text", count=1, first="no comment"),)))
    assert verdict == "failed"
    assert reasons[0] == "blog-front: 1 of 4 failed (text): no comment"


def test_people_who_did_not_get_through_is_failed() -> None:
    assert judge(SMOKE, _summary(finished=5)) == ("failed", ("only 5 of 6 people were through after 9 s",))


def test_a_class_that_nobody_saw_is_failed() -> None:
    assert judge(SMOKE, _summary(without="upload")) == ("failed", ("nobody came as far as: upload",))


@pytest.mark.parametrize("summary", [_summary(ended=False, finished=3, without="upload"), _summary(errors=("KeyError: 'x'",), without="upload")])
def test_a_generator_that_broke_is_invalid_and_never_passed(summary: Summary) -> None:
    assert judge(SMOKE, summary)[0] == "invalid"


def test_exit_codes_are_those_of_the_design() -> None:
    assert EXIT_CODES == {"passed": 0, "invalid": 1, "failed": 3}


def test_every_scenario_of_the_registry_has_its_file() -> None:
    assert all(scenario.file.is_file() and scenario.name == name for name, scenario in SCENARIOS.items())
