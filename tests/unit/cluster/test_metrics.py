"""What hosts tell, and when somebody is to look."""

import json
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest

from infra.cluster.cluster import Cluster
from infra.cluster.parts.metrics import MOST_ERRORS, Rule, rules, variables
from infra.inventory.assign import Question, place
from sizing.plan import Plan
from tests.unit.inventory_examples import equal
from tests.unit.inventory_examples import inventory as hosts_of

LOADER = SourceFileLoader("underdesk_metrics", str(Path(__file__).resolve().parents[3] / "playbooks" / "roles" / "metrics" / "files" / "underdesk-metrics"))
SPEC = spec_from_loader("underdesk_metrics", LOADER)
assert SPEC
TELLS = module_from_spec(SPEC)
LOADER.exec_module(TELLS)


def cluster(hosts: int, plan: Plan | None = None) -> Cluster:
    found, of = hosts_of(hosts), plan or equal(hosts)
    return Cluster(of, found, place(Question(found, of)))


def named(whole: Cluster) -> dict[str, Rule]:
    return {rule.name: rule for rule in rules(whole)}


def test_alerts_are_the_plans_own_targets() -> None:
    plan = equal(3)
    strict = plan.model_copy(update={"targets": plan.targets.model_copy(update={"page_p95_ms": 250.0, "availability_percent": 99.9})})
    found = named(cluster(3, strict))
    assert found["PagesSlow"].expression.endswith("> 0.25")
    assert found["DoorFails"].expression.endswith("> 0.0144")
    lax = plan.model_copy(update={"targets": plan.targets.model_copy(update={"availability_percent": 50.0})})
    assert named(cluster(3, lax))["DoorFails"].expression.endswith(f"> {MOST_ERRORS}")


def test_where_one_host_is_all_nobody_is_called_for_what_it_has_not() -> None:
    assert not {"FilesNotThere", "DatabaseAlone", "AddressNowhere"} & set(named(cluster(1)))
    assert {"FilesNotThere", "DatabaseAlone", "AddressNowhere"} <= set(named(cluster(3)))


def test_hosts_tell_of_what_they_hold_and_of_nothing_else() -> None:
    asks = variables(cluster(3))["metrics_asks"]
    assert set(asks["node-1"]) == {"part", "folder", "database", "addresses", "door"}
    assert set(asks["node-3"]) == {"part", "folder", "database"}
    assert set(variables(cluster(1))["metrics_asks"]["node-1"]) == {"database", "addresses", "door"}


def test_what_is_told_has_an_alert_and_what_has_an_alert_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TELLS, "_said", lambda *argv: "id" if argv[1] == "ps" else line() if argv[1] == "logs" else "")
    monkeypatch.setattr(TELLS, "_healthy", lambda _url: 1.0)
    told = {f"underdesk_{name.partition('{')[0]}" for name, _value in TELLS.told(variables(cluster(3))["metrics_asks"]["node-1"])}
    asked = " ".join(rule.expression for rule in rules(cluster(3)))
    assert all(name in asked for name in told)
    assert told | {"underdesk_told_seconds"} == {word for word in asked.replace("(", " ").replace(")", " ").split() if word.startswith("underdesk_")}


def line(**more: Any) -> str:  # noqa: ANN401 - of each key its own
    return json.dumps({"frontend": "https~", "method": "GET", "path": "/", "status": 200, "total_ms": 100, **more})


def test_the_p95_is_of_pages_and_failures_are_of_all_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [line(total_ms=number) for number in range(1, 101)]
    others = [line(path="/a.css", total_ms=9000), line(method="POST", total_ms=9000), line(status=503, total_ms=1), line(frontend="metrics"), "no JSON", "[]"]
    monkeypatch.setattr(TELLS, "_said", lambda *argv: "one" if argv[1] == "ps" else "\n".join([*pages, *others]))
    told = dict(TELLS.told({"door": {"service": "sample-frontdoor", "window_s": 60}}))
    assert told == {"front_door_runs": 1.0, "front_door_requests": 103.0, "front_door_failed": 1.0, "front_door_page_p95_seconds": 0.096}


def test_a_front_door_that_nobody_visits_tells_no_p95_and_one_that_is_gone_tells_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TELLS, "_said", lambda *_argv: "")
    assert dict(TELLS.told({"door": {"service": "s", "window_s": 60}})) == {"front_door_runs": 0.0, "front_door_requests": 0.0, "front_door_failed": 0.0}


def test_files_that_wait_for_another_host_are_counted_without_asking_it(tmp_path: Path) -> None:
    index = tmp_path / ".glusterfs" / "indices" / "xattrop"
    index.mkdir(parents=True)
    for name in ("xattrop-0c1a", "5e2c8d0f-1111-2222-3333-444455556666"):
        (index / name).touch()
    told = dict(TELLS.told({"part": {"volume": "none-of-this-name", "brick": str(tmp_path)}}))
    assert told == {"files_part_runs": 0.0, "files_waiting": 1.0}
