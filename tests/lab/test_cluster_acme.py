"""Certificates by ACME on a cluster: two front doors, one address, one account; a real server (pebble) that asks at the address, whoever has it."""

import json
import os
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from infra import acme
from infra.cluster.parts import folders
from runtime.run import run
from tests.lab.cluster import standing
from tests.lab.serving import ServingLab
from tests.platform.acme.server import build, serving, until

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
ALWAYS = "s/^LIFE_LEFT = 3 /LIFE_LEFT = 1 /"
"""What makes the program on a host find every certificate due."""
OTHER = Path("/run/always.py")


@dataclass(frozen=True)
class Doors:
    """A lab whose front doors have certificates by ACME, and the file of whom browsers trust."""

    lab: ServingLab
    authority: Path

    def certificate(self, host: str) -> x509.Certificate:
        """What a front door shows, to who trusts that authority alone, by the name of the internal blogs."""
        platform, trust = self.lab.cluster.plan.platform, ssl.create_default_context(cafile=str(self.authority))
        with (
            socket.create_connection((self.lab.address(host), platform.ports.https), 20) as plain,
            trust.wrap_socket(plain, server_hostname=platform.hosts.internal) as secure,
        ):
            return x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"")

    @property
    def place(self) -> Path:
        """The folder of the certificate on a host."""
        return folders.folder(self.lab.cluster) / acme.FOLDER

    def asked(self, host: str, program: Path) -> dict[str, str]:
        """What the program, or another, says on a host."""
        said: dict[str, str] = json.loads(self.lab.root(host, f"{acme.PYTHON} {program} {self.place / acme.SETTINGS}").splitlines()[-1])
        return said


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    made, pki = ServingLab(f"a{SLOT}cme", 2, tmp_path_factory.mktemp("acme")), tmp_path_factory.mktemp("pebble")
    build(pki)
    with standing(made, deployed=False):
        (route,) = json.loads(run(["ip", "-json", "route", "get", made.front]).stdout)
        with serving(pki, made.cluster.plan.platform.ports.http, [], str(route["prefsrc"]), made.front) as server:
            plan = json.loads(made.plan_file.read_text())
            asked = {"directory": server.directory, "contact": "admin@firm.test", "terms_agreed": True, "authority": str(server.authority)}
            plan["platform"]["tls"]["acme"] = asked
            made.plan_file.write_text(json.dumps(plan))
            done = made.deploy()
            assert done.code == 0, done.said
            assert "no new certificate" not in done.said, done.said
            yield Doors(made, server.authority)


def test_each_front_door_has_one_of_its_own_also_the_one_that_nobody_comes_to(doors: Doors) -> None:
    lab = doors.lab
    shown = [doors.certificate(host) for host in lab.hosts]
    assert len({one.serial_number for one in shown}) == len(lab.hosts)
    for one in shown:
        names = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
        assert set(names) == set(lab.cluster.plan.platform.hosts.model_dump().values())
    accounts = {lab.root(host, f"sha256sum <{doors.place}/account.pem") for host in lab.hosts}
    assert len(accounts) == 1


def test_the_same_again_asks_nobody_and_status_says_how_they_stand(doors: Doors) -> None:
    before = [doors.certificate(host).serial_number for host in doors.lab.hosts]
    done = doors.lab.deploy()
    assert (done.code, done.answer["proposed"], done.answer["services"], done.answer["drift"]) == (0, {}, [], []), done.said
    assert [doors.certificate(host).serial_number for host in doors.lab.hosts] == before
    looked = doors.lab.ask("status")
    assert looked.said.count("by ACME, ends ") == len(doors.lab.hosts), looked.said


def test_one_renews_it_while_the_other_has_the_address_and_people_are_served_meanwhile(doors: Doors) -> None:
    lab = doors.lab
    other = next(host for host in lab.hosts if host != lab.holder())
    before = {host: doors.certificate(host).serial_number for host in lab.hosts}
    assert doors.asked(other, doors.place / acme.PROGRAM)["outcome"] == "in force"
    lab.root(other, f"sed '{ALWAYS}' {doors.place / acme.PROGRAM} >{OTHER}")
    assert doors.asked(other, OTHER)["outcome"] == "obtained"
    until(lambda: doors.certificate(other).serial_number != before[other])
    assert doors.certificate(lab.holder()).serial_number == before[lab.holder()]
    scheduled = lab.root(other, f"cat /etc/cron.d/underdesk-{lab.cluster.deployment}_certificate")
    assert acme.PROGRAM in scheduled


def test_the_next_deploy_leaves_a_renewed_one(doors: Doors) -> None:
    before = [doors.certificate(host).serial_number for host in doors.lab.hosts]
    done = doors.lab.deploy()
    assert (done.code, done.answer["proposed"], done.answer["services"], done.answer["drift"]) == (0, {}, [], []), done.said
    assert [doors.certificate(host).serial_number for host in doors.lab.hosts] == before
