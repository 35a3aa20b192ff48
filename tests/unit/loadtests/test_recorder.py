"""What was seen is counted, and no secret gets into the record."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.recorder import Recorder, Summary, percentile
from loadtests.steps.checks import Unseen


def test_requests_and_failures_are_counted_by_class_and_kind(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "summary.json", 2, ())
    for milliseconds in (10.0, 20.0, 30.0):
        recorder.request("blog-front", milliseconds, None)
    recorder.request("blog-front", 40.0, Unseen("title", "first"))
    recorder.request("blog-front", 50.0, Unseen("title", "second"))
    recorder.request("comment", 5.0, ConnectionError("refused"))
    summary = recorder.summary(ended=True)
    front, comment = summary.classes
    assert (front.requests, front.p50_ms, front.p95_ms, front.max_ms) == (5, 30.0, 50.0, 50.0)
    assert [(failure.kind, failure.count, failure.first) for failure in front.failures] == [("title", 2, "first")]
    assert comment.failures[0].kind == "ConnectionError"
    assert (summary.requests, summary.failed) == (6, 3)


def test_a_secret_never_reaches_the_file(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    recorder = Recorder(path, 1, ("s3cret", ""))
    recorder.request("sign-in", 1.0, Unseen("text", "sent pwd=s3cret&x=1"))
    recorder.error(ValueError("s3cret"))
    recorder.write(ended=False)
    assert "s3cret" not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert Summary.model_validate_json(path.read_text()).errors == ("ValueError: ***",)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(1, 100))
def test_a_percentile_is_a_value_that_was_measured(times: list[float], percent: float) -> None:
    ordered = sorted(times)
    assert percentile(ordered, percent) in {round(value, 1) for value in ordered}
    assert percentile(ordered, 100) == round(ordered[-1], 1)
