"""Upgrades of a cluster that serves: pending updates are real (images and hosts are set back to older packages), taken, and taken back."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import images
from infra.cluster.standing import changing
from infra.cluster.upgrade.keeper import Backups
from infra.cluster.upgrade.perform import Attempt, begin
from infra.upgrade.perform import Tested as Verdict
from runtime.printer import quiet
from tests.lab.cluster import standing
from tests.lab.rolling import OLD, left, set_back, tasks
from tests.lab.serving import Crowd
from tests.lab.test_cluster_commands import Commanded
from tests.other_tables import NO_COMMENTS, TABLES

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
NO = 3
OTHER = "99999"
"""The version of the tables that a broken WordPress wants."""
AGES = ("pagecache", "mail")
UPGRADE_S = 1800
RUNTIME = "runc"
"""The distribution has an older one than its security updates."""
PATIENCE_S = (20.0, 60.0)
"""Of readers and writers: three hosts, a build and the test share two cores; who is answered late is served, who is refused is not."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commanded]:
    with standing(Commanded(f"u{SLOT}pgr", 3, tmp_path_factory.mktemp("upgrade"))) as made:
        set_back(made, AGES)
        yield made


def running(cluster: Commanded) -> dict[str, str]:
    """Return what each service runs."""
    said = cluster.manager("docker service ls --format '{{.Name}} {{.Image}}'").splitlines()
    return dict(line.split() for line in said)


def tables(cluster: Commanded) -> str:
    """Return the version of the tables that are there."""
    return cluster.root(cluster.hosts[0], f"mariadb --batch --skip-column-names --execute={shlex.quote(TABLES)}").strip()


def test_what_is_pending_is_found_and_who_brings_it(cluster: Commanded) -> None:
    found = cluster.ask("upgrade", "--check", "--json")
    assert found.code == NO, found.said
    security = {name: {one["package"] for one in updates if one["security"]} for name, updates in found.answer["images"].items()}
    assert {name: packages for name, packages in security.items() if packages} == {name: set(OLD) for name in AGES}
    assert sorted(found.answer["hosts"]) == cluster.hosts
    print(f"asked in {found.seconds:.0f} s")  # noqa: T201 - the figure


def test_where_the_test_fails_the_very_images_of_before_run_again(cluster: Commanded) -> None:
    before = running(cluster)
    with changing(cluster.inventory) as (platform, hosts):
        begun = begin(platform, frozenset({"mail"}))
        keeper = Backups(cluster.inventory, "")
        done = Attempt(platform, hosts, "cluster.yaml", lambda *_: Verdict("failed", ("so it was told",)), keeper, quiet).carry_out(begun)
    assert (done.passed, done.reasons) == (False, ("so it was told",))
    assert running(cluster) == before
    cluster.wait_until_well()


def test_the_updates_are_taken_while_people_read_and_write_and_the_platform_is_tested(cluster: Commanded, tmp_path_factory: pytest.TempPathFactory) -> None:
    before, ran = running(cluster), tasks(cluster)
    with Crowd(cluster.site, tmp_path_factory.mktemp("crowd"), "upgraded", writers=1, patience_s=PATIENCE_S) as crowd:
        done = cluster.ask("upgrade", "--yes", "--json")
        crowd.wait_for(3)
    assert done.code == 0, done.said
    assert (done.answer["passed"], done.answer["reasons"]) == (True, [])
    assert any("libkrb5-3" in line for line in done.answer["packages"])
    print(f"upgraded in {done.seconds:.0f} s; {len(crowd.reads.tries)} pages, {len(crowd.writes.tries)} posts")  # noqa: T201 - the figure
    after = running(cluster)
    assert {name.removeprefix("sample-") for name in after if after[name] != before[name]} == set(AGES)
    assert not tasks(cluster)["sample-pagecache"] & ran["sample-pagecache"]
    assert (crowd.reads.failures, crowd.writes.failures, crowd.lost()) == (0, 0, set())
    assert left(cluster) == []


def test_nothing_is_pending_afterwards_and_the_way_back_is_open(cluster: Commanded) -> None:
    found = cluster.ask("upgrade", "--check", "--json")
    assert not any(one["security"] for updates in found.answer["images"].values() for one in updates)
    assert cluster.status().code == 0
    gone = cluster.ask("rollback", "--yes", "--json")
    assert gone.code == 0, gone.said


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Contexts of images, of which that of the blogs wants other tables and takes no comment."""
    contexts = tmp_path / "images"
    shutil.copytree(images.CONTEXTS, contexts)
    (contexts / "blogs" / "break.sh").write_text(NO_COMMENTS)
    with (contexts / "blogs" / "Dockerfile").open("a") as file:
        file.write("USER 0\nCOPY break.sh /tmp/break.sh\nRUN sh -e /tmp/break.sh\nUSER 33:33\n")
    return contexts


def test_an_upgrade_that_changes_tables_and_fails_its_test_is_taken_back_with_them_also_when_it_is_killed_and_nothing_acknowledged_is_lost(
    cluster: Commanded, broken: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before, ran = tables(cluster), running(cluster)
    upgrade = [sys.executable, "-m", "tests.lab.broken_upgrade", str(cluster.inventory), str(broken)]
    with Crowd(cluster.site, tmp_path_factory.mktemp("tables"), "tables", writers=1, patience_s=PATIENCE_S) as crowd:
        began = time.monotonic()
        killed = subprocess.run(upgrade, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=UPGRADE_S)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        looked = cluster.status()
        assert (looked.code, "nobody can write" in looked.said) == (NO, True), looked.said
        refused = cluster.deploy()
        assert (refused.code, "an upgrade is being taken back" in refused.said) == (1, True), refused.said
        done = cluster.ask("upgrade", "--yes", "--json")
        assert done.code == NO, done.said
        crowd.wait_for(3)
    assert done.answer["tables"] == [f"the tables of blogs change: {before} -> {OTHER}"]
    assert "the last write has ended" in killed.stderr
    assert any(reason.startswith("comment: ") for reason in done.answer["reasons"]), done.answer["reasons"]
    assert not any("503" in reason for reason in done.answer["reasons"]), "the test itself could not write"
    assert (tables(cluster), running(cluster)) == (before, ran)
    print(f"no post for {crowd.writes.longest_s(began):.0f} s, no page for {crowd.reads.longest_s(began):.1f} s; {done.answer['reasons']}")  # noqa: T201
    assert crowd.lost() == set()
    assert cluster.status().code == 0


def test_packages_of_hosts_are_taken_one_host_after_the_other_and_nothing_acknowledged_is_lost(
    cluster: Commanded, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An update of the engine's runtime: services leave, the address moves, and only one host is ever out of work."""
    for host in cluster.hosts[:2]:
        cluster.root(host, f"DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --allow-downgrades {RUNTIME}/trixie >/dev/null 2>&1")
    found = cluster.ask("upgrade", "--check", "--json")
    assert {host: told["stops"] for host, told in found.answer["hosts"].items()} == {
        host: (["the container engine"] if host in cluster.hosts[:2] else []) for host in cluster.hosts
    }
    with Crowd(cluster.site, tmp_path_factory.mktemp("hosts"), "hosts", writers=1, patience_s=PATIENCE_S) as crowd:
        done = cluster.ask("upgrade", "--host", "--yes", "--json")
        crowd.wait_for(3)
    assert done.code == 0, done.said
    assert {host: [line.split()[0] for line in told["packages"]] for host, told in done.answer["hosts"].items()} == {
        host: [RUNTIME] for host in cluster.hosts[:2]
    }
    drained = [line for line in done.said.splitlines() if "its services go to others" in line or "the cluster is whole" in line]
    assert [line.strip().partition(":")[0] for line in drained] == [host for host in done.answer["hosts"] for _ in range(2)], drained
    print(f"{len(done.answer['hosts'])} hosts in {done.seconds:.0f} s, {crowd.reads.failures} of {len(crowd.reads.tries)} pages failed")  # noqa: T201
    assert crowd.lost() == set()
    assert cluster.status().code == 0


def test_a_host_that_was_left_out_of_work_is_brought_back_by_the_same_command(cluster: Commanded) -> None:
    host = cluster.hosts[2]
    cluster.root(host, "echo drained >/var/lib/underdesk/leaves")
    cluster.manager(f"docker node update --availability drain {host}")
    done = cluster.ask("upgrade", "--host", "--yes", "--json")
    assert done.code == 0, done.said
    assert "has left it out of work" in done.said
    assert cluster.manager(f"docker node inspect --format '{{{{.Spec.Availability}}}}' {host}") == "active"
    assert cluster.role(host, "ls /var/lib/underdesk/leaves").endswith("No such file or directory")
