"""Every host tells how it is, one asks them all: made, again, stopped by hand, and what is alerted."""

import json

import pytest

from tests.lab.cluster import wait_for
from tests.lab.ground import Ground

TOLD_S = 60


@pytest.fixture(scope="module")
def lab(ground: Ground) -> Ground:
    ground.played("files")
    proposed = ground.played("metrics", dry_run=True)
    changed = ground.played("metrics")
    assert {line for line in changed if ": /" in line} == {line for line in proposed if ": /" in line}
    return ground


def asked(lab: Ground, what: str) -> str:
    (host,) = lab.cluster.placement.hosts("metrics")
    return lab.root(host, f"curl -sg 'http://{lab.address(host)}:9090/api/v1/{what}'")


def found(lab: Ground, expression: str) -> dict[str, str]:
    """Return by host what an expression of Prometheus is."""
    results = json.loads(asked(lab, f"query?query={expression}"))["data"]["result"]
    return {one["metric"].get("host", ""): one["value"][1] for one in results}


def test_the_second_run_changes_nothing_and_every_host_is_asked(lab: Ground) -> None:
    assert lab.played("metrics", dry_run=True) == []
    assert lab.played("metrics") == []
    wait_for(lambda: lab.shortfalls("metrics") == [], TOLD_S, "somebody is not asked")
    wait_for(lambda: found(lab, "underdesk_files_mounted") == dict.fromkeys(lab.hosts, "1"), TOLD_S, "nobody tells of the files")


def test_what_is_wrong_is_alerted_and_what_is_well_is_not(lab: Ground) -> None:
    def alerted() -> set[str]:
        return {one["labels"]["alertname"] for one in json.loads(asked(lab, "alerts"))["data"]["alerts"]}

    wait_for(lambda: "DatabaseGone" in alerted(), TOLD_S, "nobody says that there is no database yet")
    assert not {"HostGone", "FilesNotThere", "FilesPartLost", "Silent"} & alerted()


def test_only_managers_reach_it_from_outside_and_exporters_answer_nobody_else(lab: Ground) -> None:
    (host,) = lab.cluster.placement.hosts("metrics")
    other = next(name for name in lab.cluster.managers if name != host)
    assert lab.opens_from(other, host, 9090)
    assert lab.opens_from(host, other, 9100)
    assert not lab.opens_from(other, host, 9100)
    assert not lab.opens(host, 9090)


def test_what_somebody_stopped_is_said_and_started_again(lab: Ground) -> None:
    host = lab.hosts[1]
    lab.root(host, "systemctl stop underdesk-metrics prometheus-node-exporter")
    assert len([line for line in lab.shortfalls("metrics") if line.startswith(f"{host}: ")]) == 2
    assert {line.partition(": ")[0] for line in lab.played("metrics")} == {host}
    wait_for(lambda: lab.shortfalls("metrics") == [], TOLD_S, "it is not started")
