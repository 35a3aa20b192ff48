"""Unit tests touch no engine and no other machine: where they would, they must not find it."""

import os
from pathlib import Path

import pytest

NOBODY = "#!/bin/sh\necho 'a unit test reaches no host' >&2\nexit 255\n"


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")


@pytest.fixture(scope="session")
def nobody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an ``ssh`` that reaches nobody."""
    folder = tmp_path_factory.mktemp("nobody")
    (folder / "ssh").write_text(NOBODY, encoding="ascii")
    (folder / "ssh").chmod(0o755)
    return folder


@pytest.fixture(autouse=True)
def no_hosts(monkeypatch: pytest.MonkeyPatch, nobody: Path) -> None:
    """Put that first; who needs an ``ssh`` of its own puts it before."""
    monkeypatch.setenv("PATH", f"{nobody}{os.pathsep}{os.environ['PATH']}")
