"""Where the state says that the engine is."""

from typing import Any

from infra.stack import PROVIDER, pointed_at


def state(host: str) -> dict[str, Any]:
    return {"resources": [{"type": PROVIDER, "inputs": {"host": host}, "outputs": {"host": host}}, {"type": "docker:index/network:Network", "inputs": {}}]}


def test_a_state_is_pointed_at_the_engine_of_this_command_and_left_alone_where_it_is_that_already() -> None:
    there = state("unix:///tmp/before")
    assert pointed_at(there, "unix:///tmp/now")
    assert there == state("unix:///tmp/now")
    assert not pointed_at(there, "unix:///tmp/now")
    assert not pointed_at({}, "unix:///tmp/now")
