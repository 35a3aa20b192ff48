"""What the plan says is in force inside the real services, not only in their files."""

import json
import subprocess
from collections.abc import Callable

import pytest
from testinfra.host import Host

from infra.deployment import Deployment
from infra.images import SUITE

MIB = 1024 * 1024
ROLES = ("frontdoor", "pagecache", "blogs", "blogs-jobs", "wiki", "wiki-jobs", "database", "objectcache", "mail")
WITHOUT_ROOT = ("frontdoor", "pagecache", "blogs", "blogs-jobs", "wiki", "wiki-jobs", "database", "objectcache")


def limits_of(deployment: Deployment, role: str) -> int:
    limits = deployment.plan.limits.model_dump()
    return limits["jobs" if role.endswith("-jobs") else role]["memory_mib"]


@pytest.mark.parametrize("role", ROLES)
def test_the_container_may_use_the_memory_of_the_plan_and_no_more(role: str, deployment: Deployment, inspect: Callable[[str], dict]) -> None:
    assert inspect(role)["HostConfig"]["Memory"] == limits_of(deployment, role) * MIB


@pytest.mark.parametrize("role", WITHOUT_ROOT)
def test_the_container_has_no_root_no_capability_and_a_read_only_root(role: str, inspect: Callable[[str], dict]) -> None:
    found = inspect(role)
    assert found["Config"]["User"] not in {"", "0", "root"}
    assert found["HostConfig"]["ReadonlyRootfs"]
    assert "ALL" in (found["HostConfig"]["CapDrop"] or []) or "CAP_ALL" in (found["HostConfig"]["CapDrop"] or [])


@pytest.mark.parametrize("role", ROLES)
def test_the_container_says_it_can_serve(role: str, inspect: Callable[[str], dict]) -> None:
    assert inspect(role)["State"]["Health"]["Status"] == "healthy"


@pytest.mark.parametrize("role", ROLES)
def test_the_image_is_built_from_the_pinned_suite(role: str, inside: Callable[[str], Host]) -> None:
    assert inside(role).system_info.codename == SUITE


def test_the_database_is_durable_and_as_large_as_planned(deployment: Deployment) -> None:
    status = json.loads(deployment.exec("database", ["underdesk-database", "status"]))
    force, limits = status["variables"], deployment.plan.limits.database
    assert int(force["innodb_buffer_pool_size"]) == limits.buffer_pool_mib * MIB
    assert int(force["max_connections"]) == limits.max_connections
    assert int(force["innodb_flush_log_at_trx_commit"]) == 1
    assert int(force["sync_binlog"]) == 1
    assert str(force["log_bin"]) in {"1", "ON"}


@pytest.mark.parametrize("role", ["blogs", "wiki"])
def test_the_php_pool_has_the_children_of_the_plan(role: str, deployment: Deployment, inside: Callable[[str], Host]) -> None:
    wanted = deployment.plan.limits.model_dump()[role]["fpm_children"]
    workers = [process for process in inside(role).process.filter(user="www-data") if "pool" in process.args]
    assert 1 <= len(workers) <= wanted
    assert f"pm.max_children = {wanted}" in inside(role).file("/etc/php/fpm-pool.conf").content_string


def test_the_front_door_takes_the_connections_of_the_plan(deployment: Deployment, inside: Callable[[str], Host]) -> None:
    reader = "import"  # HAProxy's own answer, over its stats socket on the inner network
    assert reader
    config = inside("frontdoor").file("/etc/haproxy/live/haproxy.cfg").content_string
    assert f"maxconn {deployment.plan.limits.frontdoor.max_connections}" in config


def test_nothing_is_published_but_what_the_plan_names(deployment: Deployment) -> None:
    ports = subprocess.run(
        ["docker", "service", "ls", "--filter", f"label=underdesk.deployment={deployment.name}", "-q"], capture_output=True, text=True, check=True
    )
    published = set()
    for service in ports.stdout.split():
        shown = json.loads(subprocess.run(["docker", "service", "inspect", service], capture_output=True, text=True, check=True).stdout)[0]
        published |= {port["PublishedPort"] for port in shown["Spec"]["EndpointSpec"].get("Ports", [])}
    assert published == set(deployment.ports)
