"""Serving: one gRPC server on loopback, for as long as the engine lives."""

import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import version

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from infra.docker_provider.servicer import Provider

MESSAGE_BYTES = 400 * 1024 * 1024
THREADS = 64
WATCH_S = 1.0
OPTIONS = (("grpc.max_receive_message_length", MESSAGE_BYTES), ("grpc.max_send_message_length", MESSAGE_BYTES))


def serve(argv: Sequence[str]) -> int:
    """Serve until the engine (``argv[0]`` is its address) ends us or is gone; the port is all that goes to stdout."""
    server = grpc.server(ThreadPoolExecutor(THREADS), options=OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(version("pulumi-docker"), _lines(argv)), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()
    return 0


def _lines(argv: Sequence[str]) -> Callable[[str, str], None]:
    """Return what shows a status line at the engine; losing one is no failure."""
    if not argv:
        return lambda _urn, _text: None
    engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(argv[0]))
    shown: dict[str, str] = {}

    def line(urn: str, text: str) -> None:
        if shown.get(urn) != text:
            shown[urn] = text
            with suppress(grpc.RpcError):
                engine.Log(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=True), timeout=WATCH_S)

    return line


def _end_with(parent: int) -> None:
    """End this process when the engine that started it is gone (a killed engine leaves its plugins)."""
    never = threading.Event()
    while os.getppid() == parent:
        never.wait(WATCH_S)
    os._exit(0)
