"""A network whose name Docker refuses while a node still has its own copy of one that was removed."""

from threading import Event
from typing import Any

import docker.errors
import pytest

from infra.docker_provider.calls import Call
from infra.docker_provider.network import Network

TAKEN = 409
COPY = {"Name": "front", "Id": "old", "Scope": "swarm", "Peers": []}


class Answer:
    status_code = TAKEN
    reason = "Conflict"
    url = ""


class Client:
    """Refuses the name as often as there are listings left, and lists what is in the way at each of them."""

    def __init__(self, *listings: list[dict[str, Any]]) -> None:
        self.listings = list(listings)

    def create_network(self, *_: object, **__: object) -> dict[str, str]:
        if self.listings:
            raise docker.errors.APIError("conflict", Answer())  # type: ignore[arg-type] # what is read of it
        return {"Id": "new"}

    def networks(self, **_: object) -> list[dict[str, Any]]:
        return self.listings.pop(0)


@pytest.mark.parametrize("listings", [[[COPY]], [[]], [[COPY], []]], ids=["still there", "just gone", "there and then gone"])
def test_a_name_that_is_refused_for_a_copy_is_asked_for_again(listings: list[list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch) -> None:
    cancelled, said = Event(), list[str]()
    monkeypatch.setattr(cancelled, "wait", lambda _: False)
    call = Call(Client(*listings), cancelled, said.append)
    assert Network().create(call, {"name": "front", "driver": "overlay"}) == "new"
    assert len(said) == len(listings)
