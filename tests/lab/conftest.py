"""One lab host for all tests here: booted, filled and deployed once, removed at the end."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import images
from infra.lab import host as lab
from infra.lab.commands import LabHost
from tests.lab.cluster import KEEP, standing
from tests.lab.ground import Ground
from tests.lab.machine import Machine

SLOT = int(os.environ.get("UNDERDESK_TEST_SLOT", "0"))  # several people may test on one machine
NAME = f"underdesk-lab-{SLOT}"
HANDOVER = Path(f"/var/tmp/{NAME}")  # noqa: S108 - made private below; a kept host goes on seeing it


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """A lab host that serves the desk of brief.yaml."""
    host = LabHost(NAME, NAME, f"172.31.{200 + SLOT}.0/24", f"172.31.{200 + SLOT}.10", HANDOVER)
    made = Machine(host)
    if os.environ.get(KEEP) and lab.is_up(host):
        yield made
        return
    if not set(images.references().values()) <= images.here():
        pytest.exit("the lab lends its hosts this machine's engine and images: run 'make pilot' first", 1)
    lab.down(host)
    HANDOVER.mkdir(mode=0o700, parents=True, exist_ok=True)
    lab.up(host)
    try:
        made.prepare()
        made.deploy()
        yield made
    finally:
        if not os.environ.get(KEEP):
            lab.down(made.host)


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Three lab hosts that are ready, for what single rooms of a cluster make of them."""
    with standing(Ground(f"g{SLOT}ground", 3, tmp_path_factory.mktemp("ground"))) as made:
        yield made
