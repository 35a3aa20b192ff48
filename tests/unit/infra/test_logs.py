"""Lines of a log come in the order of their time, whatever the engine does to them."""

from infra.logs import Line, in_order


def test_lines_that_the_engine_wrote_out_of_order_come_in_order_and_none_is_lost() -> None:
    said = [Line(f"2026-11-28T19:45:44.{number:09}Z", "blogs", "c", f"{number}") for number in range(1000)]
    assert list(in_order(said[number ^ 7] for number in range(1000))) == said


def test_lines_of_one_moment_stay_as_they_were_said() -> None:
    said = [Line("2026-11-28T19:45:44.000000000Z", "blogs", "c", text) for text in ("b", "a", "c")]
    assert list(in_order(said)) == said
