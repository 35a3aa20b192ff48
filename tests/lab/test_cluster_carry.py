"""Between the engineer's machine and real hosts: engines by socket, the deployment's folder, images; killed in between, with a host away, again."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from infra.cluster.carry import kept, spread
from infra.cluster.carry.engines import engines
from infra.cluster.cluster import Cluster
from infra.cluster.session import testinfra as on
from infra.images import record_file
from runtime.errors import PlanError
from runtime.printer import quiet
from runtime.together import together
from tests.lab import carry
from tests.lab.cluster import ClusterLab, standing

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
AGAIN_S = 2.0
REGISTRY = "systemctl is-active underdesk-registry || true; ls -d /run/underdesk-registry /var/lib/underdesk/registry/* 2>/dev/null || true"
PACKED = ["/var/lib/underdesk/registry/docker", "/var/lib/underdesk/registry/whole"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterLab]:
    with standing(ClusterLab(f"h{SLOT}carry", 3, tmp_path_factory.mktemp("cluster"))) as made:
        yield made


@pytest.fixture(scope="module")
def cluster(lab: ClusterLab) -> Cluster:
    return carry.cluster(lab.plan_file, lab.inventory)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deployment")


def killed(lab: ClusterLab, what: str, folder: Path, when: str) -> str:
    """Begin to carry something and kill that when it says ``when``; return what it has said."""
    argv = [sys.executable, "-m", "tests.lab.carry", what, str(lab.plan_file), str(lab.inventory), str(folder)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout
    heard = ""
    for line in process.stdout:
        heard += line
        if when in line:
            break
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    process.stdout.close()
    assert when in heard, heard
    return heard


def said(load: spread.Load, host: str) -> list[str]:
    """Return what is said of the images of a host."""
    with on(load.cluster.reach[host], load.folder) as there:
        return list(spread.checks(load.recorded)(load.cluster, host, there))


def test_a_store_that_is_killed_leaves_all_or_nothing_and_two_engineers_do_not_overwrite_each_other(lab: ClusterLab, cluster: Cluster) -> None:
    anna, ben = carry.private(), carry.private()
    had, other = kept.fetch(cluster, anna), kept.fetch(cluster, ben)
    (had.folder / "plan.json").unlink(missing_ok=True)
    (had.folder / "secrets").write_bytes(os.urandom(3_000_000))
    stored = kept.store(cluster, anna, had)
    assert (stored.written, stored.without) == (True, ())
    (other.folder / "plan.json").write_text("ben's")
    with pytest.raises(PlanError, match="somebody else stored"):
        kept.store(cluster, ben, other)
    for number in range(3):
        killed(lab, f"killed {number}", anna, "storing")
        found = kept.fetch(cluster, ben)
        assert (found.folder / "secrets").read_bytes() == (had.folder / "secrets").read_bytes()
        assert not (found.folder / "plan.json").exists() or (found.folder / "plan.json").read_text().startswith("killed")
    began = time.monotonic()
    last = kept.store(cluster, ben, found)
    assert kept.fetch(cluster, anna).name == last.kept.name
    print(f"kept again and fetched: {time.monotonic() - began:.2f} s")  # noqa: T201 - the figure
    assert lab.root(lab.hosts[1], f"stat -c %a%U /var/lib/underdesk/{cluster.plan.platform.name}/kept/0*").split("\n")[0] == "600root"


def test_images_that_this_machine_has_come_to_every_host_also_after_a_kill_in_between(lab: ClusterLab, cluster: Cluster, deployment: Path) -> None:
    one, two, three = lab.hosts
    killed(lab, "images", deployment, f"{two}, {three}: ")
    began = time.monotonic()
    spread.bring(carry.load(cluster, deployment), quiet)
    print(f"completed in {time.monotonic() - began:.1f} s")  # noqa: T201 - the figure
    load = carry.load(cluster, deployment)
    assert sorted(lab.root(host, REGISTRY).split() for host in lab.hosts) == [["inactive"], ["inactive"], ["inactive", *PACKED]]
    assert set(load.recorded) == set(load.references)
    assert [said(load, host) for host in lab.hosts] == [[], [], []]
    assert "apt\t" in record_file(deployment, load.references[0]).read_text()
    assert lab.root(one, "docker image ls --format '{{.Repository}}' | sort -u").split() == [f"underdesk/{name}" for name in sorted(carry.SMALL)]
    began = time.monotonic()
    assert not spread.bring(load, quiet)
    assert time.monotonic() - began <= AGAIN_S
    print(f"nothing to carry: {time.monotonic() - began:.2f} s")  # noqa: T201 - the figure


def test_what_one_host_lost_or_has_otherwise_comes_from_the_others(
    lab: ClusterLab, cluster: Cluster, deployment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _, three = lab.hosts
    load = carry.load(cluster, deployment)
    base, cache, *_ = load.references
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")  # this machine has no engine
    lab.root(three, f"docker image rm {cache}")
    lab.root(one, f"docker tag {base} {cache}")
    assert said(load, one) == [f"has another image as {cache}"]
    assert said(load, three) == [f"has not the image {cache}"]
    assert spread.bring(load, quiet).by_host == {one: (cache,), three: (cache,)}
    assert not spread.lacking(load)


def test_what_nobody_has_is_built_there_and_what_no_version_needs_goes(lab: ClusterLab, cluster: Cluster, deployment: Path) -> None:
    small = carry.load(cluster, deployment).wanted
    cache = next(image for image in small if image.name == "objectcache")
    new = replace(cache, reference=f"{cache.reference}-new")
    load = carry.load(cluster, deployment, tuple(new if image is cache else image for image in small))
    spread.bring(load, quiet)
    assert not spread.lacking(load)
    assert "valkey" in record_file(deployment, new.reference).read_text()
    assert lab.root(lab.hosts[0], "ls /var/lib/underdesk").find("contexts") < 0
    said: list[str] = []
    spread.tidy(load, said.append)
    assert said == ["removed 1 images that no version needs"]
    assert cache.reference not in lab.root(lab.hosts[2], "docker image ls --format '{{.Repository}}:{{.Tag}}'").split()


def test_an_engine_of_any_host_serves_programs_here(cluster: Cluster, deployment: Path) -> None:
    load = carry.load(cluster, deployment)
    words = os.urandom(3_000_000)
    with engines(cluster, load.folder) as made:
        manager = made.manager()
        assert manager in cluster.managers

        def docker(*arguments: str, stdin: bytes = b"") -> bytes:
            return subprocess.run(
                ["docker", *arguments], env={**os.environ, "DOCKER_HOST": made.socket(manager)}, input=stdin, capture_output=True, check=True
            ).stdout

        assert docker("run", "--rm", "-i", load.references[0], "sha256sum", stdin=words).split()[0].decode() == hashlib.sha256(words).hexdigest()
        began = time.monotonic()
        assert {docker("info", "--format", "{{.Name}}") for _ in [0]} == set(together([partial(docker, "info", "--format", "{{.Name}}")] * 20))
        print(f"twenty at once: {time.monotonic() - began:.2f} s")  # noqa: T201 - the figure
        service = docker("service", "create", "--quiet", "--detach", load.references[0], "sleep", "60").decode().strip()
        docker("service", "rm", service)


def test_with_a_manager_away_the_others_serve_and_what_it_missed_comes_later(lab: ClusterLab, cluster: Cluster) -> None:
    gone = lab.hosts[0]
    folder = carry.private()
    had = kept.fetch(cluster, folder)
    lab.lab("kill", gone)
    try:
        (had.folder / "plan.json").write_text("without")
        stored = kept.store(cluster, folder, had)
        assert [said.split()[0] for said in stored.without] == [gone]
        with engines(cluster, folder) as made:
            assert made.manager() in lab.hosts[1:]
            argv = ["docker", "--host", made.socket(gone), "info"]
            refused = subprocess.run(argv, capture_output=True, text=True, check=False)
            assert "the engine is not reached" in refused.stderr + refused.stdout
        lab.lab("kill", lab.hosts[1])
        with pytest.raises(PlanError, match=gone):
            kept.fetch(cluster, folder)
    finally:
        lab.lab("start")
    assert kept.store(cluster, folder, stored.kept).written
    assert kept.fetch(cluster, folder).name == stored.kept.name
