"""Who waits at the front door for a free place, when the last server goes: the next one serves them."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from infra.deployment import Deployment
from tests.platform.binlog_writer import until
from tests.platform.fastcgi import busy
from tests.platform.test_in_force import servers
from tests.platform.test_object_cache import curl

WAITING = 6
SOON_S = 6.0  # less than people's patience in the queue
USED = {"blogs": ("internal", "wp-login.php"), "wiki": ("wiki", "w/api.php")}
"""A page that no page cache has."""


def backend(deployment: Deployment, role: str) -> dict[str, str]:
    (found,) = [row for row in servers(deployment) if (row["pxname"], row["svname"]) == (role, "BACKEND")]
    return found


def ask(deployment: Deployment, role: str) -> str:
    """Ask for a page of ``role``; the status of the answer."""
    use, path = USED[role]
    return curl(deployment, f"{deployment.urls[use]}{path}", "-o", "/dev/null", "-w", "%{http_code}")


def known(deployment: Deployment, role: str) -> list[str]:
    """The servers of ``role`` that the front door sends people to."""
    names = [row["svname"] for row in servers(deployment) if row["pxname"] == role and row["status"].startswith("UP") and row["check_status"].startswith("L7")]
    assert names
    return names


@contextmanager
def away(deployment: Deployment, role: str, names: list[str]) -> Iterator[None]:
    """Take servers of ``role`` from the front door, as a DNS answer without them does."""

    def put(state: str) -> None:
        said = "; ".join(f"set server {role}/{name} state {state}" for name in names)
        deployment.exec("frontdoor", ["bash", "-c", f"echo '{said}' | socat - /run/haproxy/admin.sock"])

    put("maint")
    try:
        yield
    finally:
        put("ready")


@pytest.mark.parametrize("role", USED)
def test_who_waits_when_the_last_server_goes_waits_for_the_next(role: str, deployment: Deployment) -> None:
    limits = deployment.plan.limits.model_dump()[role]
    people, names = limits["queue"] + WAITING, known(deployment, role)  # once they wait, each look takes of their patience
    with ThreadPoolExecutor(people) as asking:
        with busy(deployment, role, limits["fpm_children"]):
            asked = [asking.submit(ask, deployment, role) for _ in range(people)]
            until(lambda: int(backend(deployment, role)["qcur"]) == WAITING, SOON_S, "as many that wait as there are places too few")
            with away(deployment, role, names):
                assert not any(one.done() for one in asked)
        assert {one.result() for one in asked} == {"200"}


def test_who_is_held_while_the_front_door_is_reloaded_comes_to_the_new_worker(deployment: Deployment) -> None:
    with ThreadPoolExecutor(1) as asking, away(deployment, "blogs", known(deployment, "blogs")):
        asked = asking.submit(ask, deployment, "blogs")
        until(lambda: backend(deployment, "blogs")["scur"] != "0", SOON_S, "somebody who is held")
        deployment.exec("frontdoor", ["underdesk-frontdoor", "reload"])
        began = time.monotonic()
        assert asked.result() == "200"
        assert time.monotonic() - began < deployment.plan.limits.frontdoor.queue_timeout_ms / 1000
