"""Laws that hold for any value."""

# ruff: noqa: ANN401 - recorded JSON and Docker answers have any shape

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.docker_provider.check import with_defaults
from infra.docker_provider.difference import changes
from infra.docker_provider.drift import refreshed
from infra.docker_provider.durations import nanoseconds, text_of
from infra.docker_provider.service import Service
from infra.docker_provider.service_shape import SERVICE
from infra.docker_provider.values import properties, struct, without_defaults
from infra.docker_provider.wire import decode

QUICK = settings(max_examples=40, deadline=None)

WORD = st.text("abcdefgh", min_size=1, max_size=6)
CONTAINER = st.fixed_dictionaries(
    {"image": WORD},
    optional={
        "env": st.dictionaries(WORD, WORD, min_size=1, max_size=3),
        "args": st.lists(WORD, min_size=1, max_size=3),
        "capDrops": st.lists(WORD, min_size=1, max_size=3, unique=True),
        "readOnly": st.just(value=True),
        "stopGracePeriod": st.integers(1, 10**12).map(text_of),
        "mounts": st.lists(
            st.fixed_dictionaries({"type": st.just("bind"), "source": WORD, "target": WORD}), min_size=1, max_size=3, unique_by=lambda one: one["target"]
        ),
    },
)
LABEL: st.SearchStrategy[dict[str, str]] = st.fixed_dictionaries({"label": WORD, "value": WORD})
NEEDED: dict[str, st.SearchStrategy[Any]] = {"name": WORD, "taskSpec": st.fixed_dictionaries({"containerSpec": CONTAINER})}
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "mode": st.fixed_dictionaries({"replicated": st.fixed_dictionaries({"replicas": st.integers(0, 9)})}),
    "labels": st.lists(LABEL, min_size=1, max_size=3, unique_by=lambda one: one["label"]),
    "updateConfig": st.fixed_dictionaries({"parallelism": st.integers(0, 3), "maxFailureRatio": st.sampled_from(["0.0", "0.5"])}),
}
SERVICES = st.fixed_dictionaries(NEEDED, optional=OPTIONAL)


@QUICK
@given(st.integers(0, 10**15))
def test_a_duration_survives_being_written_and_read(duration: int) -> None:
    assert nanoseconds(text_of(duration)) == duration


@QUICK
@given(SERVICES)
def test_checking_twice_is_checking_once(inputs: dict[str, Any]) -> None:
    once = with_defaults(SERVICE, inputs)
    assert with_defaults(SERVICE, without_defaults(inputs)) == once


@QUICK
@given(SERVICES)
def test_nothing_differs_from_itself_in_whatever_order(inputs: dict[str, Any]) -> None:
    checked = with_defaults(SERVICE, inputs)
    turned = {**checked, "labels": list(reversed(checked.get("labels", [])))}
    assert changes(SERVICE, checked, turned) == []


@QUICK
@given(SERVICES, SERVICES)
def test_a_difference_seen_one_way_is_seen_the_other(first: dict[str, Any], second: dict[str, Any]) -> None:
    there, back = changes(SERVICE, first, second), changes(SERVICE, second, first)
    assert bool(there) == bool(back)
    assert {change.kind for change in there} <= {"ADD", "DELETE", "UPDATE"}


@QUICK
@given(SERVICES, SERVICES)
def test_what_drifted_away_and_was_refreshed_is_planned_back(wanted: dict[str, Any], live: dict[str, Any]) -> None:
    service = Service()
    expected, found = decode(SERVICE, service.body(wanted)), decode(SERVICE, service.body(live))
    seen = refreshed(SERVICE, wanted, expected, found)
    assert _sorted(decode(SERVICE, service.body(seen))) == _sorted(found)
    assert bool(changes(SERVICE, seen, wanted)) == (_sorted(expected) != _sorted(found))


@QUICK
@given(SERVICES)
def test_properties_survive_the_wire(inputs: dict[str, Any]) -> None:
    assert properties(struct(inputs, ("name",))) == inputs


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(part) if key != "args" else part for key, part in value.items()}
    return sorted((_sorted(part) for part in value), key=str) if isinstance(value, list) else value
