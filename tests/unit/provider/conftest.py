"""A provider whose Docker engine only remembers."""

import pytest

from infra.docker_provider.servicer import Provider

from .standins import Context, Engine, Impatient


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def provider(engine: Engine) -> Provider:
    made = Provider("5.2.0", lambda _urn, _text: None, lambda _host: engine)
    made.client = engine
    made.cancelled = Impatient()
    return made
