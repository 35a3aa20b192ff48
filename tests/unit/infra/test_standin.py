"""The stand-in for the front door: its rules, and the service that it is."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from infra.deployment import Deployment
from infra.standin import GATEWAY, addresses, rules, stand_in_for
from tests.unit.sample_plan import SAMPLE

UNTIL = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
SPEC: dict[str, Any] = {
    "TaskTemplate": {
        "ContainerSpec": {"Image": "underdesk/frontdoor:old", "User": "802"},
        "Networks": [{"Target": "front-network"}],
    }
}


def test_new_connections_from_elsewhere_and_from_this_machine_are_led_to_it_until_a_moment() -> None:
    assert " ".join(rules("pilot", ((443, 8443),), "172.18.0.9", UNTIL)[0]) == (
        "PREROUTING --protocol tcp --match addrtype --dst-type LOCAL --dport 443 --match time --datestop 2026-11-28T12:30:00 "
        "--match comment --comment underdesk.standin:pilot --jump DNAT --to-destination 172.18.0.9:8443"
    )
    assert [rule[0] for rule in rules("pilot", ((80, 8080), (443, 8443)), "172.18.0.9", UNTIL)] == ["PREROUTING", "PREROUTING", "OUTPUT", "OUTPUT"]


def test_it_runs_the_new_image_with_the_settings_of_the_old_one_and_answers_to_its_name() -> None:
    template = stand_in_for(SPEC, "pilot", "underdesk/frontdoor:new")
    assert template["ContainerSpec"] == {"Image": "underdesk/frontdoor:new", "User": "802", "Env": ["STAND_IN=yes"]}
    assert template["Networks"] == [{"Target": "front-network", "Aliases": ["pilot-frontdoor"]}]
    assert SPEC["TaskTemplate"]["ContainerSpec"]["Image"] == "underdesk/frontdoor:old"


def test_nobody_is_led_to_a_stand_in_of_the_last_deploy_that_is_still_ending_what_it_has_begun() -> None:
    services = {"old": ["draining"], "new": ["serving"]}
    networks = SimpleNamespace(
        get={GATEWAY: SimpleNamespace(attrs={"Containers": {"draining": {"IPv4Address": "172.18.0.8/16"}, "serving": {"IPv4Address": "172.18.0.9/16"}}})}.get
    )

    def listed(filters: dict[str, str]) -> list[Any]:
        name, _, value = filters["label"].partition("=")
        of = {"com.docker.swarm.service.id": services.get(value, [])}.get(name, [one for all_of in services.values() for one in all_of])
        return [SimpleNamespace(id=identity) for identity in of]

    engine: Any = SimpleNamespace(networks=networks, containers=SimpleNamespace(list=listed))
    assert addresses({"": engine}, Deployment(SAMPLE, Path("/nowhere")), "new") == {"": "172.18.0.9"}
