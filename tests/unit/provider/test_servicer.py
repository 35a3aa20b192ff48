"""The provider's answers when Docker or a service does not do as asked."""

# ruff: noqa: ANN401 - recorded JSON and Docker answers have any shape

from threading import Event
from typing import Any

import docker.errors
import grpc
import pytest
import requests
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from infra.docker_provider.servicer import Provider
from infra.docker_provider.values import UNKNOWN, properties

from .standins import Context, Engine, Refused

URN = "urn:pulumi:s::p::docker:index/service:Service::web"
NETWORK = "urn:pulumi:s::p::docker:index/network:Network::net"
SECRET = "urn:pulumi:s::p::docker:index/secret:Secret::sec"  # noqa: S105 - a URN
INPUTS: dict[str, Any] = {
    "name": "web",
    "labels": [{"label": "ours", "value": "1"}],
    "taskSpec": {"containerSpec": {"image": "i"}},
    "convergeConfig": {"delay": "0s", "timeout": "0s"},
}


def message(plain: Any) -> struct_pb2.Struct:
    return json_format.ParseDict(plain, struct_pb2.Struct())


def refusal(code: int, explanation: str) -> docker.errors.APIError:
    answer = requests.Response()
    answer.status_code = code
    return docker.errors.APIError("refused", response=answer, explanation=explanation)


class Broken(Engine):
    """An engine on which no task ever runs."""

    def tasks(self, filters: dict[str, str]) -> list[dict[str, Any]]:  # noqa: ARG002 - as Docker's
        failed = {"State": "failed", "Err": "task: non-zero exit (3)"}
        return [{"Spec": {}, "DesiredState": "shutdown", "Status": failed, "CreatedAt": "2026-11-01T00:00:01Z"}]


def test_a_service_that_was_created_but_does_not_run_keeps_its_id(context: Context, provider: Provider) -> None:
    engine = Broken()
    engine.objects["id1"] = {"Name": "web", "Mode": {"Replicated": {"Replicas": 1}}, "TaskTemplate": {}}
    provider.client = engine
    with pytest.raises(Refused, match=r"non-zero exit \(3\)") as raised:
        provider.Create(provider_pb2.CreateRequest(urn=URN, properties=message(INPUTS)), context)
    status = status_pb2.Status.FromString(raised.value.metadata["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert detail.id == "id1"
    assert properties(detail.properties)["name"] == "web"
    assert list(detail.reasons) == [raised.value.reason]


def test_a_create_that_is_cancelled_keeps_its_id(context: Context, provider: Provider, engine: Engine) -> None:
    engine.objects["id1"] = {"Name": "web"}
    provider.cancelled = Event()
    provider.Cancel(None, context)
    with pytest.raises(Refused, match="cancelled") as raised:
        provider.Create(provider_pb2.CreateRequest(urn=URN, properties=message(INPUTS)), context)
    assert b"id1" in raised.value.metadata["grpc-status-details-bin"]


def test_a_dead_engine_is_one_line_with_the_mend(context: Context) -> None:
    def dead(_host: str) -> Any:
        raise docker.errors.DockerException("connection refused")

    provider = Provider("5.2.0", lambda _urn, _text: None, dead)
    with pytest.raises(Refused, match=r"the Docker engine at unix:///x does not answer; start it") as raised:
        provider.Configure(provider_pb2.ConfigureRequest(args=message({"host": "unix:///x"})), context)
    assert raised.value.code is grpc.StatusCode.FAILED_PRECONDITION
    assert "\n" not in raised.value.reason


def test_an_engine_that_dies_between_is_said_in_the_same_words(context: Context, provider: Provider, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(*_arguments: Any, **_named: Any) -> Any:
        raise requests.ConnectionError("broken pipe")

    monkeypatch.setattr(engine, "create_network", dead)
    with pytest.raises(Refused, match="does not answer"):
        provider.Create(provider_pb2.CreateRequest(urn=NETWORK, properties=message({"name": "n"})), context)


def test_dockers_own_words_are_the_answer(context: Context, provider: Provider, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any, **_named: Any) -> Any:
        raise refusal(500, "rpc error: code = Unknown desc = no space left on device")

    monkeypatch.setattr(engine, "create_network", full)
    with pytest.raises(Refused) as raised:
        provider.Create(provider_pb2.CreateRequest(urn=NETWORK, properties=message({"name": "n"})), context)
    assert raised.value.reason == "no space left on device"


def test_an_orphan_of_a_killed_run_is_adopted_and_brought_up_to_date(
    context: Context, provider: Provider, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_arguments: Any, **_named: Any) -> Any:
        raise refusal(409, "name conflicts with an existing object")

    monkeypatch.setattr(engine, "create_service", taken)
    body = {"Name": "web", "Labels": {"ours": "1"}, "Mode": {"Replicated": {"Replicas": 1}}, "TaskTemplate": {"ContainerSpec": {"Image": "i"}}}
    engine.objects["web"] = body
    answer = provider.Create(provider_pb2.CreateRequest(urn=URN, properties=message(INPUTS)), context)
    assert answer.id == "web"
    assert engine.sent[-1]["task_template"]["ContainerSpec"] == {"Image": "i"}


@pytest.mark.parametrize("labels", [{}, {"ours": "2"}])
def test_a_service_that_is_not_ours_is_never_adopted(
    context: Context, provider: Provider, engine: Engine, labels: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_arguments: Any, **_named: Any) -> Any:
        raise refusal(409, "name conflicts with an existing object")

    monkeypatch.setattr(engine, "create_service", taken)
    engine.objects["web"] = {"Name": "web", "Labels": labels}
    with pytest.raises(Refused, match="does not carry this deployment's labels"):
        provider.Create(provider_pb2.CreateRequest(urn=URN, properties=message(INPUTS)), context)
    assert engine.sent == []


def test_what_is_gone_is_read_as_nothing(context: Context, provider: Provider) -> None:
    answer = provider.Read(provider_pb2.ReadRequest(urn=URN, id="gone", inputs=message(INPUTS)), context)
    assert answer.id == ""


@pytest.mark.parametrize(("scope", "found"), [("swarm", ""), ("local", "n1")])
def test_a_nodes_copy_of_a_removed_network_is_no_network(context: Context, provider: Provider, engine: Engine, scope: str, found: str) -> None:
    engine.objects["n1"] = {"Name": "net", "Scope": scope, "Peers": []}
    answer = provider.Read(provider_pb2.ReadRequest(urn=NETWORK, id="n1", inputs=message({"name": "net"})), context)
    assert answer.id == found


def test_an_update_of_what_is_gone_says_to_refresh(context: Context, provider: Provider) -> None:
    with pytest.raises(Refused, match="refresh"):
        provider.Update(provider_pb2.UpdateRequest(urn=URN, id="gone", news=message(INPUTS)), context)


def test_a_preview_asks_docker_nothing(context: Context, provider: Provider) -> None:
    provider.client = None
    created = provider.Create(provider_pb2.CreateRequest(urn=URN, properties=message(INPUTS), preview=True), context)
    assert properties(created.properties)["id"] == UNKNOWN
    updated = provider.Update(provider_pb2.UpdateRequest(urn=URN, id="i", olds=message({"id": "i"}), news=message(INPUTS), preview=True), context)
    assert properties(updated.properties)["id"] == "i"


def test_a_secret_leaves_wrapped_and_without_its_data_in_any_message(context: Context, provider: Provider, engine: Engine) -> None:
    engine.objects["s1"] = {"Name": "sec"}
    answer = provider.Create(provider_pb2.CreateRequest(urn=SECRET, properties=message({"name": "sec", "data": "c2VjcmV0"})), context)
    assert answer.properties.fields["data"].WhichOneof("kind") == "struct_value"
    assert properties(answer.properties)["data"] == "c2VjcmV0"
