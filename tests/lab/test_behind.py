"""On a host that systemd boots, work on the platform is weighed in a group of its own."""

from runtime.behind import WEIGHT
from tests.lab.machine import Machine

SHOW = """
import subprocess
from pathlib import Path
from runtime import behind
behind.people()
groups = dict(line.split(":")[1:] for line in Path("/proc/self/cgroup").read_text().splitlines())
group = groups.get("name=systemd", groups[""])
print(group, flush=True)
subprocess.run(["systemctl", "show", "--property", "CPUWeight", "--value", "--", Path(group).name], check=True)
"""


def test_the_command_moves_into_a_scope_with_a_tenth_of_the_weight(machine: Machine) -> None:
    group, weight = machine.run(".venv/bin/python", "-c", SHOW).stdout.split()
    assert "/system.slice/underdesk-" in group
    assert int(weight) == WEIGHT
