"""Carry something to the hosts of a lab, in a process that can be killed: python -m tests.lab.carry WHAT PLAN INVENTORY FOLDER."""

import atexit
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra import images
from infra.cluster.carry import kept, spread
from infra.cluster.cluster import Cluster
from infra.deployment import Deployment, read_plan
from infra.images import Image
from infra.inventory.check import check
from infra.inventory.reading import read

SMALL = ("base", "objectcache", "pagecache")


def cluster(plan_file: Path, inventory_file: Path) -> Cluster:
    plan, inventory = read_plan(plan_file), read(inventory_file)
    checked = check(inventory, plan)
    checked.refuse()
    assert checked.placement
    return Cluster(plan, inventory, checked.placement)


def private() -> Path:
    """Return a folder for connections, which goes with us."""
    folder = tempfile.mkdtemp(prefix="underdesk-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def load(of: Cluster, folder: Path, wanted: Sequence[Image] | None = None) -> spread.Load:
    """Return the smallest images that the deployment in ``folder`` has, or others."""
    small = tuple(image for image in images.images() if image.name in SMALL)
    return spread.Load(of, private(), Deployment(of.plan, folder), wanted or small)


def main(what: str, plan_file: str, inventory_file: str, folder: str) -> None:
    of = cluster(Path(plan_file), Path(inventory_file))
    if what == "images":
        spread.bring(load(of, Path(folder)), say)
    else:
        place = private()
        had = kept.fetch(of, place)
        (had.folder / "plan.json").write_text(what)
        say("storing")
        kept.store(of, place, had)


if __name__ == "__main__":
    main(*sys.argv[1:])
