"""Our provider against the official one's recorded answers."""

# ruff: noqa: ANN401 - recorded JSON and Docker answers have any shape

import json
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2

from infra.docker_provider.answers import KINDS
from infra.docker_provider.servicer import Provider
from infra.docker_provider.values import properties
from infra.docker_provider.wire import encode

from .standins import Context, Engine, recorded

# Faults of the official plugin that ours does not share: a phantom change beside the real
# ones, and a network that is to be replaced because of its own live gateway.
PHANTOM = "taskSpec.containerSpec.sysctl"
GATEWAY = ("back", "ipamConfigs")


def message(plain: Any) -> struct_pb2.Struct:
    return json_format.ParseDict(plain or {}, struct_pb2.Struct())


def meaning(value: Any) -> Any:
    """Return a value without what is empty in it, lists in one order: the official state is full of both."""
    if isinstance(value, dict):
        kept = {key: meaning(part) for key, part in value.items()}
        return {key: part for key, part in kept.items() if part not in (None, "", 0, False, [], {}, "0s", "0.0")}
    if isinstance(value, list):
        return sorted((meaning(part) for part in value), key=lambda part: json.dumps(part, sort_keys=True))
    return value


@pytest.mark.parametrize("call", recorded("CheckConfig"))
def test_the_provider_configuration_is_taken_as_the_official_takes_it(call: Any, provider: Provider, context: Context) -> None:
    answer = provider.CheckConfig(provider_pb2.CheckRequest(news=message(call["request"]["news"])), context)
    assert json_format.MessageToDict(answer) == call["response"]


@pytest.mark.parametrize("call", recorded("Check"))
def test_check_fills_in_the_official_defaults_and_marks_the_same_secrets(call: Any, provider: Provider, context: Context) -> None:
    request = provider_pb2.CheckRequest(urn=call["request"]["urn"], news=message(call["request"]["news"]))
    assert json_format.MessageToDict(provider.Check(request, context)) == call["response"]


@pytest.mark.parametrize("call", recorded("Diff"))
def test_diff_sees_the_official_changes_and_replacements(call: Any, provider: Provider, context: Context) -> None:
    asked, expected = call["request"], call["response"]
    if (asked["name"], "".join(expected.get("replaces", ()))) == GATEWAY:
        expected = {"changes": "DIFF_NONE", "hasDetailedDiff": True, "stables": sorted([*expected["stables"], "ipamConfigs"])}
    request = provider_pb2.DiffRequest(
        urn=asked["urn"], id=asked["id"], olds=message(asked["olds"]), old_inputs=message(asked["oldInputs"]), news=message(asked["news"])
    )
    answer = json_format.MessageToDict(provider.Diff(request, context))
    detailed = {path: change.get("kind", "ADD") for path, change in answer.pop("detailedDiff", {}).items()}
    official = {path: change.get("kind", "ADD") for path, change in expected.get("detailedDiff", {}).items() if path != PHANTOM}
    assert detailed == official
    assert answer == {key: value for key, value in expected.items() if key != "detailedDiff"}


@pytest.mark.parametrize("call", [call for call in recorded("Create") if not call.values[0]["request"].get("preview")])
def test_create_leaves_the_official_state(call: Any, provider: Provider, context: Context, engine: Engine) -> None:
    urn, answered = call["request"]["urn"], call["response"]
    remember(engine, urn, answered)
    answer = provider.Create(provider_pb2.CreateRequest(urn=urn, properties=message(call["request"]["properties"])), context)
    assert answer.id == answered["id"]
    assert state_of(answer.properties) == meaning(answered["properties"])


@pytest.mark.parametrize("call", [call for call in recorded("Update") if not call.values[0]["request"].get("preview")])
def test_update_leaves_the_official_state(call: Any, provider: Provider, context: Context, engine: Engine) -> None:
    asked, answered = call["request"], call["response"]
    remember(engine, asked["urn"], {"id": asked["id"], **answered})
    answer = provider.Update(provider_pb2.UpdateRequest(urn=asked["urn"], id=asked["id"], news=message(asked["news"]), olds=message(asked["olds"])), context)
    assert state_of(answer.properties) == meaning(answered["properties"])


@pytest.mark.parametrize("call", recorded("Read"))
def test_a_refresh_keeps_inputs_and_secrets_as_the_official_does(call: Any, provider: Provider, context: Context, engine: Engine) -> None:
    asked, answered = call["request"], call["response"]
    remember(engine, asked["urn"], answered)
    answer = provider.Read(
        provider_pb2.ReadRequest(urn=asked["urn"], id=asked["id"], inputs=message(asked["inputs"]), properties=message(asked["properties"])), context
    )
    assert answer.id == asked["id"]
    assert json_format.MessageToDict(answer.inputs) == answered["inputs"]
    if asked["name"] != GATEWAY[0]:
        assert state_of(answer.properties) == meaning(answered["properties"])


@pytest.mark.parametrize("call", recorded("Create"))
def test_a_preview_of_a_creation_promises_no_more_than_the_official(call: Any, provider: Provider, context: Context) -> None:
    request = provider_pb2.CreateRequest(urn=call["request"]["urn"], properties=message(call["request"]["properties"]), preview=True)
    promised = properties(provider.Create(request, context).properties)
    assert "scope" not in promised
    assert not provider.cancelled.wait(0)


def remember(engine: Engine, urn: str, answered: Any) -> None:
    """Give the engine the object that the official plugin left."""
    kind = KINDS[urn.split("::")[2]]
    live = properties(message(answered["properties"]))
    engine.objects[answered["id"]] = {**encode(kind.shape, live), "Scope": live.get("scope")}


def state_of(answered: struct_pb2.Struct) -> Any:
    return meaning(json_format.MessageToDict(answered))
