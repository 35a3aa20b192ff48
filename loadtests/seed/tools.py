"""What the images' own tools are asked, and what they answer."""

import json
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from loadtests.deployment import Deployment
from runtime.errors import PlanError

TOOLS = {"blogs": "underdesk-blogs", "wiki": "underdesk-wiki"}
BLOG_PARTS = 2  # as SEED_PARTS of the blogs image; the wiki has one: two would fight for its shared rows


class Answer(BaseModel):
    """A part of what a tool answers; what it adds is not read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Record(Answer):
    """What the platform says was seeded; ``state`` is seeding, complete or removing."""

    size: str
    seed: int
    language: str
    version: int
    state: str

    def __str__(self) -> str:
        return f"size {self.size} with seed {self.seed}"


class BlogsThere(Answer):
    """What there is of blogs; ``complete`` of them are whole."""

    record: Record | None
    blogs: int
    complete: int
    people: int
    posts: int
    pictures: int
    comments: int
    digest: str = ""


class WikiThere(Answer):
    """What there is of the wiki."""

    pages: int
    talk: int
    edits: int
    remarks: int
    links: int
    files: int
    people: int
    digest: str = ""


class Made(Answer):
    """How many blogs or pages were made; the others were there."""

    made: int


class Left(Answer):
    """How many blogs or pages are still to be removed."""

    left: int


Model = TypeVar("Model", bound=Answer)


def ask(deployment: Deployment, service: str, verb: str, question: Mapping[str, object], model: type[Model]) -> Model:
    """Ask the tool of ``service``; raises PlanError where it cannot, or where its answer is not what is expected."""
    said = deployment.exec(service, [TOOLS[service], "seed", verb], stdin=json.dumps(question))
    try:
        return model.model_validate_json(said)
    except ValidationError as problem:
        fields = ", ".join(".".join(map(str, error["loc"])) or error["type"] for error in problem.errors(include_input=False))
        raise PlanError(
            f"unexpected answer about seeded content ({fields})", where=service, hint="run 'plan deploy': the images may be older than this checkout"
        ) from None


def blogs_there(deployment: Deployment, *, digest: bool = False) -> BlogsThere:
    """Return what there is of blogs; ``digest`` reads all of it."""
    return ask(deployment, "blogs", "status", {"digest": digest}, BlogsThere)


def wiki_there(deployment: Deployment, *, digest: bool = False) -> WikiThere:
    """Return what there is of the wiki; ``digest`` reads all of it."""
    return ask(deployment, "wiki", "status", {"digest": digest}, WikiThere)
