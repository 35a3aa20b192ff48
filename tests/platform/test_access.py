"""Who may reach what: asked from this machine and from a host of its own with an outside address."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from infra.deployment import Deployment
from tests.platform.binlog_writer import until

NETWORK = "underdesk-t"
OUTSIDE, HERE = "203.0.113.2", "203.0.113.1"  # TEST-NET-3: nobody's address
OUTSIDE6, HERE6 = "2001:db8:7::2", "2001:db8:7::1"
PICTURES = "/var/lib/wordpress/wp-content/uploads"
ASK = """
import http.client, json, socket, ssl, sys
address, port, host, path, ca = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
try:
    raw = socket.create_connection((address, int(port)), timeout=60)
    connection = http.client.HTTPSConnection(host, timeout=60)
    connection.sock = context.wrap_socket(raw, server_hostname=host)
    connection.request("GET", path, headers={"X-Forwarded-For": "10.1.2.3", "Remote-User": "admin"})
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")[:20000]
    print(json.dumps([answer.status, answer.headers.get("Location") or text]))
except OSError as problem:
    print(json.dumps([0, str(problem)]))
"""

Ask = Callable[..., tuple[int, str]]


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def outsider(deployment: Deployment) -> Iterator[Ask]:
    """A host whose address no rule counts as internal."""
    subprocess.run(["ip", "netns", "delete", NETWORK], check=False, capture_output=True)
    ip("netns", "add", NETWORK)
    ip("link", "add", f"{NETWORK}-h", "type", "veth", "peer", "name", f"{NETWORK}-o", "netns", NETWORK)
    ip("address", "add", f"{HERE}/24", "dev", f"{NETWORK}-h")
    ip("address", "add", f"{HERE6}/64", "dev", f"{NETWORK}-h", "nodad")
    ip("link", "set", f"{NETWORK}-h", "up")
    ip("-n", NETWORK, "address", "add", f"{OUTSIDE}/24", "dev", f"{NETWORK}-o")
    ip("-n", NETWORK, "address", "add", f"{OUTSIDE6}/64", "dev", f"{NETWORK}-o", "nodad")
    ip("-n", NETWORK, "link", "set", f"{NETWORK}-o", "up")
    yield lambda role, path="/", address=HERE: ask(deployment, role, path, address, "ip", "netns", "exec", NETWORK)
    ip("netns", "delete", NETWORK)


def ask(deployment: Deployment, role: str, path: str, address: str, *prefix: str) -> tuple[int, str]:
    """Return the status and where it leads to, or what it says; ``role`` may be a host's name."""
    host = deployment.plan.platform.hosts.model_dump().get(role, role)
    argv = [*prefix, sys.executable, "-c", ASK, address, str(deployment.ports[1]), host, path, str(deployment.ca_file)]
    status, text = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True, timeout=180).stdout)
    return status, text


@pytest.mark.parametrize("role", ["internal", "external", "wiki"])
def test_this_machine_reaches_every_host(role: str, deployment: Deployment) -> None:
    status, _ = ask(deployment, role, "/wiki/Main_Page" if role == "wiki" else "/", deployment.address)
    assert status == 200


FORMER = [("internal", 0), ("internal", 1), ("external", 0), ("wiki", 0)]


@pytest.mark.parametrize(("use", "number"), FORMER)
def test_a_host_name_of_before_leads_on_to_the_same_page_of_today(use: str, number: int, deployment: Deployment) -> None:
    before = deployment.plan.platform.former_hosts.model_dump()[use][number]
    status, leads = ask(deployment, before, "/wiki/Main_Page?a=1%2F2&b=%C3%A4", deployment.address)
    assert (status, leads) == (308, f"{deployment.urls[use]}wiki/Main_Page?a=1%2F2&b=%C3%A4")


@pytest.mark.parametrize(("use", "number"), FORMER)
def test_a_host_name_of_before_tells_outsiders_no_more_than_that_of_today(use: str, number: int, outsider: Ask, deployment: Deployment) -> None:
    status, said = outsider(deployment.plan.platform.former_hosts.model_dump()[use][number])
    assert status == (308 if use == "external" else 403)
    assert (deployment.urls[use] in said) == (use == "external")


def test_an_outsider_reads_the_external_blog(outsider: Ask) -> None:
    status, text = outsider("external")
    assert status == 200
    assert "Open window" in text


@pytest.mark.parametrize(
    ("role", "path"), [("internal", "/"), ("internal", "/news/"), ("wiki", "/wiki/Main_Page"), ("external", "/wp-login.php"), ("external", "/wp-admin/")]
)
def test_an_outsider_is_refused_whatever_headers_it_sends(role: str, path: str, outsider: Ask) -> None:
    status, text = outsider(role, path)
    assert status == 403
    assert "Lab news" not in text


@pytest.mark.parametrize("role", ["internal", "wiki"])
def test_an_outsider_over_ipv6_is_not_taken_for_the_bridge(role: str, outsider: Ask) -> None:
    """The ports are not open over IPv6 at all: the engine would show every client with its own bridge's address."""
    status, text = outsider(role, address=HERE6)
    assert (status, "refused" in text.lower()) == (0, True)


def test_the_front_door_sees_the_outsiders_own_address(outsider: Ask, deployment: Deployment) -> None:
    answered, logged = [], ""

    def seen() -> bool:
        nonlocal logged
        answered.append(outsider("external", "/seen-by-the-front-door/")[0])
        log = subprocess.run(["docker", "logs", "--tail", "200", deployment.container("frontdoor")], capture_output=True, text=True, check=True)
        logged = log.stdout + log.stderr
        return any(f'"client": "{OUTSIDE}"' in line and "seen-by" in line for line in logged.splitlines())

    try:
        until(seen, 30, "the request in the front door's log, with its client")
    except AssertionError as late:
        late.add_note(f"answered {answered}; logged:\n{logged[-4000:]}")
        raise
    assert set(answered) == {404}


@pytest.mark.parametrize(
    ("below", "address", "status"),
    [
        ("sites/2", "/wp-content/uploads/sites/2/access-probe.png", 404),
        ("sites/2", "/news/wp-content/uploads/sites/2/access-probe.png", 404),
        ("sites/2", "/wp-content/uploads/external/%2e%2e/sites/2/access-probe.png", 404),
        ("", "/wp-content/uploads/access-probe.png", 404),
        ("external/4", "/wp-content/uploads/external/4/access-probe.png", 200),
    ],
)
def test_an_outsider_gets_pictures_of_external_blogs_only(below: str, address: str, status: int, outsider: Ask, deployment: Deployment) -> None:
    place = f"{PICTURES}/{below}"
    deployment.exec("blogs", ["sh", "-c", f"mkdir -p {place} && echo probe > {place}/access-probe.png"])
    try:
        assert ask(deployment, "internal", address, deployment.address)[0] == 200
        assert outsider("external", address)[0] == status
        assert outsider("internal", address)[0] == 403
    finally:
        deployment.exec("blogs", ["rm", "-f", f"{place}/access-probe.png"])


def test_an_external_page_does_not_tell_outsiders_the_internal_host(outsider: Ask, deployment: Deployment) -> None:
    assert deployment.plan.platform.hosts.internal not in outsider("external", "/?fresh")[1]
