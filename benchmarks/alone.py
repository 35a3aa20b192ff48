"""A desk alone: seconds until it serves again after a power loss and with another address, on a lab host.

Run as root: .venv/bin/python -m benchmarks.alone (20 minutes on two cores). Writes benchmarks/results/alone.json.
A cut is a SIGKILL of all processes of the host: what was written and not synced is still in the outer kernel.
"""

import argparse
import os
import statistics
import tempfile
from pathlib import Path

from benchmarks.machine import write
from infra.lab import host as lab
from infra.lab.commands import LabHost
from tests.lab.failing import Loss, lose_power, move
from tests.lab.machine import SERVES_S, Machine

NAME = "underdesk-lab-bench"
SUBNET = "172.31.199"


def main() -> None:
    """Measure, print, write."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--losses", type=int, default=5, help="how often the power fails")
    asked = arguments.parse_args()
    handover = Path(tempfile.mkdtemp(prefix=NAME))
    machine = Machine(LabHost(NAME, NAME, f"{SUBNET}.0/24", f"{SUBNET}.10", handover))
    lab.down(machine.host)
    try:
        lab.up(machine.host)
        machine.prepare()
        machine.deploy()
        losses = [_loss(machine, handover) for _ in range(asked.losses)]
        moves = [round(move(machine, f"{SUBNET}.{last}"), 1) for last in (77, 10)]
    finally:
        lab.down(machine.host)
    _keep(losses, moves)


def _keep(losses: list[Loss], moves: list[float]) -> None:
    """Write the result beside the others."""
    seconds = [round(loss.seconds, 1) for loss in losses]
    result = {
        "schema": {"version": 1},
        "power_loss": {
            "n": len(losses),
            "serves_again_s": {"median": statistics.median(seconds), "most": max(seconds), "all": seconds},
            "posts_acknowledged": sum(loss.acknowledged for loss in losses),
            "posts_lost": sum(len(loss.lost) for loss in losses),
        },
        "another_address": {"n": len(moves), "serves_again_s": moves},
        "limit_s": SERVES_S,
    }
    path = write("alone", result, load_average=[round(load, 1) for load in os.getloadavg()])
    print(path.read_text(encoding="utf-8"))


def _loss(machine: Machine, folder: Path) -> Loss:
    machine.settle()
    loss = lose_power(machine, folder)
    print(f"power loss after {loss.acknowledged} posts: serves again after {loss.seconds:.1f} s, {len(loss.lost)} lost", flush=True)
    return loss


if __name__ == "__main__":
    main()
