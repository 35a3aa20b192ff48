"""The desk under the desk: power fails, the address changes, and nobody is there to type."""

import time
from pathlib import Path

from tests.lab.failing import lose_power, move
from tests.lab.machine import NAME, SERVES_S, Machine


def test_a_second_deploy_changes_nothing_and_nothing_differs(machine: Machine) -> None:
    began = time.monotonic()
    again = machine.plan("deploy", "/root/work/plan.json", "--yes")
    print(f"a deploy that changes nothing: {time.monotonic() - began:.1f} s")  # noqa: T201 - the figure
    assert again.stdout.startswith("no changes"), again.stderr
    assert machine.plan("status", "--check", check=False).returncode == 0


def test_after_a_power_loss_it_serves_again_by_itself_with_every_acknowledged_post(machine: Machine, tmp_path: Path) -> None:
    loss = lose_power(machine, tmp_path)
    print(f"power loss after {loss.acknowledged} posts: serves again after {loss.seconds:.1f} s")  # noqa: T201 - the figure
    assert loss.lost == ()
    assert loss.seconds <= SERVES_S


def test_it_is_as_deployed_after_a_power_loss(machine: Machine) -> None:
    machine.settle()
    status = machine.plan("status", "--check", check=False)
    assert status.returncode == 0, status.stdout


def test_with_another_address_it_serves_again_by_itself(machine: Machine) -> None:
    first = machine.host.address
    for address in (first.removesuffix(".10") + ".77", first):
        seconds = move(machine, address)
        print(f"at {address} instead: serves again after {seconds:.1f} s")  # noqa: T201 - the figure
        assert seconds <= SERVES_S
        assert address in machine.shell("ip -4 -o address show dev eth0")
    machine.settle()
    assert machine.plan("status", "--check", check=False).returncode == 0
    advertised = machine.shell("docker info --format '{{.Swarm.NodeAddr}}'")
    assert advertised == "127.0.0.1", f"{NAME} would have lost its swarm with its address"
