"""The desk's network against a simulation of it: what the first model claims, and no more."""

from statistics import mean

import pytest

from sizing.capacity import Case, largest
from sizing.network import Layout, Network, load
from sizing.reading import validated
from sizing.size import case_of
from sizing.workload import CACHED, CLASSES, STATIC, WIKI
from tests.model.simulation import NO_POOL, Desk, Kind
from tests.unit.sizing.briefs import changed

JOBS = 60_000


def desk(cores: int) -> Case:
    size = {"cores": cores, "memory_gib": 64, "disk_gib": 90_000}
    return case_of(validated(changed({f"infrastructure.desk.{key}": value for key, value in size.items()})))


def at(case: Case, cores: int, utilisation: float) -> Network:
    people = largest(lambda count: case.state(count).load.cpu < utilisation)
    state = case.state(people)
    layout = Layout(1, cores, state.memory.children, 1e9)
    hits = load(state.workload, state.stored.pages, layout, case.demands, case.evidence).hits
    return Network(layout, state.workload.rates, hits, case.demands, case.evidence["background_cores"])


def simulated(network: Network) -> dict[str, list[float]]:
    again = network.demands.get("any", "frontdoor") / 1000
    kinds = []
    for kind in CLASSES:
        one = network.visits[kind]
        work = one.front + one.inside + one.database + (again if kind in CACHED else 0.0)
        pool = NO_POOL if kind in STATIC else int(kind in WIKI)
        kinds.append(Kind(network.reaching[kind], work, network.demands.spread.get(kind, 0.0) * one.alone / work, one.wait, pool))
    kinds.append(Kind(50.0, network.background / 50, 0.5, 0.0, NO_POOL))
    found = Desk(network.layout.cores, kinds, [network.layout.children] * 2, seed=7).run(JOBS)
    return {kind: found[number] for number, kind in enumerate(CLASSES)}


@pytest.mark.parametrize("cores", [2, 4])
@pytest.mark.parametrize("utilisation", [0.3, 0.7])
def test_the_model_is_as_near_to_the_simulation_as_its_page_says(cores: int, utilisation: float) -> None:
    case = desk(cores)
    network = at(case, cores, utilisation)
    found = simulated(network)
    signed_in = sorted(found["page_signed_in"])
    assert network.mean("page_signed_in") == pytest.approx(mean(signed_in), rel=0.15)
    assert network.mean("wiki_view") == pytest.approx(mean(found["wiki_view"]), rel=0.25)
    assert network.p95("page_signed_in") == pytest.approx(signed_in[int(0.95 * len(signed_in))], rel=0.25)
