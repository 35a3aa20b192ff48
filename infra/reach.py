"""Ask the deployed front door for a page, as a browser of this machine would."""

import http.client
import socket
import ssl
import time

from infra.deployment import Deployment
from runtime.errors import PlanError

TIMEOUT_S = 10
PAUSE_S = 0.5


def fetch(deployment: Deployment, role: str, path: str = "/") -> tuple[int, str]:
    """Return status and text of ``path`` on the host of ``role``; TLS is verified. Raises OSError."""
    host = deployment.plan.platform.hosts.model_dump()[role]
    context = ssl.create_default_context(cafile=str(deployment.ca_file))
    raw = socket.create_connection((deployment.address, deployment.ports[1]), timeout=TIMEOUT_S)
    connection = http.client.HTTPSConnection(host, deployment.ports[1], timeout=TIMEOUT_S)
    with context.wrap_socket(raw, server_hostname=host) as wrapped:
        connection.sock = wrapped
        connection.request("GET", path, headers={"Accept": "text/html"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")


def wait_for_pages(deployment: Deployment, deadline_s: float = 60) -> None:
    """Return when each host answers with a page; raises PlanError after ``deadline_s``."""
    end = time.monotonic() + deadline_s
    for role in deployment.urls:
        said = "nothing"
        while not (said := _answer(deployment, role)).startswith(("200", "30")):
            if time.monotonic() > end:
                raise PlanError(f"does not serve: {said}", where=deployment.urls[role], hint="see 'plan status' and 'docker service ps'")
            time.sleep(PAUSE_S)


def _answer(deployment: Deployment, role: str) -> str:
    try:
        status, _ = fetch(deployment, role)
    except (OSError, http.client.HTTPException) as problem:
        return str(problem)
    return str(status)
