"""The official plugin's recorded answers, and a Docker engine that only remembers."""

# ruff: noqa: ANN401 - recorded JSON and Docker answers have any shape

import json
from pathlib import Path
from threading import Event
from typing import Any, NoReturn

import docker.errors
import grpc
import pytest
import requests

from infra.docker_provider.values import Properties

GOLDEN = Path(__file__).parent / "golden"


class Refused(Exception):  # noqa: N818 - what happened, in the tests' words
    """What the engine would have seen instead of an answer."""

    def __init__(self, code: grpc.StatusCode, reason: str, metadata: tuple[tuple[str, bytes], ...]) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.metadata = dict(metadata)


class Context:
    """The part of gRPC's context that a servicer uses."""

    def __init__(self) -> None:
        self.metadata: tuple[tuple[str, bytes], ...] = ()

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.metadata = metadata

    def abort(self, code: grpc.StatusCode, reason: str) -> NoReturn:
        raise Refused(code, reason, self.metadata)


class Impatient(Event):
    """A cancel that is never given, for which nobody waits."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - as the real one
        return False

    def set(self) -> None:
        raise AssertionError


class Engine:
    """A Docker engine that has what it was told to have, and whose tasks start at once."""

    def __init__(self) -> None:
        self.objects: dict[str, Properties] = {}
        self.sent: list[Properties] = []

    def ping(self) -> bool:
        return True

    def networks(self, ids: list[str]) -> list[Properties]:
        return [{"Id": identifier, **body} for identifier, body in self.objects.items() if identifier.startswith(ids[0])]

    def inspect_config(self, identifier: str) -> Properties:
        return {"ID": identifier, "Spec": self._found(identifier)}

    inspect_secret = inspect_config

    def inspect_service(self, identifier: str) -> Properties:
        return {"ID": identifier, "Spec": self._found(identifier), "UpdatedAt": "2026-11-01T00:00:00Z", "Version": {"Index": 1}}

    def tasks(self, filters: dict[str, str]) -> list[Properties]:
        spec = self._found(filters["service"])
        task = {"Spec": spec["TaskTemplate"], "DesiredState": "running", "Status": {"State": "running"}, "CreatedAt": "2026-11-01T00:00:01Z"}
        return [task] * spec["Mode"]["Replicated"]["Replicas"]

    def create_network(self, name: str, **_arguments: Any) -> Properties:
        return {"Id": self._named(name)}

    def create_config(self, name: str, _data: bytes, _labels: Any = None, **_arguments: Any) -> Properties:
        return {"ID": self._named(name)}

    create_secret = create_config

    def create_service(self, task_template: Properties, **spec: Any) -> Properties:
        self.sent.append({"TaskTemplate": task_template, **spec})
        return {"ID": self._named(spec["name"])}

    def update_service(self, _identifier: str, _version: int, **spec: Any) -> None:
        self.sent.append(spec)

    def _named(self, name: str) -> str:
        return next(identifier for identifier, body in self.objects.items() if body["Name"] == name)

    def _found(self, identifier: str) -> Properties:
        if identifier not in self.objects:
            answer = requests.Response()
            answer.status_code = 404
            raise docker.errors.NotFound("gone", response=answer, explanation=f"{identifier} not found")
        return self.objects[identifier]


def recorded(method: str) -> list[Any]:
    """Return the recorded calls of ``method`` that were answered, as parameters of a test."""
    found: list[Any] = []
    for file in sorted(GOLDEN.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            call = json.loads(line)
            if call["method"] == method and call.get("response") is not None:
                found.append(pytest.param(call, id=f"{file.stem}-{call['request'].get('name', '')}-{len(found)}"))
    return found
