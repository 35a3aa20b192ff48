"""Ten million people are bigger numbers: the hosts of the answer, simulated one of each role at its share of the load."""

from dataclasses import replace

import numpy as np
import pytest

from sizing.capacity import State
from sizing.demands import AT, CLASSES
from sizing.network import LARGEST_SHARED, WRITES_AT
from tests.model.platform_des import NO_POOL, Platform, Seen, simulate
from tests.model.platform_truth import platform
from tests.unit.sizing.asked import answer

PEOPLE = 10_000_000
REQUESTS = 150_000


@pytest.fixture(scope="module", params=[0.6, 0.98], ids=["at 60 % of what they carry", "at what they carry"])
def state(request: pytest.FixtureRequest) -> State:
    found = answer(people=PEOPLE)
    assert found.rung.layout.by_role
    assert found.rung.machines > 40
    return found.worst(float(found.people[0]) / PEOPLE * request.param)


def database(state: State) -> Seen:
    """One database host: its share of the reads, every write."""
    host, network = state.layout.database, state.network
    assert host is not None
    share = np.full(len(CLASSES), 1 / state.layout.members)
    share[WRITES_AT] = 1.0
    share /= state.layout.clusters
    one = machine(state)
    work = network.database_work[0] / host.speed
    rates = network.reaching[0] * share * (work > 0)
    return simulate(
        replace(
            one,
            cores=host.cores,
            rates=rates,
            php=np.zeros(len(CLASSES)),
            database=work,
            delay=np.zeros(len(CLASSES)),
            pool=one.pool * 0 + NO_POOL,
            background=0.0,
        ),
        REQUESTS,
        1,
    )


def machine(state: State) -> Platform:
    """The platform's numbers at the state's people, nothing cached and nothing that follows a page: both are in the rates already."""
    none = np.zeros(len(CLASSES))
    first = platform(state.case, state.layout, state.moment, 1.0)
    return replace(first, follow=none, cached=none.astype(np.int64), publishes=none.astype(np.int64), pages=none.astype(np.int64))


def test_the_database_is_as_busy_and_as_quick_as_the_model_says(state: State) -> None:
    seen, host = database(state), state.layout.database
    assert host is not None
    work = state.network.database_work[0] / host.speed
    asked = np.array([seen.response[seen.kind == at].mean() / work[at] for at in range(len(CLASSES)) if (seen.kind == at).sum() > 3000])
    assert float(np.median(asked)) == pytest.approx(float(state.network.database_response[0]) * host.speed, rel=0.05)


def test_a_web_host_is_as_busy_and_as_quick_as_the_model_says(state: State) -> None:
    network, host = state.network, state.layout.host
    part = (host.cores // -(-host.cores // LARGEST_SHARED)) / host.cores
    one = machine(state)
    web = replace(
        one,
        cores=round(host.cores * part),
        rates=network.offered[0, :-1] * part,
        php=network.work[0, :-1],
        database=np.zeros(len(CLASSES)),
        delay=network.delay[0],
        places=np.maximum(np.floor(network.places[0] * part), 1).astype(np.int64),
        background=one.background * part,
    )
    seen = simulate(web, REQUESTS, 2)
    assert seen.utilisation == pytest.approx(float(network.cpu[0]), rel=0.03)
    own = network.solved.quantile(0.95)[0]
    for kind in ("page_signed_in", "wiki_view", "search"):
        assert own[AT[kind]] == pytest.approx(seen.quantile(AT[kind], 0.95), rel=0.10)
    assert seen.rejected <= 0.001
