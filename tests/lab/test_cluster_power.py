"""All hosts lose their power at once, and what the database had not synced is really gone: no post that was acknowledged is, and all comes back by itself."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import power
from tests.lab.cluster import KEEP, standing, wait_for
from tests.lab.faults import WELL_S, all_gone, well
from tests.lab.serving import ServingLab

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingLab]:
    made = ServingLab(f"p{SLOT}ower", 3, tmp_path_factory.mktemp("power"))
    with standing(made, deployed=not (os.environ.get(KEEP) and made.inventory.exists())) as whole:
        wait_for(lambda: well(whole), WELL_S, "the cluster is not well")
        power.forgetful(whole)
        yield whole


def test_everybody_loses_power_and_what_was_not_synced(cluster: ServingLab, tmp_path: Path) -> None:
    power.marked(cluster)
    seconds, outcome = all_gone(cluster, tmp_path, lambda: power.cut(cluster))
    print(f"served again {seconds:.0f} s after the power came back; {outcome}")  # noqa: T201 - the figures
    assert power.forgot(cluster), "the disks kept what nobody synced: the test proves nothing"
    assert outcome.acknowledged > 0
    assert outcome.lost == ()
    assert outcome.at_once_s <= 0, outcome.writers
