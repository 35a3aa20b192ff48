"""A whole run: real Locust, real TLS, on this machine's loopback."""

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from loadtests.perform import last_file, perform
from loadtests.scenarios.registry import SMOKE
from loadtests.verdict import Result
from runtime.errors import PlanError
from tests.unit.loadtests.remembered import RememberedDeployment
from tests.unit.loadtests.tls import signed

ONE_PAGE = replace(SMOKE, name="one-page", file=Path(__file__).with_name("scenario_one_page.py"), users=2, limit_s=60, classes=("blog-front",))
TITLES = {"blogs.example": b"News", "www.example": b"Outside"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return signed(tmp_path_factory.mktemp("tls") / "tls.pem", TITLES)


class Site(BaseHTTPRequestHandler):
    """Answers every request with the title of the blog that was asked."""

    titles = TITLES

    def do_GET(self) -> None:
        host = self.headers["Host"].split(":")[0]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html><head><title>" + self.titles[host] + b"</title></head><body></body></html>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(deployment: RememberedDeployment, certificate: Path) -> Iterator[RememberedDeployment]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    deployment.ports = (80, server.server_address[1])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    port = server.server_address[1]
    deployment.urls = {"internal": f"https://blogs.example:{port}/", "external": f"https://www.example:{port}/", "wiki": f"https://wiki.example:{port}/"}
    deployment.ca_file = certificate
    yield deployment
    server.shutdown()
    server.server_close()


def _nothing_left(deployment: RememberedDeployment) -> bool:
    return deployment.there == set() and {path.name for path in (deployment.folder / "tests").iterdir()} <= {"lock", "last-one-page.json"}


def _silent(_: str) -> None:
    pass


def test_pages_that_show_what_people_came_for_pass_and_nothing_is_left(served: RememberedDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Site, "titles", {**TITLES, "www.example": b"Outside view"})
    result = perform(served, ONE_PAGE, _silent)
    assert (result.verdict, result.reasons, result.requests) == ("passed", (), 2)
    assert Result.model_validate_json(last_file(served, "one-page").read_text()) == result
    assert _nothing_left(served)


def test_a_wrong_page_with_status_200_and_somebody_elses_certificate_fail_the_run(served: RememberedDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Site, "titles", {**TITLES, "blogs.example": b"Database error"})
    monkeypatch.setitem(served.urls, "external", served.urls["wiki"])
    result = perform(served, ONE_PAGE, _silent)
    assert (result.verdict, result.exit_code, result.failures) == ("failed", 3, 2)
    connection, title = sorted(result.reasons, key=lambda reason: "not titled" in reason)
    assert "not titled 'News' (seen: Database error)" in title
    assert "(connection)" in connection
    assert "SSL" in connection
    assert _nothing_left(served)


def test_a_scenario_that_breaks_is_invalid_and_cleaned_up(served: RememberedDeployment, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise RuntimeError('a fault in the scenario')\n")
    result = perform(served, replace(ONE_PAGE, file=broken), _silent)
    assert (result.verdict, result.exit_code) == ("invalid", 1)
    assert _nothing_left(served)


def test_a_platform_that_cannot_make_a_space_fails_and_what_was_made_is_removed(deployment: RememberedDeployment, down: Callable[[str], PlanError]) -> None:
    deployment.broken["wiki", "create"] = down("wiki")
    result = perform(deployment, ONE_PAGE, _silent)
    assert (result.verdict, result.exit_code) == ("failed", 3)
    assert "wiki: no test space could be made" in result.reasons[0]
    assert _nothing_left(deployment)


def test_an_interrupt_removes_everything(deployment: RememberedDeployment) -> None:
    deployment.broken["wiki", "create"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        perform(deployment, ONE_PAGE, _silent)
    assert _nothing_left(deployment)


def test_a_foreign_target_is_refused_before_anything_is_made(deployment: RememberedDeployment) -> None:
    deployment.address = "203.0.113.5"
    with pytest.raises(PlanError, match="not an address of this deployment"):
        perform(deployment, ONE_PAGE, _silent)
    assert deployment.asked == []
