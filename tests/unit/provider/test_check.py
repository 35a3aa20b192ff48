"""What cannot be is refused before anything is changed."""

from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2

from infra.docker_provider.servicer import Provider

from .standins import Context, Refused

SERVICE = "urn:pulumi:s::p::docker:index/service:Service::web"
SECRET = "urn:pulumi:s::p::docker:index/secret:Secret::sec"  # noqa: S105 - a URN
CONTAINER = {"image": "i"}


def refusals(provider: Provider, context: Context, urn: str, given: dict[str, Any]) -> dict[str, str]:
    request = provider_pb2.CheckRequest(urn=urn, news=json_format.ParseDict(given, struct_pb2.Struct()))
    return {failure.property: failure.reason for failure in provider.Check(request, context).failures}


@pytest.mark.parametrize(
    ("given", "path", "reason"),
    [
        ({"taskSpec": {"containerSpec": CONTAINER}}, "name", "is required"),
        ({"name": "n"}, "taskSpec", "is required"),
        ({"name": "n", "taskSpec": {"containerSpec": {}}}, "taskSpec.containerSpec.image", "is required"),
        ({"name": "n", "taskSpec": {"containerSpec": {"image": "i", "privileges": {}}}}, "taskSpec.containerSpec.privileges", "is not served"),
        ({"name": "n", "taskSpec": {"containerSpec": {"image": 3}}}, "taskSpec.containerSpec.image", "must be text"),
        ({"name": "n", "taskSpec": "x"}, "taskSpec", "must be a group of properties"),
        ({"name": "n", "taskSpec": {"containerSpec": {"image": "i", "mounts": [{"type": "bind"}]}}}, "taskSpec.containerSpec.mounts[0].target", "is required"),
        ({"name": "n", "taskSpec": {"containerSpec": {"image": "i", "stopGracePeriod": "soon"}}}, "taskSpec.containerSpec.stopGracePeriod", "is no duration"),
        ({"name": "n", "taskSpec": {"containerSpec": CONTAINER}, "mode": {"replicated": {"replicas": True}}}, "mode.replicated.replicas", "a whole number"),
        ({"name": "n", "taskSpec": {"containerSpec": CONTAINER}, "mode": {"global": True}, "convergeConfig": {}}, "", ""),
        ({"name": "n", "taskSpec": {"containerSpec": CONTAINER}, "mode": {"global": True}, "convergeConfig": {"delay": "1s"}}, "convergeConfig", "global"),
    ],
)
def test_a_wrong_service_is_refused_at_its_path(provider: Provider, context: Context, given: dict[str, Any], path: str, reason: str) -> None:
    found = refusals(provider, context, SERVICE, given)
    assert reason in found.get(path, "")
    assert bool(found) == bool(path)


def test_a_secret_that_is_not_base64_is_refused_without_being_repeated(provider: Provider, context: Context) -> None:
    found = refusals(provider, context, SECRET, {"name": "n", "data": "hunter2!"})
    assert found == {"data": "is not base64"}


def test_an_unknown_type_is_refused_by_name(provider: Provider, context: Context) -> None:
    with pytest.raises(Refused, match="docker:index/image:Image is not served"):
        refusals(provider, context, "urn:pulumi:s::p::docker:index/image:Image::x", {})


def test_a_child_of_a_component_is_told_by_its_own_type(provider: Provider, context: Context) -> None:
    assert refusals(provider, context, "urn:pulumi:s::p::my:own:Thing$docker:index/secret:Secret::sec", {"name": "n"}) == {"data": "is required"}


@pytest.mark.parametrize(("configuration", "path"), [({"host": "ssh://box"}, "host"), ({"certMaterial": "x"}, "certMaterial")])
def test_a_configuration_that_is_not_served_is_refused(provider: Provider, context: Context, configuration: dict[str, str], path: str) -> None:
    request = provider_pb2.CheckRequest(news=json_format.ParseDict(configuration, struct_pb2.Struct()))
    assert [failure.property for failure in provider.CheckConfig(request, context).failures] == [path]
