"""What every resource type is made of."""

from collections.abc import Callable
from typing import Protocol

import docker.errors

from infra.docker_provider import drift
from infra.docker_provider.calls import Call
from infra.docker_provider.failures import GONE, Failed, status
from infra.docker_provider.shapes import Record
from infra.docker_provider.values import UNKNOWN, Properties
from infra.docker_provider.wire import Wire, decode, encode


class Kind(Protocol):
    """One resource type."""

    @property
    def token(self) -> str:
        """Pulumi's type token."""

    @property
    def shape(self) -> Record:
        """Its properties."""

    @property
    def fixed(self) -> tuple[str, ...]:
        """Properties whose change is a replacement."""

    @property
    def secret(self) -> tuple[str, ...]:
        """Properties that are secrets whatever the program says."""

    @property
    def version(self) -> str:
        """Version of the official plugin's state of this type, "" where it writes none."""

    def create(self, call: Call, inputs: Properties) -> str:
        """Make it and return its id; raises InitFailed where it is there but does not work."""

    def read(self, call: Call, identifier: str) -> Wire | None:
        """Return what Docker says about it, in the form that ``create`` sends; None, or a 404, where it is gone."""

    def update(self, call: Call, identifier: str, inputs: Properties) -> None:
        """Change it in place."""

    def delete(self, call: Call, identifier: str, state: Properties) -> None:
        """Remove it; gone already is fine."""

    def body(self, inputs: Properties) -> Wire:
        """Return what ``create`` sends."""

    def comparable(self, live: Properties, inputs: Properties) -> Properties:
        """Return of the live values those that can be compared with ``inputs``."""

    def computed(self, body: Wire) -> Properties:
        """Return properties of the state that are no inputs."""


class Plain:
    """What most resource types have in common."""

    shape: Record

    def body(self, inputs: Properties) -> Wire:
        """Return the inputs as Docker's API wants them."""
        return encode(self.shape, inputs)

    def comparable(self, live: Properties, inputs: Properties) -> Properties:  # noqa: ARG002 - others need the inputs
        """Return all live values."""
        return live

    def computed(self, body: Wire) -> Properties:  # noqa: ARG002 - others need the body
        """Return nothing."""
        return {}

    def update(self, call: Call, identifier: str, inputs: Properties) -> None:  # noqa: ARG002 - every change is a replacement
        """Refuse: every change of this type is a replacement."""
        message = "cannot be changed in place"
        raise Failed(message)


def state(kind: Kind, identifier: str, inputs: Properties, body: Wire) -> Properties:
    """Return the state to remember: inputs over live values."""
    marks = {"__meta": f'{{"schema_version":"{kind.version}"}}'} if kind.version else {}
    return {**drift.over(decode(kind.shape, body), inputs, kind.shape), **kind.computed(body), "id": identifier, **marks}


def planned(kind: Kind, inputs: Properties, old: Properties | None = None) -> Properties:
    """Return the state that a preview promises."""
    return {**drift.over({}, inputs, kind.shape), "id": old["id"] if old and "id" in old else UNKNOWN}


def refreshed_inputs(kind: Kind, inputs: Properties, body: Wire) -> Properties:
    """Return the inputs with what drifted in their place; all live values where there were none (import)."""
    live = decode(kind.shape, body)
    if not inputs:
        return live
    found: Properties = drift.refreshed(kind.shape, inputs, decode(kind.shape, kind.body(inputs)), kind.comparable(live, inputs))
    return found


def remembered(kind: Kind, inputs: Properties, old_state: Properties) -> Properties:
    """Return the old inputs as they came true: the official plugin remembers those of a failed update, too."""
    if not inputs or not old_state:
        return inputs
    try:
        live = kind.comparable(decode(kind.shape, kind.body(old_state)), inputs)
    except (ValueError, KeyError, TypeError):  # a state that was damaged or edited: its inputs are all there is
        return inputs
    found: Properties = drift.refreshed(kind.shape, inputs, decode(kind.shape, kind.body(inputs)), live, extras=False)
    return found


def labels_of(inputs: Properties) -> dict[str, str]:
    """Return the labels that the program gives."""
    return {entry["label"]: entry["value"] for entry in inputs.get("labels") or []}


def check_ours(what: str, inputs: Properties, live_labels: dict[str, str] | None) -> None:
    """Raise Failed unless the object of that name carries our labels: then a killed run left it, and it is ours."""
    wanted = labels_of(inputs)
    if not wanted or not wanted.items() <= (live_labels or {}).items():
        message = f"a {what} named {inputs['name']} is there already and does not carry this deployment's labels; remove it or choose another name"
        raise Failed(message)


def the_one(what: str, found: list[Wire], inputs: Properties) -> Wire:
    """Return of ``found`` the object of exactly our name; raises Failed where it has just gone, or is not ours."""
    for each in found:
        about = each.get("Spec", each)
        if about["Name"] == inputs["name"]:
            check_ours(what, inputs, about.get("Labels"))
            return each
    message = f"a {what} named {inputs['name']} was in the way and has just gone; run this again"
    raise Failed(message)


def remove(call: Call, action: Callable[[], object], patience: int) -> None:
    """Run ``action`` until Docker no longer says that the object is in use; gone is fine.

    Raises Docker's refusal after ``patience`` tries, one a second.
    """
    for left in range(patience, -1, -1):
        try:
            action()
        except docker.errors.APIError as problem:
            if status(problem) == GONE:
                return
            in_use = any(word in str(problem.explanation) for word in ("in use", "active endpoints"))
            if not in_use or not left or call.cancelled.wait(1):
                raise
            call.say(f"still in use, {left} s left")
        else:
            return
