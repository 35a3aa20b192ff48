"""Links of the desk must answer on the cluster, and lead on there by the desk's host names."""

from pathlib import Path

import pytest

from infra.cluster.promote import links
from infra.deployment import Deployment
from runtime.errors import PlanError
from sizing.plan import FormerHosts, Hosts
from tests.unit.sample_plan import SAMPLE

FORMER = FormerHosts(internal=(SAMPLE.platform.hosts.internal,), wiki=(SAMPLE.platform.hosts.wiki,))


@pytest.fixture
def desk(tmp_path: Path) -> Deployment:
    return Deployment(SAMPLE, tmp_path)


@pytest.fixture
def cluster(tmp_path: Path) -> Deployment:
    hosts = Hosts(internal="in.company.example", external=SAMPLE.platform.hosts.external, wiki="handbook.company.example")
    platform = SAMPLE.platform.model_copy(update={"hosts": hosts, "former_hosts": FORMER})
    return Deployment(SAMPLE.model_copy(update={"platform": platform}), tmp_path)


def test_links_of_former_names_lead_on_to_the_same_page(desk: Deployment, cluster: Deployment) -> None:
    asked = [f"{desk.urls['internal']}news/?p=1", f"{desk.urls['wiki']}wiki/A", f"{desk.urls['external']}open/"]
    seen = []

    def leads(_cluster: Deployment, url: str) -> tuple[int, str]:
        seen.append(url)
        return 308, links.moved(url, desk, cluster)

    assert links.lead_on(desk, cluster, asked, leads) == 2
    assert seen == asked[:2]
    assert links.moved(asked[0], desk, cluster) == f"{cluster.urls['internal']}news/?p=1"


def test_an_address_without_a_path_leads_to_the_first_page(desk: Deployment, cluster: Deployment) -> None:
    assert links.lead_on(desk, cluster, [desk.urls["wiki"].rstrip("/")], lambda *_: (308, cluster.urls["wiki"]), 0) == 1


def test_a_former_name_that_leads_elsewhere_is_named(desk: Deployment, cluster: Deployment) -> None:
    with pytest.raises(PlanError, match="leads to nothing on the cluster, not to"):
        links.lead_on(desk, cluster, [desk.urls["internal"]], lambda *_: (200, ""), 0)


def test_a_front_door_that_does_not_answer_says_why(desk: Deployment, cluster: Deployment) -> None:
    def refuses(*_: object) -> tuple[int, str]:
        raise ConnectionRefusedError("refused")

    with pytest.raises(PlanError, match="leads to refused on the cluster"):
        links.lead_on(desk, cluster, [desk.urls["wiki"]], refuses, 0)


def test_what_this_machine_may_not_see_is_not_counted_and_no_failure(desk: Deployment, cluster: Deployment) -> None:
    asked = [desk.urls["internal"], desk.urls["wiki"]]
    assert links.lead_on(desk, cluster, asked, lambda _, url: (403, "") if url == asked[0] else (308, links.moved(url, desk, cluster)), 0) == 1


def test_a_connection_that_is_cut_is_tried_again(desk: Deployment, cluster: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "PAUSE_S", 0)
    answers = iter([ConnectionResetError("reset"), None])

    def leads(_cluster: Deployment, url: str) -> tuple[int, str]:
        if problem := next(answers):
            raise problem
        return 308, links.moved(url, desk, cluster)

    assert links.lead_on(desk, cluster, [desk.urls["wiki"]], leads) == 1
