"""Ask the deployed front door for a page, as a browser of this machine would."""

import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from infra.deployment import Deployment
from runtime.errors import PlanError

TIMEOUT_S = 10
PAUSE_S = 0.5
MOST_REDIRECTS = 5
PAGES = ("200", "30")
REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True)
class Page:
    """What stands at the end of the redirects from an address."""

    url: str
    status: int
    text: str


def fetch(deployment: Deployment, role: str, path: str = "/") -> tuple[int, str]:
    """Return status and text of ``path`` on the host of ``role``; TLS is verified. Raises OSError."""
    status, _, text = _get(deployment, urlsplit(deployment.urls[role]).netloc, path)
    return status, text


def follow(deployment: Deployment, url: str) -> Page:
    """Return the page that ``url`` leads to, as a browser would show it; TLS is verified.

    Raises PlanError where it leads away from the deployment's own hosts, or nowhere; OSError and HTTPException where nothing answers.
    """
    own = {urlsplit(base).netloc for base in deployment.urls.values()}
    asked = url
    for _ in range(MOST_REDIRECTS + 1):
        parts = urlsplit(url)
        if parts.scheme != "https" or parts.netloc not in own:
            raise PlanError(f"leads to {url}, which is not of this deployment", where=asked)
        status, location, text = _get(deployment, parts.netloc, f"{parts.path or '/'}?{parts.query}".removesuffix("?"))
        if not location:
            return Page(url, status, text)
        url = urljoin(url, location)
    raise PlanError(f"leads on and on, at last to {url}", where=asked)


def leads_to(deployment: Deployment, url: str) -> tuple[int, str]:
    """Return the front door's status for ``url``, of whatever host, and where it leads; "" nowhere. TLS is verified; raises OSError, HTTPException."""
    parts = urlsplit(url)
    return _get(deployment, parts.netloc, f"{parts.path or '/'}?{parts.query}".removesuffix("?"))[:2]


def _get(deployment: Deployment, site: str, path: str) -> tuple[int, str, str]:
    """Return status, the address it leads on to ("": none) and text of ``path`` on ``site`` (HOST[:PORT], as in its pages); raises OSError, HTTPException."""
    host = site.split(":", maxsplit=1)[0]
    context = ssl.create_default_context(cafile=str(deployment.ca_file))
    raw = socket.create_connection((deployment.address, deployment.ports[1]), timeout=TIMEOUT_S)
    connection = http.client.HTTPSConnection(host, deployment.ports[1], timeout=TIMEOUT_S)
    with context.wrap_socket(raw, server_hostname=host) as wrapped:
        connection.sock = wrapped
        connection.request("GET", path, headers={"Host": site, "Accept": "text/html"})
        answer = connection.getresponse()
        location = answer.headers.get("Location", "") if answer.status in REDIRECTS else ""
        return answer.status, location, answer.read().decode("utf-8", "replace")


def wait_for_pages(deployment: Deployment, deadline_s: float = 60, good: tuple[str, ...] = PAGES) -> None:
    """Return when each host answers with a page, or with a status that begins like one of ``good``.

    Raises PlanError after ``deadline_s``, or at once where the disk is full.
    """
    end = time.monotonic() + deadline_s
    for role in deployment.urls:
        said = "nothing"
        while not (said := _answer(deployment, role)).startswith(good):
            if deployment.disk_full:
                raise PlanError("no space is left on the disk", where=str(deployment.folder), hint="free some space there, then run the same command again")
            if time.monotonic() > end:
                raise PlanError(f"does not serve: {said}", where=deployment.urls[role], hint="see 'plan status' and 'docker service ps'")
            time.sleep(PAUSE_S)


def _answer(deployment: Deployment, role: str) -> str:
    try:
        status, _ = fetch(deployment, role)
    except (OSError, http.client.HTTPException) as problem:
        return str(problem)
    return str(status)
