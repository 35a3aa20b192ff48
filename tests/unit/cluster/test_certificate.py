"""Certificates of an ACME server on a cluster: what front-door hosts are told, and what is asked of them."""

import subprocess
from pathlib import Path

import pytest

from infra import acme
from infra.cluster import certificate
from infra.cluster.cluster import Cluster
from infra.cluster.parts import doors
from infra.cluster.platform import of
from infra.deployment import Deployment
from infra.inventory.assign import Question, place
from infra.inventory.connect import Reach
from runtime.errors import PlanError
from runtime.run import Completed
from sizing.plan import Acme
from tests.unit.infra.test_acme import FAILED
from tests.unit.infra.test_acme import certificate as issued
from tests.unit.inventory_examples import equal, inventory

ASKED = Acme(directory="https://ca.firm.test/dir", contact="admin@firm.test", terms_agreed=True)
PLAIN = equal(3)
TLS = PLAIN.platform.tls.model_copy(update={"acme": ASKED})
PLAN = PLAIN.model_copy(update={"platform": PLAIN.platform.model_copy(update={"tls": TLS})})


@pytest.fixture
def cluster() -> Cluster:
    there = inventory(3)
    return Cluster(PLAN, there, place(Question(there, PLAN)))


@pytest.fixture
def deployment(cluster: Cluster, tmp_path: Path) -> Deployment:
    return of(cluster, tmp_path)


class Hosts:
    """Hosts of a test: each runs what it is told in a shell here, with its own folder in the place of the deployment's; one is silent."""

    def __init__(self, folder: Path, place: Path) -> None:
        self.folder, self.place, self.silent, self.told = folder, place, "", list[str]()

    def administer(self, reach: Reach, _folder: Path, script: str, *, limit_s: float = 90) -> Completed:
        self.told.append(f"{reach.name}: {script}")
        if reach.name == self.silent:
            raise PlanError("does not answer", where=reach.name)
        mine = script.replace(str(self.place), str(self.folder / reach.name))
        done = subprocess.run(["sh", "-c", mine], capture_output=True, text=True, check=False, timeout=limit_s)
        return Completed(done.returncode, done.stdout, done.stderr)

    def serves(self, name: str, pem: bytes, result: bytes = b"") -> None:
        for path, content in (("frontdoor/tls.pem", pem), (f"{acme.FOLDER}/{acme.RESULT}", result)):
            (self.folder / name / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name / path).write_bytes(content)


@pytest.fixture
def hosts(deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hosts:
    made = Hosts(tmp_path / "hosts", deployment.place)
    monkeypatch.setattr(certificate, "administer", made.administer)
    return made


def test_every_front_door_has_the_same_answer_and_files_of_its_own_host(cluster: Cluster, deployment: Deployment) -> None:
    told = doors.variables(cluster, deployment, "", again=False)
    assert {site["acme"] for site in told["front_door_sites"].values()} == {acme.thumbprint(deployment)}
    settings = told["front_door_acme"]["settings"]
    assert all(settings[key].startswith(str(deployment.place)) for key in ("account", "store", "target"))
    assert Path(told["front_door_acme"]["account"]).parent == deployment.folder / "secrets"
    assert deployment.place != deployment.folder


def test_each_front_door_asks_and_one_that_fails_does_not_keep_the_others_from_it(cluster: Cluster, deployment: Deployment, hosts: Hosts) -> None:
    said: list[str] = []
    certificate.obtain(cluster, deployment.folder, deployment, said.append)
    names = cluster.placement.hosts("frontdoor")
    assert [told.partition(":")[0] for told in hosts.told] == list(names)
    assert all(told.endswith("settings.json --now") for told in hosts.told)
    assert [line.partition(": no new certificate")[0] for line in said[1:]] == [f"note: {name}" for name in names]


def test_nobody_is_asked_where_the_plan_does_not_say_so(cluster: Cluster, tmp_path: Path, hosts: Hosts) -> None:
    plain = of(Cluster(PLAIN, cluster.inventory, cluster.placement), tmp_path)
    certificate.obtain(cluster, tmp_path, plain, pytest.fail)
    assert certificate.standing(cluster, tmp_path, plain) == {}
    assert hosts.told == []


def test_how_each_stands_is_asked_of_its_host_and_no_key_leaves_it(cluster: Cluster, deployment: Deployment, hosts: Hosts) -> None:
    first, second, *_ = cluster.placement.hosts("frontdoor")
    key = b"-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n"
    hosts.serves(first, acme.heading(PLAN.platform).encode() + key + issued(60))
    hosts.serves(second, issued(60), FAILED)
    found = certificate.standing(cluster, deployment.folder, deployment)
    assert found[first].late == ""
    assert "renewed by itself" in found[first].said
    assert "busy" in found[second].late
    shown = hosts.administer(cluster.reach[first], deployment.folder, hosts.told[0].partition(": ")[2]).stdout
    assert "CERTIFICATE" in shown
    assert "SECRET" not in shown


def test_a_host_that_does_not_answer_is_left_to_those_who_look_at_hosts(cluster: Cluster, deployment: Deployment, hosts: Hosts) -> None:
    first, second, *_ = cluster.placement.hosts("frontdoor")
    hosts.silent = first
    hosts.serves(second, acme.heading(PLAN.platform).encode() + issued(60))
    assert list(certificate.standing(cluster, deployment.folder, deployment)) == [second]
