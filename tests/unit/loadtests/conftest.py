"""Fixtures of the load tests' own tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loadtests.programs import observer
from loadtests.steady import eyes
from runtime.errors import PlanError
from tests.unit.loadtests.remembered import RememberedDeployment
from tests.unit.loadtests.steady.pretend import HOSTS, Mood, PretendDeployment, pretending
from tests.unit.loadtests.tls import signed


@pytest.fixture
def deployment(tmp_path: Path) -> RememberedDeployment:
    return RememberedDeployment(tmp_path / "pilot")


@pytest.fixture
def down() -> Callable[[str], PlanError]:
    return lambda service: PlanError("no container runs", where=f"pilot-{service}")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return signed(tmp_path_factory.mktemp("tls") / "tls.pem", HOSTS)


@pytest.fixture
def mood() -> Mood:
    return Mood()


@pytest.fixture
def pretended(tmp_path: Path, certificate: Path, mood: Mood, monkeypatch: pytest.MonkeyPatch) -> Iterator[PretendDeployment]:
    """A deployment on this machine's loopback that behaves as ``mood`` says."""
    for module in (eyes, observer):
        monkeypatch.setattr(module, "containers", lambda *_: {})
    with pretending(tmp_path / "pilot", certificate, mood) as found:
        yield found
