"""What a killed run made and nobody knows of is taken away; what the state knows is left to Pulumi."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from docker.errors import APIError

from infra import orphans
from runtime.errors import PlanError


@dataclass
class Held:
    """A thing of the engine that can be removed after ``held`` tries."""

    name: str
    kind: "Kind"
    held: int = 0

    def remove(self) -> None:
        if self.held:
            self.held -= 1
            raise APIError("is in use")
        self.kind.there.remove(self)


@dataclass
class Kind:
    """All things of one kind."""

    there: list[Held] = field(default_factory=list)

    def list(self, filters: dict[str, str]) -> list[Held]:
        return list(self.there) if filters == {"label": "underdesk.deployment=pilot"} else []

    def add(self, *names: str, held: int = 0) -> None:
        self.there += [Held(name, self, held) for name in names]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    found = SimpleNamespace(services=Kind(), networks=Kind(), secrets=Kind(), configs=Kind(), containers=Kind())
    monkeypatch.setattr(orphans, "engine_client", lambda _engine: found)
    monkeypatch.setattr(orphans, "PAUSE_S", 0.0)
    return found


def test_only_services_that_the_state_does_not_know_are_removed(engine: SimpleNamespace) -> None:
    engine.services.add("pilot-wiki", "pilot-database")
    orphans.remove_services("pilot", ["wiki"])
    assert [one.name for one in engine.services.there] == ["pilot-wiki"]


def test_the_rest_goes_as_soon_as_nothing_holds_it(engine: SimpleNamespace) -> None:
    engine.networks.add("pilot-back", held=3)
    engine.secrets.add("pilot-key")
    orphans.remove_rest("pilot")
    assert (engine.networks.there, engine.secrets.there) == ([], [])


def test_what_stays_in_use_is_said(engine: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphans, "PATIENCE_S", 0.05)
    engine.networks.add("pilot-back", held=10**9)
    with pytest.raises(PlanError, match="still in use"):
        orphans.remove_rest("pilot")
