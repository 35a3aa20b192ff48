"""What a Locust process is told: a file of mode 0600, since it holds the test identities' passwords."""

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from loadtests import surroundings
from loadtests.deployment import Deployment
from loadtests.load import Manner
from loadtests.spaces import BlogSpace, Spaces, WikiSpace
from runtime import files

EARLIER_S = 5.0
"""How much earlier than the front door a browser lets go of a connection that rests: a generator on busy cores was 4.6 s late, and both let go at once."""


class Front(BaseModel):
    """The first page of a real blog or wiki: read, never written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    title: str
    url: str = Field(description="ends in a slash")


class Target(BaseModel):
    """Where load goes, and with which identities."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str
    port: int = Field(description="where the front door answers https")
    ca_file: Path
    fronts: tuple[Front, ...]
    blog: BlogSpace
    wiki: WikiSpace
    token: str
    summary: Path = Field(description="where the recorder writes")
    conductor: int = Field(description="process that started the test; load ends with it")
    users: int
    manner: Manner = Manner()
    keep_s: float = Field(default=3600.0, description="for so long browsers keep a connection without a request: a little shorter than the front door does")

    own: frozenset[str] = Field(default=frozenset(), description="addresses that load may go to beside those of the machine that drives")
    ahead_s: float = Field(default=0.0, description="so far the clock of the machine that drives is ahead of the command's")
    here: str = Field(default="", description="what the inventory calls the machine that drives; '' where the command runs")

    @property
    def hosts(self) -> frozenset[str]:
        """Host names of everything that may be asked."""
        urls = [front.url for front in self.fronts] + [self.blog.site_url, *(page.url for page in self.wiki.pages)]
        return frozenset(host for host in (urlsplit(url).hostname for url in urls) if host)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no record may hold."""
        return (*(user.password for user in (*self.blog.users, *self.wiki.users)), *self.manner.headers.values())

    def named(self, kind: str) -> tuple[Front, ...]:
        """Fronts of one kind."""
        return tuple(front for front in self.fronts if front.kind == kind)


def fronts(deployment: Deployment) -> Iterable[Front]:
    """Return the first page of every space of the plan."""
    for space in deployment.plan.platform.spaces:
        base = deployment.urls["wiki" if space.kind == "wiki" else space.visibility].rstrip("/")
        path = "" if space.kind == "wiki" else space.path
        yield Front(kind=space.kind, title=space.title, url=f"{base}/{path}/" if path else f"{base}/")


def build(deployment: Deployment, spaces: Spaces, summary: Path, users: int, manner: Manner) -> Target:
    """Return the target of a test of ``deployment`` in ``spaces``."""
    return Target(
        address=deployment.address,
        port=deployment.ports[1],
        ca_file=deployment.ca_file,
        fronts=tuple(fronts(deployment)),
        blog=spaces.blog,
        wiki=spaces.wiki,
        token=spaces.token,
        summary=summary,
        conductor=os.getpid(),
        users=users,
        manner=manner,
        own=surroundings.of(deployment).own,
        keep_s=max(deployment.plan.limits.frontdoor.keep_alive_ms / 1000 - EARLIER_S, 0.0),
    )


def load(path: Path) -> Target:
    """Return the target in ``path`` (in the Locust process)."""
    return Target.model_validate_json(files.read(path))
