"""Whether a machine that shall drive load reaches the platform, as somebody inside."""

import json
from typing import Any, Final
from urllib.parse import urlsplit

from loadtests import target
from loadtests.deployment import Deployment
from loadtests.elsewhere import look
from loadtests.elsewhere.look_there import Asked
from runtime.errors import PlanError

GOOD: Final = ("200", "301", "302", "303", "307", "308")
OUTSIDE: Final = "403"


def reach(asked: Asked, deployment: Deployment) -> None:
    """Raise PlanError where a machine does not reach the platform's first pages, or is not let in."""
    judge(asked.place.name, json.loads(asked.say(json.dumps(question(deployment))))["said"])


def question(deployment: Deployment) -> dict[str, Any]:
    """Return what a machine is asked for the platform's first pages."""
    pages = [(str(parts.hostname), parts.path or "/") for front in target.fronts(deployment) for parts in [urlsplit(front.url)]]
    trusted = deployment.ca_file.read_text(encoding="ascii")
    return {"ask": "reach", "address": deployment.address, "port": deployment.ports[1], "pages": pages, "trusted": trusted}


def judge(name: str, said: dict[str, str]) -> None:
    """Raise PlanError where a page was not answered as to somebody inside."""
    who = name or "this machine"
    wrong = {page: answer for page, answer in said.items() if answer not in GOOD}
    if not wrong:
        return
    page, answer = next(iter(wrong.items()))
    if answer == OUTSIDE:
        hint = "load comes from inside: add its network to the brief (access.internal_networks), or let another host drive (--generators)"
        raise PlanError(f"is outside of the networks that internal pages are for: {page} answers 403", where=who, hint=hint)
    raise PlanError(f"does not reach the platform: {page}: {answer}", where=who, hint="is it in the hosts' network? see 'plan status --inventory'")


def from_here(deployment: Deployment) -> None:
    """Raise PlanError where this machine does not reach the platform."""
    judge("", look.reach(question(deployment))["said"])
