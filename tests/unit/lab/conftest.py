"""A lab on an engine that is none."""

from pathlib import Path

import pytest

from infra import hosts, images
from infra.lab import build, carried, host, model, operate, seen, switch
from tests.unit.lab.engine import Engine


@pytest.fixture
def labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of labs."""
    folder = tmp_path / "labs"
    for module in (model, operate):
        monkeypatch.setattr(module, "LABS", folder)
    monkeypatch.setattr(carried, "AUTHORITIES", tmp_path)
    monkeypatch.setattr(carried, "PIP_SETTINGS", tmp_path / "pip.conf")
    monkeypatch.setattr(carried, "RESOLVERS", ())
    monkeypatch.delenv("SUDO_UID", raising=False)
    routes = tmp_path / "routes"
    routes.write_text("Iface Destination Gateway Flags RefCnt Use Metric Mask\neth0 00000000 010200C0 0003 0 0 0 00000000\n")
    monkeypatch.setattr(seen, "ROUTES", routes)
    return folder


@pytest.fixture
def engine(labs: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine that has no host yet, and builds images without a word."""
    assert not labs.exists()
    made = Engine()
    made.networks["bridge"] = {"Name": "bridge", "IPAM": {"Config": [{"Subnet": "172.17.0.0/16"}]}, "Labels": {}}
    for module in (build, host, operate, seen, switch):
        monkeypatch.setattr(module, "run", made.run)
    monkeypatch.setattr(images, "here", frozenset)
    monkeypatch.setattr(hosts, "make_base", lambda *_: [])
    return made
