"""The plugin as the engine starts it: a process that prints a port and answers there."""

import subprocess
import sys
from pathlib import Path

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc

CHECKOUT = Path(__file__).resolve().parents[3]


def test_the_port_is_all_that_it_prints_and_it_has_the_sdks_version(tmp_path: Path) -> None:
    argv = [sys.executable, "-P", "-m", "infra.docker_provider", "127.0.0.1:1"]
    process = subprocess.Popen(argv, cwd=tmp_path, env={"PYTHONPATH": str(CHECKOUT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            answer = provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(empty_pb2.Empty(), timeout=60)
    finally:
        process.terminate()
        left, said = process.communicate(timeout=60)
    assert answer.version == "5.2.0"
    assert (left, said) == ("", "")
