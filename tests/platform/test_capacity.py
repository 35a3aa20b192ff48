"""The search for the capacity on the real platform: levels in one process, an answer with its interval, and nothing left."""

import json
from pathlib import Path

import pytest

from infra.deployment import Deployment
from tests.platform.conftest import Command
from tests.platform.test_steady import Found, before, nothing_left

__all__ = ["before"]
SECONDS = 150
EXIT_CODES = {"passed": 0, "invalid": 1, "failed": 3}


def test_a_short_search_says_how_many_people_and_what_gives_first_and_leaves_nothing(
    deployment: Deployment,
    plan: Command,
    folder: Path,
    before: Found,
) -> None:
    tested = plan("test", "capacity", "--name", deployment.name, "--duration", str(SECONDS), "--json")
    answer = json.loads(tested.stdout)
    assert tested.returncode == EXIT_CODES[answer["verdict"]], answer["reasons"]
    assert answer == json.loads((folder / "result.json").read_text())
    assert answer["schema"]["version"] == 8
    assert answer["scenario"] == "capacity"
    found = answer["capacity"]
    assert len(found["levels"]) >= 3 or any(one["ended"] for one in found["levels"]), found["stopped"]  # the disk stood still, and people suffered
    assert answer["duration_s"] <= SECONDS + 10
    assert deployment.plan.served is not None
    assert found["predicted"]["people"] == deployment.plan.served.people
    fine = [one for one in found["levels"] if not one["generator"]["faults"] and not one["ended"]]
    if fine:  # else others took the cores, and the search says so
        assert found["share"]["low"] <= found["share"]["value"] <= found["share"]["high"]
        assert found["people"]["value"] == pytest.approx(found["share"]["value"] * deployment.plan.people, rel=0.01)
        assert found["binding"] == found["targets"][0]["target"]
        assert 0.0 < max(fine, key=lambda one: one["share"])["utilisation"] < 1.0
        came, asked = (sum(one[member] * one["measured_s"] for one in fine) for member in ("share", "share_asked"))
        assert came == pytest.approx(asked, rel=0.5)  # of all levels: in one of 15 s chance decides how many heavy requests come
    else:
        assert answer["verdict"] in {"invalid", "failed"}
    nothing_left(deployment, before)
