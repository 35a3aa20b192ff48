"""What somebody finds who wants more than they may have: containers, ports, uploads, editors, sign-in, headers."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import requests
from testinfra.host import Host

from infra.deployment import Deployment
from loadtests.resolve import only
from tests.platform.bench import CHECKS, EXCEPTIONS, findings
from tests.platform.conftest import NAME, Inspect
from tests.platform.test_access import ip
from tests.platform.test_in_force import ROLES

SETTINGS = Path("/etc/docker/daemon.json")
PHP = "<?php echo 'ran:' . 6 * 7;"
RAN = "ran:42"
GUESSING = "underdesk-g"
GUESSER, HERE = "10.213.77.2", "10.213.77.1"
GUESS = """
import http.client, json, socket, ssl, sys
address, port, host, path, count, ca = sys.argv[1:]
raw = socket.create_connection((address, int(port)), timeout=30)
connection = http.client.HTTPSConnection(host, timeout=30)
connection.sock = ssl.create_default_context(cafile=ca).wrap_socket(raw, server_hostname=host)
statuses = []
for _ in range(int(count)):
    connection.request("POST", path, body="log=&pwd=", headers={"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    statuses.append(answer.status)
print(json.dumps(statuses))
"""


@pytest.mark.parametrize("role", ROLES)
def test_a_container_may_do_no_more_than_it_must(role: str, inspect: Inspect) -> None:
    assert findings(role, inspect(role), EXCEPTIONS) == []


@pytest.mark.parametrize(
    ("check", "path", "value"),
    [
        ("it is not privileged", ("HostConfig", "Privileged"), True),
        ("no user of it is root", ("Config", "User"), "0"),
        ("it has no capability", ("HostConfig", "CapAdd"), ["CAP_NET_ADMIN"]),
        ("its root is read-only", ("HostConfig", "ReadonlyRootfs"), False),
        ("it shares no namespace with the host", ("HostConfig", "PidMode"), "host"),
        ("it does not reach the engine", ("Mounts",), [{"Type": "bind", "Source": "/var/run/docker.sock"}]),
        ("it sees nothing of the host but its folder", ("Mounts",), [{"Type": "bind", "Source": "/etc"}]),
        ("it sees nothing of the host but its folder", ("Mounts",), [{"Type": "bind", "Source": f"/var/lib/underdesk/{NAME}"}]),
        ("its system calls are filtered", ("HostConfig", "SecurityOpt"), ["seccomp=unconfined"]),
        ("its environment names no secret", ("Config", "Env"), ["DATABASE_PASSWORD=x"]),
        ("its log cannot fill the disk", ("HostConfig", "LogConfig"), {"Type": "json-file", "Config": {}}),
    ],
)
def test_a_container_that_may_more_is_found(check: str, path: tuple[str, ...], value: object, inspect: Inspect) -> None:
    shown = inspect("blogs")
    place = shown
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    assert not CHECKS[check](shown)


@pytest.mark.parametrize("role", ROLES)
def test_no_program_in_a_container_can_gain_privileges(role: str, inside: Callable[[str], Host]) -> None:
    assert json.loads(SETTINGS.read_text()).get("no-new-privileges") is True, "the engine's settings say otherwise, or no deploy has set them yet"
    status = dict(line.split(":\t", 1) for line in inside(role).file("/proc/1/status").content_string.splitlines() if ":\t" in line)
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_the_engine_listens_to_the_network_on_published_ports_only(deployment: Deployment) -> None:
    engine = {process.pid for process in psutil.process_iter(["name"]) if process.info["name"] in {"dockerd", "containerd", "docker-proxy"}}
    open_to_all = {
        line.laddr.port
        for line in psutil.net_connections("inet")
        if line.pid in engine and line.laddr and not line.raddr and not line.laddr.ip.startswith(("127.", "::1", "::ffff:127."))
    }
    assert set(deployment.ports) <= open_to_all
    assert open_to_all <= _published()


def test_the_port_between_engines_is_closed() -> None:
    """The kernel listens for VXLAN on every address, whatever the engine is told: a neighbour could speak to the database's network."""
    rules = subprocess.run(["iptables", "--wait", "-S", "INPUT"], check=True, capture_output=True, text=True).stdout
    assert any(
        {"--dport 4789", "! -i lo", "-j DROP"} <= {part for part in ("--dport 4789", "! -i lo", "-j DROP") if part in rule} for rule in rules.splitlines()
    )


def _published() -> set[int]:
    ids = subprocess.run(["docker", "service", "ls", "-q"], check=True, capture_output=True, text=True).stdout.split()
    shown = json.loads(subprocess.run(["docker", "service", "inspect", *ids], check=True, capture_output=True, text=True).stdout)
    return {port["PublishedPort"] for service in shown for port in service["Spec"]["EndpointSpec"].get("Ports", [])}


@pytest.fixture
def visitor(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[requests.Session]:
    """A browser that finds the platform's names at the deployment's address."""
    hosts = [urlsplit(url).hostname or "" for url in deployment.urls.values()]
    monkeypatch.setattr(socket, "getaddrinfo", only(hosts, deployment.address, socket.getaddrinfo))
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(deployment.ca_file)
        yield session


@pytest.fixture
def administrator(visitor: requests.Session, deployment: Deployment) -> requests.Session:
    """The administrator of the blogs, signed in."""
    page = f"{deployment.urls['internal']}wp-login.php"
    visitor.get(page)
    form = {"log": "admin", "pwd": deployment.password_file.read_text().strip(), "testcookie": "1"}
    assert "wp-admin" in visitor.post(page, data=form).url
    return visitor


@pytest.mark.parametrize(
    "page", ["theme-editor.php", "plugin-editor.php", "network/theme-editor.php", "network/plugin-install.php", "network/theme-install.php"]
)
def test_not_even_the_administrator_changes_code(page: str, administrator: requests.Session, deployment: Deployment) -> None:
    answer = administrator.get(f"{deployment.urls['internal']}wp-admin/{page}")
    assert answer.status_code in {403, 500}
    assert "not allowed" in answer.text


@pytest.mark.parametrize("name", ["evil.php", "evil.phtml", "evil.php.png", "evil.svg", "evil.html"])
def test_the_blogs_take_no_upload_that_could_run(name: str, administrator: requests.Session, deployment: Deployment) -> None:
    base = deployment.urls["internal"]
    nonce = administrator.get(f"{base}wp-admin/admin-ajax.php", params={"action": "rest-nonce"}).text
    headers = {"X-WP-Nonce": nonce, "Content-Disposition": f'attachment; filename="{name}"', "Content-Type": "image/png"}
    answer = administrator.post(f"{base}wp-json/wp/v2/media", data=PHP, headers=headers)
    assert answer.status_code >= 400, answer.text
    assert "rest_upload" in answer.json()["code"]


@pytest.mark.parametrize("name", ["Evil.php", "Evil.phtml", "Evil.html", "Evil.png"])
def test_the_wiki_takes_no_upload_that_could_run(name: str, visitor: requests.Session, deployment: Deployment) -> None:
    interface = f"{deployment.urls['wiki']}w/api.php"

    def ask(action: str, **fields: str) -> dict[str, Any]:
        said: dict[str, Any] = visitor.post(interface, data={"action": action, "format": "json", **fields}).json()
        return said

    token = ask("query", meta="tokens", type="login")["query"]["tokens"]["logintoken"]
    signed = ask(
        "clientlogin", username="Admin", password=deployment.password_file.read_text().strip(), logintoken=token, loginreturnurl=deployment.urls["wiki"]
    )
    assert signed["clientlogin"]["status"] == "PASS", signed
    token = ask("query", meta="tokens")["query"]["tokens"]["csrftoken"]
    answer = visitor.post(
        interface, data={"action": "upload", "format": "json", "filename": name, "ignorewarnings": "1", "token": token}, files={"file": (name, PHP)}
    )
    assert "error" in answer.json(), answer.text
    assert answer.json()["error"]["code"] in {"filetype-banned", "filetype-banned-type", "verification-error"}, answer.text


@pytest.mark.parametrize(
    ("role", "host", "below", "address"),
    [
        ("blogs", "internal", "/var/lib/wordpress/wp-content/uploads", "wp-content/uploads"),
        ("blogs", "external", "/var/lib/wordpress/wp-content/uploads/external", "wp-content/uploads/external"),
        ("wiki", "wiki", "/var/lib/mediawiki/images", "w/images"),
    ],
)
@pytest.mark.parametrize("name", ["probe.php", "probe.phtml", "probe.PHP", "probe.php.png", "probe.png/x.php"])
def test_a_program_among_the_uploads_does_not_run(  # noqa: PLR0913, PLR0917 - where it lies and where it is asked for
    role: str, host: str, below: str, address: str, name: str, visitor: requests.Session, deployment: Deployment
) -> None:
    file = name.split("/", maxsplit=1)[0]
    deployment.exec(role, ["sh", "-c", f"mkdir -p {below} && cat > {below}/{file}"], stdin=PHP)
    try:
        answer = visitor.get(f"{deployment.urls[host]}{address}/{name}")
        assert RAN not in answer.text
        assert "html" not in answer.headers.get("Content-Type", "") or answer.status_code >= 400
    finally:
        deployment.exec(role, ["rm", "-f", f"{below}/{file}"])


@pytest.mark.parametrize(("host", "path"), [("internal", ""), ("internal", "wp-login.php"), ("external", ""), ("wiki", "wiki/Main_Page"), ("wiki", "nowhere")])
def test_a_page_says_what_a_browser_may_do_with_it_and_not_what_it_was_made_by(host: str, path: str, visitor: requests.Session, deployment: Deployment) -> None:
    answer = visitor.get(f"{deployment.urls[host]}{path}")
    said = answer.headers
    policy = {rule.split()[0] for rule in said["Content-Security-Policy"].split(";")}
    assert {"base-uri", "frame-ancestors", "object-src"} <= policy
    assert "camera=()" in said["Permissions-Policy"]
    assert said["Strict-Transport-Security"].startswith("max-age=")
    assert (said["X-Content-Type-Options"], said["X-Frame-Options"]) == ("nosniff", "SAMEORIGIN")
    assert "Referrer-Policy" in said
    assert not {"Server", "X-Powered-By", "X-Generator", "Via"} & set(said)
    assert 'name="generator"' not in answer.text


def test_an_uploaded_file_keeps_the_stricter_policy_of_its_own(visitor: requests.Session, deployment: Deployment) -> None:
    place = "/var/lib/mediawiki/images/policy-probe.txt"
    deployment.exec("wiki", ["sh", "-c", f"echo probe > {place}"])
    try:
        assert "sandbox" in visitor.get(f"{deployment.urls['wiki']}w/images/policy-probe.txt").headers["Content-Security-Policy"]
    finally:
        deployment.exec("wiki", ["rm", "-f", place])


@pytest.fixture
def guess(deployment: Deployment) -> Iterator[Callable[[str, str, int], list[int]]]:
    """A host on the internal network with an address of its own, that guesses passwords."""
    subprocess.run(["ip", "netns", "delete", GUESSING], check=False, capture_output=True)
    ip("netns", "add", GUESSING)
    ip("link", "add", f"{GUESSING}-h", "type", "veth", "peer", "name", f"{GUESSING}-o", "netns", GUESSING)
    ip("address", "add", f"{HERE}/30", "dev", f"{GUESSING}-h")
    ip("link", "set", f"{GUESSING}-h", "up")
    ip("-n", GUESSING, "address", "add", f"{GUESSER}/30", "dev", f"{GUESSING}-o")
    ip("-n", GUESSING, "link", "set", f"{GUESSING}-o", "up")

    def call(role: str, path: str, count: int) -> list[int]:
        host = urlsplit(deployment.urls[role]).hostname or ""
        argv = [sys.executable, "-c", GUESS, HERE, str(deployment.ports[1]), host, path, str(count), str(deployment.ca_file)]
        done = subprocess.run(["ip", "netns", "exec", GUESSING, *argv], check=True, capture_output=True, text=True, timeout=120)
        return list(json.loads(done.stdout))

    yield call
    ip("netns", "delete", GUESSING)


def test_whoever_guesses_passwords_is_let_wait_and_nobody_else(
    guess: Callable[[str, str, int], list[int]], visitor: requests.Session, deployment: Deployment
) -> None:
    allowed = deployment.plan.limits.frontdoor.sign_ins_per_minute
    statuses = guess("internal", "/wp-login.php", allowed + 3)
    assert statuses[:allowed] == [200] * allowed
    assert statuses[-1] == 429
    assert guess("wiki", "/w/index.php?title=Special:UserLogin", 1) == [429]
    assert visitor.post(f"{deployment.urls['internal']}wp-login.php", data={"log": "", "pwd": ""}).status_code == 200
