"""A line of a service is shown as a person reads it, whatever it holds."""

import json

import pytest

from cli.log_words import is_failure, words
from infra.logs import Line, Source, _lines

DOOR = {"client": "10.1.2.3", "host": "blogs.test", "method": "GET", "path": "/a/", "status": 200, "total_ms": 7, "cache": "HIT"}


def line(text: str) -> Line:
    return Line("2026-11-28T10:39:46.943520262Z", "frontdoor", "abcdef123456", text)


def test_a_request_of_the_front_door_has_its_parts_in_order() -> None:
    assert words(line(json.dumps(DOOR))).endswith(".943 frontdoor    10.1.2.3 blogs.test GET /a/ 200 7 ms HIT")


def test_a_request_of_another_service_lacks_only_what_it_does_not_know() -> None:
    said = words(line('{"host":"blogs.test","method":"POST","path":"","status":302,"seconds":0.3751}'))
    assert said.endswith(" blogs.test POST / 302 375 ms")


@pytest.mark.parametrize("text", ["plain words", "{not json", '{"installed": true}', "[1]", '{"method": 1, "path": 2}', ""])
def test_any_other_line_is_shown_as_it_is(text: str) -> None:
    assert words(line(text)).endswith(f"frontdoor    {text}")


@pytest.mark.parametrize("text", ["a\x1b[31mred", "a\rb", "a\x9b2Jb", "a\u202eb", json.dumps({**DOOR, "path": "/\x1b]0;x\x07"})])
def test_nothing_that_is_logged_can_steer_the_terminal(text: str) -> None:
    assert words(line(text)).isprintable()


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        (json.dumps({**DOOR, "status": 500}), True),
        (json.dumps({**DOOR, "status": 404, "path": "/fatal-error/"}), False),
        ("2026-11-28 [ERROR] InnoDB: no space", True),
        ("PHP Fatal error: Allowed memory size", True),
        ("connection refused", True),
        ("done: 0 errors, 3 pages", False),
        ("ready for connections", False),
    ],
)
def test_a_failure_is_told_from_what_only_looks_like_one(text: str, failed: bool) -> None:  # noqa: FBT001
    assert is_failure(line(text)) is failed


def test_a_line_that_comes_in_pieces_is_put_together_with_its_first_time() -> None:
    first, second = b"2026-11-28T10:39:46.943520262Z ", b"2026-11-28T10:39:46.943520999Z "
    frames = iter([first + b"a long ", second + b"line\n", second + b"next\r\n", first + b"cut off"])
    found = [(one.time[-10:], one.text) for one in _lines(Source("mail", "c" * 64, running=True), frames)]
    assert found == [("943520262Z", "a long line"), ("943520999Z", "next"), ("943520262Z", "cut off")]
