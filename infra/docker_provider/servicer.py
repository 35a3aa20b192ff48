"""The gRPC service that the Pulumi engine calls."""

# ruff: noqa: ARG002, D102, N802 - names and parameters are those of the gRPC service

import os
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any, NoReturn, TypeVar

import docker
import docker.errors
import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from infra.docker_provider import answers, failures
from infra.docker_provider.calls import Call
from infra.docker_provider.kinds import Kind, planned, refreshed_inputs, remembered, state
from infra.docker_provider.values import Properties, properties, struct

SOCKET = "unix:///var/run/docker.sock"
TIMEOUT_S = 60
Line = Callable[[str, str], None]
Request = Any  # each method knows its message; the generated stubs do not fit the generated code
Context = Any
Answer = TypeVar("Answer")


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine; ``version`` is the SDK's, ``line`` shows a status line for a URN."""

    def __init__(self, version: str, line: Line, connect: Callable[[str], Any] | None = None) -> None:
        self.version = version
        self.line = line
        self.connect = connect or _connect
        self.cancelled = Event()
        self.host = SOCKET
        self.client: Any = None

    def Handshake(self, request: Request, context: Context) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Request, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self.version)

    def Attach(self, request: Request, context: Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def CheckConfig(self, request: Request, context: Context) -> provider_pb2.CheckResponse:
        return answers.check_config(properties(request.news))

    def DiffConfig(self, request: Request, context: Context) -> provider_pb2.DiffResponse:
        return answers.diff_config(properties(request.old_inputs), properties(request.news))

    def Configure(self, request: Request, context: Context) -> provider_pb2.ConfigureResponse:
        """Connect, so that an engine that is down is said once and not for each resource."""
        self.host = properties(request.args).get("host") or os.environ.get("DOCKER_HOST") or SOCKET
        try:
            self.client = self.connect(self.host)
            self.client.ping()
        except (docker.errors.DockerException, OSError) as problem:
            _abort(context, failures.reason(problem, self.host), grpc.StatusCode.FAILED_PRECONDITION)
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Request, context: Context) -> provider_pb2.CheckResponse:
        return answers.check_inputs(_kind(request.urn, context), properties(request.news))

    def Diff(self, request: Request, context: Context) -> provider_pb2.DiffResponse:
        kind = _kind(request.urn, context)
        old = remembered(kind, properties(request.old_inputs), properties(request.olds))
        return answers.diff(kind, old, properties(request.news))

    def Create(self, request: Request, context: Context) -> provider_pb2.CreateResponse:
        kind, inputs = _kind(request.urn, context), properties(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=struct(planned(kind, inputs), kind.secret))
        try:
            identifier = self._run(context, request.urn, lambda call: kind.create(call, inputs))
        except failures.InitFailed as problem:
            self._init_failed(context, kind, problem, inputs)
        return provider_pb2.CreateResponse(id=identifier, properties=self._state(context, kind, request.urn, identifier, inputs))

    def Read(self, request: Request, context: Context) -> provider_pb2.ReadResponse:
        """Answer what is there: nothing (an empty id) where it was removed by hand."""
        kind, inputs = _kind(request.urn, context), properties(request.inputs)
        body = self._run(context, request.urn, partial(_read, kind, request.id))
        if body is None:
            return provider_pb2.ReadResponse()
        found = refreshed_inputs(kind, inputs, body)
        known = {**found, **{key: inputs[key] for key in kind.secret if key in inputs}}
        live = struct(state(kind, request.id, known, body), kind.secret)
        return provider_pb2.ReadResponse(id=request.id, properties=live, inputs=struct(known, kind.secret))

    def Update(self, request: Request, context: Context) -> provider_pb2.UpdateResponse:
        kind, inputs = _kind(request.urn, context), properties(request.news)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=struct(planned(kind, inputs, properties(request.olds)), kind.secret))
        self._run(context, request.urn, lambda call: kind.update(call, request.id, inputs))
        return provider_pb2.UpdateResponse(properties=self._state(context, kind, request.urn, request.id, inputs))

    def Delete(self, request: Request, context: Context) -> empty_pb2.Empty:
        kind = _kind(request.urn, context)
        self._run(context, request.urn, lambda call: kind.delete(call, request.id, properties(request.properties)))
        return empty_pb2.Empty()

    def Cancel(self, request: Request, context: Context) -> empty_pb2.Empty:
        """End every wait (Ctrl-C; the engine says it at the end of each run, too)."""
        self.cancelled.set()
        return empty_pb2.Empty()

    def _run(self, context: Context, urn: str, action: Callable[[Call], Answer]) -> Answer:
        """Do ``action``; what Docker refuses becomes the answer, with the resource's name."""
        try:
            return action(Call(self.client, self.cancelled, lambda text: self.line(urn, text)))
        except failures.InitFailed:
            raise
        except (docker.errors.DockerException, failures.Failed, ValueError, OSError) as problem:
            _abort(context, failures.reason(problem, self.host))

    def _state(self, context: Context, kind: Kind, urn: str, identifier: str, inputs: Properties) -> struct_pb2.Struct:
        body = self._run(context, urn, lambda call: kind.read(call, identifier))
        return struct(state(kind, identifier, inputs, body or {}), kind.secret)

    def _init_failed(self, context: Context, kind: Kind, problem: failures.InitFailed, inputs: Properties) -> NoReturn:
        """Answer that the resource is there but does not work, so that the engine remembers its id."""
        detail = provider_pb2.ErrorResourceInitFailed(
            id=problem.identifier,
            properties=struct({**planned(kind, inputs), "id": problem.identifier}, kind.secret),
            reasons=[str(problem)],
            inputs=struct(inputs, kind.secret),
        )
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(problem))
        status.details.add().Pack(detail)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        _abort(context, str(problem))


def _connect(host: str) -> "docker.APIClient":
    return docker.APIClient(base_url=host, version="auto", timeout=TIMEOUT_S)


def _read(kind: Kind, identifier: str, call: Call) -> Properties | None:
    try:
        return kind.read(call, identifier)
    except docker.errors.APIError as problem:
        if failures.status(problem) == failures.GONE:
            return None
        raise


def _kind(urn: str, context: Context) -> Kind:
    token = urn.split("::")[2].rpartition("$")[2]
    if token not in answers.KINDS:
        _abort(context, f"{token} is not served by the air-gapped Docker provider, which serves {', '.join(sorted(answers.KINDS))}")
    return answers.KINDS[token]


def _abort(context: Context, reason: str, code: grpc.StatusCode = grpc.StatusCode.UNKNOWN) -> NoReturn:
    context.abort(code, reason)
    raise AssertionError(reason)
