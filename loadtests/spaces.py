"""Marked test spaces: made before a test, removed after it, found again where the test was killed."""

import json
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from loadtests.deployment import Deployment
from loadtests.generator import end_orphan
from loadtests.scale import confine
from runtime import files
from runtime.errors import PlanError
from runtime.locks import lock

LIFE_S = 15 * 60
TOOLS = {"blogs": "underdesk-blogs", "wiki": "underdesk-wiki"}
JOURNALS = "*.journal.json"
LINE_CHARACTERS = 300
LATER = "'plan test clean' removes it, and so does the platform itself within 15 minutes"


class Answer(BaseModel):
    """A part of what the platform's own tools answer; what they add is not read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Identity(Answer):
    """A test identity."""

    login: str
    password: str = Field(repr=False)
    role: str = ""


class Item(Answer):
    """A generated post or wiki page."""

    title: str
    url: str
    id: int = 0


class BlogSpace(Answer):
    """A test blog."""

    site_url: str
    users: tuple[Identity, ...]
    posts: tuple[Item, ...]

    def people(self, role: str) -> tuple[Identity, ...]:
        """Return the identities of ``role``: ``subscriber`` (reads and comments) or ``author``."""
        return tuple(user for user in self.users if user.role == role)


class WikiSpace(Answer):
    """A test namespace."""

    namespace: str
    users: tuple[Identity, ...]
    pages: tuple[Item, ...]


Space = TypeVar("Space", BlogSpace, WikiSpace)


class Spaces(Answer):
    """The test spaces of one run."""

    token: str
    blog: BlogSpace
    wiki: WikiSpace


class Size(BaseModel):
    """How much a scenario needs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    readers: int
    authors: int
    editors: int
    posts: int
    pages: int


class Journal(BaseModel):
    """Written before anything is made, so that a killed run is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = 1
    token: str = Field(pattern=r"^[a-z0-9]{6,32}$")
    expires: int = Field(description="unix time; the platform itself removes the spaces after it")


def folder(deployment: Deployment) -> Path:
    """Return the folder of the deployment's test runs."""
    return deployment.folder / "tests"


def guard(deployment: Deployment) -> Path:
    """Return the lock that a running test holds."""
    return folder(deployment) / "lock"


def target_file(deployment: Deployment, token: str) -> Path:
    """Return where the Locust process of a run finds its target."""
    return folder(deployment) / f"target-{token}.json"


def summary_file(deployment: Deployment, token: str) -> Path:
    """Return where the Locust process of a run writes what it saw."""
    return folder(deployment) / f"summary-{token}.json"


def stop_file(deployment: Deployment, token: str) -> Path:
    """Return the file whose being there ends the arrivals of a run."""
    return folder(deployment) / f"stop-{token}"


def stage_file(deployment: Deployment, token: str) -> Path:
    """Return where the Locust process of a run finds its present level."""
    return folder(deployment) / f"stage-{token}"


class UnusableError(PlanError):
    """The platform could not make a test space: an answer about the platform, not about the test."""


def begin(deployment: Deployment, lasts_s: float = 0) -> Journal:
    """Write the journal of a new run that ``lasts_s``; nothing is made before it is on disk."""
    journal = Journal(token=secrets.token_hex(5), expires=int(time.time() + LIFE_S + lasts_s))
    files.write(_journal_file(deployment, journal.token), journal.model_dump_json(), files.PRIVATE)
    return journal


def remove(deployment: Deployment, journal: Journal) -> tuple[str, ...]:
    """End what is left of a run, remove its spaces, and return what went wrong.

    The journal goes last, and stays where something went wrong: the next run tries again.
    """
    end_orphan(target_file(deployment, journal.token))
    problems: list[str] = []
    for service in TOOLS:
        try:
            _ask(deployment, service, "remove", {"token": journal.token})
        except PlanError as problem:
            problems.append(f"test space {journal.token} is still there ({service}: {_line(problem)}): {LATER}")
    if not problems:
        for path in (target_file, summary_file, stop_file, stage_file, _journal_file):
            path(deployment, journal.token).unlink(missing_ok=True)
    return tuple(problems)


def leftovers(deployment: Deployment) -> tuple[Journal, ...]:
    """Return what killed runs left; nothing while a run is alive."""
    if not folder(deployment).is_dir():
        return ()
    with suppress(PlanError), lock(guard(deployment)):
        return tuple(_journals(deployment))
    return ()


def clean(deployment: Deployment) -> tuple[str, ...]:
    """Remove what killed runs left, bring back what they changed, and say of each how it went; the caller holds ``guard``."""
    said: list[str] = [*confine.cleaned(deployment)]
    for journal in tuple(_journals(deployment)):
        said += remove(deployment, journal) or (f"test space {journal.token} of an interrupted run is removed",)
    return tuple(said)


def _journal_file(deployment: Deployment, token: str) -> Path:
    return folder(deployment) / f"{token}.journal.json"


def _journals(deployment: Deployment) -> Iterator[Journal]:
    for path in sorted(folder(deployment).glob(JOURNALS)):
        try:
            yield Journal.model_validate_json(files.read(path))
        except ValidationError:
            token = re.fullmatch(r"([a-z0-9]{6,32})\.journal\.json", path.name)
            if token:
                yield Journal(token=token[1], expires=0)


def create(deployment: Deployment, journal: Journal, size: Size) -> Spaces:
    """Make the test spaces of ``journal``; raises UnusableError naming the service that could not."""
    asked = {"token": journal.token, "expires": journal.expires}
    blog = {**asked, "readers": size.readers, "authors": size.authors, "posts": size.posts}
    wiki = {**asked, "editors": size.editors, "pages": size.pages}
    return Spaces(
        token=journal.token,
        blog=_made(deployment, "blogs", blog, BlogSpace),
        wiki=_made(deployment, "wiki", wiki, WikiSpace),
    )


def _made(deployment: Deployment, service: str, question: Mapping[str, object], model: type[Space]) -> Space:
    try:
        return model.model_validate_json(_ask(deployment, service, "create", question))
    except PlanError as problem:
        raise UnusableError(f"{service}: no test space could be made: {_line(problem)}", hint=problem.hint) from problem
    except ValidationError as problem:  # without its input: that holds passwords
        fields = ", ".join(".".join(map(str, error["loc"])) or error["type"] for error in problem.errors(include_input=False))
        raise UnusableError(
            f"{service}: unexpected answer about a test space ({fields})", hint="run 'plan deploy': the images may be older than this checkout"
        ) from None


def _line(problem: PlanError) -> str:
    """Return the problem, and what its command said, on one line."""
    return " ".join(f"{problem} {problem.hint}".split())[:LINE_CHARACTERS]


def _ask(deployment: Deployment, service: str, verb: str, question: Mapping[str, object]) -> str:
    return deployment.exec(service, [TOOLS[service], "test-space", verb], stdin=json.dumps(question))
