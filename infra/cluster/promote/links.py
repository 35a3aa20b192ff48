"""A sample of links: of the desk's own pages, those that answer there must answer on the cluster."""

import http.client
import re
import time
from collections.abc import Callable, Iterable
from html import unescape
from typing import Final
from urllib.parse import urljoin, urlsplit

from infra.deployment import Deployment
from infra.reach import follow, leads_to
from runtime.errors import PlanError

LINK: Final = re.compile(r"""(?:href|src)=["']([^"'<>]+)["']""")
MOST: Final = 40
GOOD: Final = 200
CLOSED: Final = 403
PATIENCE_S: Final = 120
PAUSE_S: Final = 2.0
NOT_ASKED: Final = (
    "logout",
    "action=",
    "wp-login",
    "wp-json",
    "oldid=",
    "Special:",
    "xmlrpc",
    "/wp-includes/",
    "/themes/",
    "load.php",
    "rest.php",
    "/w/underdesk/",
)
"""What is nobody's content, or changes something."""
NOT_SHOWN: Final = "what this machine may not see"
Ask = Callable[[Deployment, str], int]
Leads = Callable[[Deployment, str], tuple[int, str]]


def sample(desk: Deployment, sites: Iterable[str], ask: Ask | None = None) -> tuple[str, ...]:
    """Return addresses that the desk's pages lead to and that it answers: at most so many, spread over all of them."""
    own = {urlsplit(url).netloc for url in desk.urls.values()}
    starts = list(dict.fromkeys([*desk.urls.values(), *sites]))
    found = list(dict.fromkeys([*starts, *(link for start in starts for link in _links(desk, start, own))]))
    return tuple(url for url in spread(found, MOST) if (ask or answer)(desk, url) == GOOD)


def spread(links: list[str], most: int) -> list[str]:
    """Return at most so many of ``links``, as far from each other as can be."""
    return links if len(links) <= most else [links[number * len(links) // most] for number in range(most)]


def moved(url: str, desk: Deployment, cluster: Deployment) -> str:
    """Return where the cluster has what the desk has at ``url``."""
    for role, base in desk.urls.items():
        if urlsplit(url).netloc == urlsplit(base).netloc:
            return url.replace(base.rstrip("/"), cluster.urls[role].rstrip("/"), 1)
    return url


def check(desk: Deployment, cluster: Deployment, urls: Iterable[str], ask: Ask | None = None, patience_s: float = PATIENCE_S) -> tuple[int, int]:
    """Return how many of the desk's ``urls`` the cluster answers, and how many this machine may not ask for there.

    Raises PlanError where one does not answer in time, though the desk still answers it.
    """
    until, good, closed = time.monotonic() + patience_s, 0, 0
    for asked in urls:
        url = moved(asked, desk, cluster)
        while (said := (ask or answer)(cluster, url)) not in {GOOD, CLOSED}:
            if time.monotonic() > until:
                if (ask or answer)(desk, asked) != GOOD:
                    break
                raise PlanError(f"answers {said or 'nothing'} on the cluster, and 200 on the desk", where=url, hint="see 'plan status --inventory'")
            time.sleep(PAUSE_S)
        good, closed = good + (said == GOOD), closed + (said == CLOSED)
    return good, closed


def lead_on(desk: Deployment, cluster: Deployment, urls: Iterable[str], leads: Leads | None = None, patience_s: float = PATIENCE_S) -> int:
    """Return how many of the desk's ``urls``, of host names that the cluster has as former ones, lead on to the same page there.

    What it does not show to this machine is not counted. Raises PlanError where one leads elsewhere, or nothing answers in time.
    """
    former, until, count = cluster.plan.platform.former_names, time.monotonic() + patience_s, 0
    for url in (one for one in urls if urlsplit(one).hostname in former):
        wanted = moved(url if urlsplit(url).path else f"{url}/", desk, cluster)
        while (said := _led(leads or leads_to, cluster, url)) not in {wanted, NOT_SHOWN}:
            if time.monotonic() > until:
                raise PlanError(f"leads to {said} on the cluster, not to {wanted}", where=url, hint="see 'plan status --inventory'")
            time.sleep(PAUSE_S)
        count += said != NOT_SHOWN
    return count


def _led(leads: Leads, cluster: Deployment, url: str) -> str:
    try:
        status, to = leads(cluster, url)
    except (OSError, http.client.HTTPException) as problem:
        return str(problem)
    return NOT_SHOWN if status == CLOSED else to or "nothing"


def answer(deployment: Deployment, url: str) -> int:
    """Return the status that stands at the end of ``url``, 0 where nothing answers or it leads elsewhere."""
    try:
        return follow(deployment, url).status
    except (PlanError, OSError, http.client.HTTPException):
        return 0


def _links(desk: Deployment, start: str, own: set[str]) -> list[str]:
    try:
        page = follow(desk, start)
    except (PlanError, OSError, http.client.HTTPException):
        return []
    return [url for url in of_page(page.url, page.text) if urlsplit(url).netloc in own]


def of_page(url: str, text: str) -> list[str]:
    """Return the addresses that a page names."""
    found = (urljoin(url, unescape(link)).partition("#")[0] for link in LINK.findall(text))
    return [one for one in dict.fromkeys(found) if one.startswith("https://") and not any(sign in one for sign in NOT_ASKED)]
