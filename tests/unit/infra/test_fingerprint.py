"""What a calibration is bound to."""

import json
from pathlib import Path

import pytest

from infra import deployment as deployments
from infra import fingerprint, images
from infra.deployment import Deployment
from tests.unit.sample_plan import SAMPLE

CPUINFO = "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) Processor\nprocessor\t: 1\nmodel name\t: Intel(R) Xeon(R) Processor\n"
MEMINFO = "MemTotal:       24588544 kB\nMemFree:        1 kB\n"


def test_processor_and_memory_are_read_as_the_kernel_writes_them() -> None:
    assert fingerprint.processor(CPUINFO) == "Intel(R) Xeon(R) Processor"
    assert fingerprint.processor("processor\t: 0\n") == ""
    assert fingerprint.memory_gib(MEMINFO) == 23.4


def test_the_machine_stands_beside_what_the_plan_says_of_it() -> None:
    found = fingerprint.machine(SAMPLE)
    server = SAMPLE.servers[0]
    assert (found.name, found.planned_cores, found.planned_memory_gib, found.score) == (server.shape or server.role, server.cores, server.memory_gib, None)
    assert found.cores > 0
    assert found.memory_gib > 0


def test_the_version_is_what_ran_and_moves_with_the_packages_not_with_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = Deployment(SAMPLE, tmp_path)
    marked = {"wiki": "2026-11-01T00:00:00Z"}
    recorded = {image.name: image.reference for image in images.images("registry.example:5000", marked)}
    live: dict[str, dict[str, str]] = {kind: {} for kind in deployments.RECORDED}
    (tmp_path / "deployment.json").write_text(json.dumps({"images": recorded, "packages": {"as_of": marked}, "live": live}))
    monkeypatch.setattr(deployments, "ROOT", tmp_path / "none")
    assert fingerprint.as_of(deployment) == marked
    assert fingerprint.ran(deployment) == fingerprint.now("nobody", marked)
    plain = fingerprint.now("nobody", {})
    assert plain["blogs"] == fingerprint.ran(deployment)["blogs"]
    assert plain["wiki"] != fingerprint.ran(deployment)["wiki"]
    assert all(tag.startswith(images.SUITE) for tag in plain.values())
