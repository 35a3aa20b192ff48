"""The calibration on the real platform: demands are measured, written, used by the next plan, and nothing is left."""

import json
from pathlib import Path

from infra.deployment import Deployment
from sizing.calibration import MEASURED, parse
from sizing.demands import variation_of
from tests.platform.conftest import Command
from tests.platform.test_steady import Found, before, nothing_left

__all__ = ["before"]
SECONDS = 120
EXIT_CODES = {"passed": 0, "invalid": 1, "failed": 3}


def test_a_short_calibration_is_written_used_and_predicts_what_the_platform_used(
    deployment: Deployment,
    plan: Command,
    folder: Path,
    before: Found,
) -> None:
    target = folder / "measured.json"
    target.unlink(missing_ok=True)
    tested = plan("calibrate", "--name", deployment.name, "--duration", str(SECONDS), "--output", str(target), "--json")
    answer = json.loads(tested.stdout)
    assert tested.returncode == EXIT_CODES[answer["verdict"]], answer["reasons"]
    assert answer["scenario"] == "calibrate"
    assert answer["duration_s"] <= SECONDS + 10
    nothing_left(deployment, before)
    found = answer["calibrated"]
    if answer["verdict"] != "passed":  # others took the cores, and the calibration says so
        assert any(one["generator"]["faults"] or one["ended"] for one in found["levels"]), answer["reasons"]
        assert not target.exists()
        return
    held = parse(target.read_text()).measurements
    assert held is not None
    assert set(held.numbers) == MEASURED
    assert held.machine.planned_cores == deployment.plan.servers[0].cores
    counting = [one for one in found["levels"] if one["counts"]]
    used = sum(one["measured_s"] * one["utilisation"] for one in counting)
    off = sum(one["measured_s"] * abs(one["fitted"] - one["utilisation"]) for one in counting)
    assert off < 0.35 * used  # of all levels: one of 12 s scatters by itself, as chance picks heavy requests
    sized = plan("size", "--calibration", str(target), "--output", str(folder / "measured-plan.json"))
    assert sized.returncode == 0, sized.stderr
    assert f"Calibrated: {len(MEASURED) + len(held.variations)} numbers were measured by load" in sized.stdout
    using = json.loads((folder / "measured-plan.json").read_text())["inputs"]["measured"]
    assert "as measured" in using["words"]
    assert set(using["replaced"]) == MEASURED | {variation_of(kind) for kind in held.variations}
