"""A certificate by ACME, from a real server, for a real front door: had, renewed, refused, and never a connection lost."""

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from infra import acme, certificates, hosts, images
from infra.deployment import Deployment
from sizing.plan import Acme, Hosts, Ports
from tests.platform.acme.server import HERE, build, free_port, serving, until
from tests.unit.sample_plan import SAMPLE

PLAYBOOK = str(Path(__file__).with_name("doors.yml"))
NAME = "acme-test"
NAMES = Hosts(internal="blogs.firm.test", external="news.firm.test", wiki="wiki.firm.test")
REFUSED, GONE = "refused.firm.test", "gone.firm.test"
PAUSE_S = 0.05
AFTER_61_DAYS = ("faketime", "-f", "+61d")


@dataclass
class Door:
    """A front door with its deployment; ``published`` are its ports here."""

    deployment: Deployment
    https: int
    lost: list[str] = field(default_factory=list)
    asked: int = 0

    @property
    def target(self) -> Path:
        return self.deployment.folder / "frontdoor" / "tls.pem"

    def configured(self) -> list[str]:
        """Bring its files to what they shall be, as a deploy does, and say what changed."""
        certificates.ensure(self.deployment.folder, self.deployment.plan.platform)
        schedule = str(self.deployment.folder / "schedule")
        values = {**hosts.variables(self.deployment), "front_door_again": False, "front_door_schedule": schedule}
        return [str(change) for change in hosts._played(self.deployment.folder / "ansible", values, PLAYBOOK, lambda _: None)]

    def serial(self) -> int:
        """Return the serial number of what it serves, to a client that trusts what our clients trust."""
        with self._connected() as secure:
            return x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"").serial_number

    def _connected(self) -> ssl.SSLSocket:
        trusted = ssl.create_default_context(cafile=str(self.deployment.ca_file))
        return trusted.wrap_socket(socket.create_connection((HERE, self.https), timeout=20), server_hostname=NAMES.internal)

    def answers(self) -> bool:
        """Whether it answers a request, on a new connection."""
        with self._connected() as secure:
            secure.sendall(f"GET /wp-login.php HTTP/1.1\r\nHost: {NAMES.internal}\r\nConnection: close\r\n\r\n".encode())
            return secure.recv(16).startswith(b"HTTP/1.1 ")

    @contextmanager
    def under_connections(self) -> Iterator[None]:
        """Ask it all the time meanwhile, from two sides."""
        stop = threading.Event()
        threads = [threading.Thread(target=self._ask_until, args=(stop,)) for _ in range(2)]
        for one in threads:
            one.start()
        try:
            yield
        finally:
            stop.set()
            for one in threads:
                one.join()

    def _ask_until(self, stop: threading.Event) -> None:
        while not stop.wait(PAUSE_S):
            try:
                self.asked += 1
                if not self.answers():
                    self.lost.append("no answer")
            except OSError as problem:
                self.lost.append(str(problem))

    def program(self, *more: str, before: tuple[str, ...] = (), **other: str | list[str]) -> tuple[int, dict[str, Any]]:
        """Run what asks for the certificate, with ``other`` settings; return its exit code and what it said."""
        place = self.deployment.folder / acme.FOLDER
        told = json.loads((place / acme.SETTINGS).read_text()) | other
        (place / "test.json").write_text(json.dumps(told))
        argv = [*before, acme.PYTHON, str(place / acme.PROGRAM), str(place / "test.json"), *more]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=200, check=False)
        assert done.stdout, done.stderr
        said: dict[str, Any] = json.loads(done.stdout)
        return done.returncode, said

    def late(self) -> str:
        """Return what ``plan status`` would call wrong."""
        return "; ".join(str(problem) for problem in acme.wrong(self.deployment))


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder, pki = tmp_path_factory.mktemp("desk") / NAME, tmp_path_factory.mktemp("pebble")
    folder.mkdir()
    build(pki)
    http, https = free_port(), free_port()
    plain = SAMPLE.platform.model_copy(update={"name": NAME, "hosts": NAMES, "ports": Ports(http=http, https=https)})
    with serving(pki, http, [REFUSED]) as server:
        server.lose(GONE)
        asked = Acme(directory=server.directory, contact="admin@firm.test", terms_agreed=True, authority=str(server.authority))
        platform = plain.model_copy(update={"tls": plain.tls.model_copy(update={"acme": asked})})
        deployment = Deployment(SAMPLE.model_copy(update={"platform": platform}), folder)
        if images.wanted(deployment)["frontdoor"] not in images.here():
            hosts.make_images(deployment, lambda _: None)
        door = Door(deployment, https)
        door.configured()
        (folder / "frontdoor").chmod(0o755)
        label = f"--label=com.docker.swarm.service.name={deployment.service('frontdoor')}"
        ports = [f"--publish={HERE}:{http}:8080", f"--publish={HERE}:{https}:8443"]
        mounted = f"--volume={folder}/frontdoor:/etc/haproxy/live:ro"
        begin = ["docker", "run", "--rm", "--detach", label, *ports, mounted, images.wanted(deployment)["frontdoor"]]
        container = subprocess.run(begin, capture_output=True, text=True, check=True).stdout.strip()
        try:
            until(door.answers)
            yield door
        finally:
            subprocess.run(["docker", "rm", "--force", container], capture_output=True, check=False)


@pytest.fixture(autouse=True)
def _nothing_lost(door: Door) -> Iterator[None]:
    door.lost.clear()
    with door.under_connections():
        yield
    assert (door.lost, door.asked > 0) == ([], True)


def test_until_it_has_answered_our_own_authority_s_certificate_is_served_and_then_its_own(door: Door) -> None:
    before = door.serial()
    assert acme.proposed(door.deployment)
    said: list[str] = []
    acme.obtain(door.deployment, said.append)
    assert said == ["asking for the certificate"], said
    until(lambda: door.serial() != before)  # connections that were on their way to the worker before still reach it
    assert (door.late(), acme.proposed(door.deployment)) == ("", ())
    for secret in ("account.pem", "site.pem"):
        assert (door.deployment.folder / acme.FOLDER / secret).stat().st_mode & 0o777 == 0o600
    assert door.target.stat().st_mode & 0o777 == 0o640


def test_the_next_deploy_leaves_it_and_nobody_is_asked_while_it_is_good(door: Door) -> None:
    before = door.serial()
    assert door.configured() == []
    code, said = door.program()
    assert (code, said["outcome"]) == (0, "in force")
    assert door.serial() == before


def test_it_is_renewed_by_itself_when_a_third_of_its_life_is_left(door: Door) -> None:
    before = door.serial()
    code, said = door.program(before=AFTER_61_DAYS)
    assert (code, said["outcome"]) == (0, "obtained"), said
    until(lambda: door.serial() != before)  # connections that were on their way to the worker before still reach it


def test_an_authority_that_refuses_says_why_and_the_old_certificate_stays(door: Door) -> None:
    before = door.serial()
    code, said = door.program("--now", hosts=[*NAMES.model_dump().values(), REFUSED])
    assert code == 1
    assert "the authority refuses" in said["problem"]
    assert "rejectedIdentifier" in said["problem"]
    assert door.serial() == before


def test_a_host_name_of_before_that_is_refused_keeps_nobody_from_a_certificate_for_the_others(door: Door) -> None:
    today = list(NAMES.model_dump().values())
    for name in (REFUSED, GONE):
        before = door.serial()
        code, said = door.program("--now", hosts=[*today, name], former=[name])
        assert (code, said["outcome"]) == (1, "failed"), said
        assert name in said["problem"]
        assert door.serial() == before, "what is good is not had anew only because it lacks one that cannot be had"
    code, said = door.program(before=AFTER_61_DAYS, hosts=[*today, REFUSED, GONE], former=[REFUSED, GONE])
    assert (code, said["outcome"]) == (0, "obtained"), said
    assert REFUSED in said["problem"]
    assert GONE in said["problem"]
    until(lambda: door.serial() != before)
    assert door.target.read_text().startswith(acme.heading(door.deployment.plan.platform))
    assert door.program(hosts=[*today, REFUSED], former=[REFUSED])[1]["outcome"] == "waits"
    code, said = door.program()
    assert (code, said["outcome"], said.get("problem")) == (0, "in force", None), "who takes it out of the list hears no more of it"


def test_one_that_does_not_find_its_answer_says_where(door: Door) -> None:
    before = door.serial()
    with door.target.with_name("haproxy.cfg").open("r+") as settings:
        right = settings.read()
        settings.seek(0)
        settings.write(right.replace(acme.thumbprint(door.deployment), "x" * 43))
    try:
        reload(door)
        code, said = door.program("--now", hosts=[NAMES.wiki, NAMES.external])
    finally:
        door.target.with_name("haproxy.cfg").write_text(right)
        reload(door)
    assert code == 1
    assert "did not find its challenge answered" in said["problem"]
    assert NAMES.wiki in said["problem"] or NAMES.external in said["problem"]  # it may stop at the first
    assert "did not match" in said["problem"]
    assert door.serial() == before


def test_one_that_cannot_be_reached_is_asked_again_later_and_less_and_less(door: Door) -> None:
    before, nowhere = door.serial(), f"https://{HERE}:{free_port()}/dir"
    code, said = door.program("--now", directory=nowhere)
    assert code == 1
    assert "cannot be reached" in said["problem"]
    assert "refused" in said["problem"]
    assert door.program(directory=nowhere)[1]["outcome"] == "waits"
    assert door.program("--now", directory=nowhere)[1]["failures"] == said["failures"] + 1
    assert door.serial() == before


def test_what_our_own_clients_would_not_trust_is_not_put_in_force(door: Door, tmp_path: Path) -> None:
    before = door.serial()
    own, issuer = acme_roots(door)
    (tmp_path / "own.pem").write_text(own)
    code, said = door.program("--now", authority=str(tmp_path / "own.pem"), hosts=[NAMES.wiki])
    assert code == 1
    assert "is not trusted" in said["problem"]
    assert issuer
    assert door.serial() == before


def test_what_the_front_door_does_not_take_goes_back_to_what_was_there(door: Door) -> None:
    before, settings = door.target.read_bytes(), door.target.with_name("haproxy.cfg")
    right = settings.read_text()
    settings.write_text(right + "\nthis is nothing\n")
    try:
        code, said = door.program("--now", hosts=[NAMES.external])
    finally:
        settings.write_text(right)
    assert code == 1
    assert "does not take the new certificate" in said["problem"]
    assert door.target.read_bytes() == before


def test_other_names_are_served_with_our_own_authority_s_certificate_until_it_has_answered_for_them(door: Door) -> None:
    platform = door.deployment.plan.platform
    more = platform.hosts.model_copy(update={"wiki": "know.firm.test"})
    plan = door.deployment.plan.model_copy(update={"platform": platform.model_copy(update={"hosts": more})})
    changed = Door(Deployment(plan, door.deployment.folder), door.https)
    assert changed.configured()
    assert not changed.target.read_bytes().startswith(b"#")
    reload(changed)
    acme.obtain(changed.deployment, lambda _: None)
    assert changed.late() == ""
    served = x509.load_pem_x509_certificate(changed.target.read_bytes()[len(acme.heading(plan.platform)) :].partition(b"-----END PRIVATE KEY-----\n")[2])
    names = served.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert set(names) == set(more.model_dump().values())


def reload(door: Door) -> None:
    acme_label = f"label=com.docker.swarm.service.name={door.deployment.service('frontdoor')}"
    running = subprocess.run(["docker", "ps", "-q", "--filter", acme_label], capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run(["docker", "exec", running, "underdesk-frontdoor", "reload"], check=True)


def acme_roots(door: Door) -> tuple[str, str]:
    wanted = door.deployment.plan.platform.tls.acme
    assert wanted
    first, end, second = Path(wanted.authority).read_text().partition("-----END CERTIFICATE-----\n")
    return first + end, second
