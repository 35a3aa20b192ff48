"""What the plan says is in force inside the real services, not only in their files."""

import csv
import json
import subprocess
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from testinfra.host import Host

from infra.deployment import Deployment
from infra.images import SUITE, wanted
from tests.platform.binlog_writer import until
from tests.platform.conftest import Inspect
from tests.platform.fastcgi import busy, in_pool

MIB = 1024 * 1024
LOOKS_S = 25  # a check waits 5 s, and three of them take a server out
ROLES = ("frontdoor", "pagecache", "blogs", "blogs-jobs", "wiki", "wiki-jobs", "database", "binlogs", "objectcache", "mail")
WITHOUT_ROOT = ("frontdoor", "pagecache", "blogs", "blogs-jobs", "wiki", "wiki-jobs", "database", "binlogs", "objectcache", "mail")


def servers(deployment: Deployment) -> list[dict[str, str]]:
    """What the front door says of its ports, backends and servers."""
    return list(csv.DictReader(deployment.exec("frontdoor", ["underdesk-frontdoor", "status"]).removeprefix("# ").splitlines()))


def limits_of(deployment: Deployment, role: str) -> int:
    limits = deployment.plan.limits.model_dump()
    return int(limits["jobs" if role.endswith("-jobs") else role]["memory_mib"])


@pytest.mark.parametrize("role", ROLES)
def test_the_container_may_use_the_memory_of_the_plan_and_no_more(role: str, deployment: Deployment, inspect: Inspect) -> None:
    assert inspect(role)["HostConfig"]["Memory"] == limits_of(deployment, role) * MIB


@pytest.mark.parametrize("role", WITHOUT_ROOT)
def test_the_container_has_no_root_no_capability_and_a_read_only_root(role: str, inspect: Inspect) -> None:
    found = inspect(role)
    assert found["Config"]["User"] not in {"", "0", "root"}
    assert found["HostConfig"]["ReadonlyRootfs"]
    assert "ALL" in (found["HostConfig"]["CapDrop"] or []) or "CAP_ALL" in (found["HostConfig"]["CapDrop"] or [])


@pytest.mark.parametrize("role", ROLES)
def test_the_container_says_it_can_serve(role: str, inspect: Inspect) -> None:
    until(lambda: inspect(role)["State"]["Health"]["Status"] == "healthy", 180, "a container that serves")


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
    workers = [process for process in inside(role).process.filter(user="www-data") if process.args.startswith("php-fpm: pool www")]
    assert len(workers) == deployment.plan.limits.model_dump()[role]["fpm_children"]


@pytest.mark.parametrize("role", ["blogs", "wiki"])
def test_php_runs_pages_under_the_limits_of_the_plan(role: str, deployment: Deployment) -> None:
    limits = deployment.plan.limits.model_dump()[role]
    asked = {
        "memory_limit": f"{limits['php_memory_mib']}M",
        "upload_max_filesize": f"{limits['upload_mib']}M",
        "opcache.memory_consumption": str(limits["opcache_mib"]),
        "apc.shm_size": f"{limits['apcu_mib']}M",
        "max_execution_time": str(limits["request_timeout_s"]),
        "display_errors": "",
    }
    assert in_pool(deployment, role, [*asked]) == asked


@pytest.mark.parametrize("role", ["blogs", "wiki"])
def test_a_server_whose_processes_are_all_at_work_is_not_taken_for_a_dead_one(role: str, deployment: Deployment) -> None:
    children, deadline = deployment.plan.limits.model_dump()[role]["fpm_children"], time.monotonic() + LOOKS_S
    with busy(deployment, role, children + 1):
        while time.monotonic() < deadline:
            looks = [row for row in servers(deployment) if row["pxname"] == role and row["addr"]]
            assert [row["status"] for row in looks if row["check_status"].startswith("L7")] == ["UP"], looks
            time.sleep(1)


def test_the_front_door_takes_the_connections_of_the_plan_and_sends_no_more_than_the_pools_take(deployment: Deployment) -> None:
    limits, rows = deployment.plan.limits, servers(deployment)
    assert {row["slim"] for row in rows if row["pxname"] == "https" and row["svname"] == "FRONTEND"} == {str(limits.frontdoor.max_connections)}
    for role, queue in (("blogs", limits.blogs.queue), ("wiki", limits.wiki.queue)):
        assert {row["slim"] for row in rows if row["pxname"] == role and row["svname"].startswith(role)} == {str(queue)}


def test_the_object_cache_keeps_to_the_memory_of_the_plan(deployment: Deployment) -> None:
    ask = 'REDISCLI_AUTH="$(cat /run/secrets/objectcache)" valkey-cli config get maxmemory'
    answer = deployment.exec("objectcache", ["sh", "-c", ask]).split()
    assert int(answer[1]) == deployment.plan.limits.objectcache.max_memory_mib * MIB


def test_the_object_cache_answers_nobody_without_its_password(deployment: Deployment) -> None:
    assert "NOAUTH" in deployment.exec("objectcache", ["valkey-cli", "ping"])


def test_the_resolved_packages_of_every_image_are_recorded_with_its_digest(deployment: Deployment) -> None:
    for name, reference in wanted(deployment).items():
        record = (deployment.folder / "images" / f"{name}-{reference.rsplit(':', 1)[1]}.txt").read_text().splitlines()
        shown = subprocess.run(["docker", "image", "inspect", "--format", "{{.Id}}", reference], capture_output=True, text=True, check=True)
        assert record[0] == f"# {reference} {shown.stdout.strip()}"
        assert any(line.startswith("ca-certificates\t") for line in record)


def test_scheduled_jobs_run_by_themselves(deployment: Deployment) -> None:
    host = urlsplit(deployment.urls["internal"]).netloc
    due = "echo max([0, ...array_map(fn($at) => time() - $at, array_filter(array_keys(_get_cron_array()), 'is_int'))]);"
    visit = f"$_SERVER = ['HTTP_HOST' => '{host}', 'REQUEST_URI' => '/', 'REMOTE_ADDR' => '127.0.0.1', 'HTTPS' => 'on'] + $_SERVER;"
    code = f"{visit} require '/usr/share/wordpress/wp-load.php'; {due}"
    until(lambda: int(deployment.exec("blogs-jobs", ["php", "-r", code]).splitlines()[-1]) < 180, 300, "no scheduled event is overdue by minutes")


def test_nothing_is_published_but_what_the_plan_names(deployment: Deployment) -> None:
    ports = subprocess.run(
        ["docker", "service", "ls", "--filter", f"label=underdesk.deployment={deployment.name}", "-q"], capture_output=True, text=True, check=True
    )
    published = set()
    for service in ports.stdout.split():
        shown = json.loads(subprocess.run(["docker", "service", "inspect", service], capture_output=True, text=True, check=True).stdout)[0]
        published |= {port["PublishedPort"] for port in shown["Spec"]["EndpointSpec"].get("Ports", [])}
    assert published == set(deployment.ports)
