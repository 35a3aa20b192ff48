"""Stand-ins of a cluster's front doors: what is set on which host, what is cleared, and that nothing is set before all can serve."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from infra import standin
from infra.cluster import standin as doors
from infra.cluster.carry.engines import Engines
from infra.cluster.cluster import HOME
from infra.cluster.standin import Doors, lines
from infra.deployment import Deployment
from infra.inventory.connect import Reach
from runtime.errors import PlanError
from runtime.printer import quiet
from runtime.run import Completed
from tests.unit.cluster.test_services import cluster

UNTIL = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
CHAINS = "-P PREROUTING ACCEPT\n-N DOCKER\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n"


@dataclass
class Hosts:
    """Front-door hosts: the rules that each has, and what happened, in order."""

    rules: dict[str, list[str]]
    chains: str = CHAINS
    said: list[str] = field(default_factory=list)

    def administer(self, reach: Reach, _folder: Path, script: str) -> Completed:
        if "--list-rules" in script:
            return Completed(0, self.chains + "".join(f"-A {rule}\n" for rule in self.rules[reach.name]), "")
        for line in script.splitlines()[1:]:
            rule = line.partition("--insert ")[2] or line.partition("--delete ")[2]
            (self.rules[reach.name].append if "--insert" in line else self.rules[reach.name].remove)(rule)
        self.said.append(f"{'insert' if '--insert' in script else 'delete'} on {reach.name}")
        return Completed(0, "", "")


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Hosts:
    found = Hosts({"apps1": [], "apps2": []})
    monkeypatch.setattr(doors, "administer", found.administer)
    monkeypatch.setattr(doors, "engine_client", lambda _socket: None)
    monkeypatch.setattr(standin, "running", lambda *_asked: True)
    monkeypatch.setattr(standin, "begin", lambda *_asked: found.said.append("begin"))
    monkeypatch.setattr(standin, "end", lambda *_asked: found.said.append("end"))
    monkeypatch.setattr(standin, "addresses", lambda engines, *_asked: {host: f"172.18.0.{at}" for at, host in enumerate(engines, 7)})
    return found


@pytest.fixture
def three(hosts: Hosts) -> Doors:
    of = cluster(3)
    hosts.rules = {host: [] for host in of.placement.hosts("frontdoor")}
    deployment = Deployment(of.plan, Path("/private/sample"), on_hosts=HOME / "sample", engine="unix:///nowhere")
    sockets = cast("Engines", type("Sockets", (), {"socket": lambda _self, host: host})())
    return Doors(of, Path("/private"), sockets, deployment)


def test_every_front_door_leads_people_to_its_own_stand_in_and_nobody_to_its_database(three: Doors, hosts: Hosts) -> None:
    with three.covered("underdesk/frontdoor:new", quiet):
        assert len(hosts.rules) > 1
        for at, rules in enumerate(hosts.rules.values(), 7):
            assert {rule.rpartition(" ")[2] for rule in rules} == {f"172.18.0.{at}:8080", f"172.18.0.{at}:8443"}
            assert not any("3307" in rule or "10000" in rule for rule in rules)
    assert not any(hosts.rules.values())
    assert hosts.said[-1] == "end"


def test_rules_of_a_killed_deploy_go_and_those_of_others_stay(three: Doors, hosts: Hosts) -> None:
    old = [" ".join(rule) for rule in standin.rules("sample", ((80, 8080),), "172.18.0.3", UNTIL)]
    other = [" ".join(rule) for rule in standin.rules("other", ((80, 8080),), "172.18.0.4", UNTIL)]
    first = next(iter(hosts.rules))
    hosts.rules[first] = [*old, *other]
    three.clear()
    assert hosts.rules[first] == other


def test_nothing_is_led_to_stand_ins_of_which_one_cannot_serve(three: Doors, hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_asked: object) -> dict[str, str]:
        raise PlanError("did not become healthy")

    monkeypatch.setattr(standin, "addresses", fails)
    with pytest.raises(PlanError, match="healthy"), three.covered("underdesk/frontdoor:new", quiet):
        pytest.fail("the front doors would have been replaced")
    assert hosts.said == ["end", "begin", "end"]


def test_without_iptables_on_one_of_them_there_is_no_stand_in(three: Doors, hosts: Hosts) -> None:
    hosts.chains = ""
    assert not three.possible()
    with three.covered("underdesk/frontdoor:new", quiet):
        assert hosts.said == []


def test_a_script_ends_where_a_rule_is_refused() -> None:
    assert lines("--insert", [["PREROUTING", "--comment", "two words"]]) == "set -e\niptables --wait 10 --table nat --insert PREROUTING --comment 'two words'"
