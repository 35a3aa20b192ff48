"""On a host that systemd boots, work on the platform is weighed in a group of its own."""

from runtime.behind import WEIGHT
from tests.lab.machine import Machine

SHOW = """
from pathlib import Path
from runtime import behind
behind.people()
group = next(line.split(":")[2] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith(("0:", "1:name=systemd:")))
print(group)
"""
ASK = "systemctl show --property CPUWeight --value --"


def test_the_command_moves_into_a_scope_with_a_tenth_of_the_weight(machine: Machine) -> None:
    script = f"cat >/tmp/show.py <<'END'\n{SHOW}END\n.venv/bin/python -c \"$(cat /tmp/show.py); import subprocess; subprocess.run(['sh', '-c', '{ASK} ' + group.split('/')[-1]])\""
    group, weight = machine.shell(script).split()
    assert "/system.slice/underdesk-" in group
    assert int(weight) == WEIGHT
