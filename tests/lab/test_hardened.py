"""A desk's host as somebody finds it who wants in: Lynis' opinion, open ports, privileges, who can still sign in."""

import json
import re
import socket
from pathlib import Path

import pytest

from infra.lab import host as lab
from tests.lab.machine import COMPANY_MAIL, Machine
from tests.platform.bench import RELAY_EXCEPTIONS, findings

ROLES = ("frontdoor", "pagecache", "blogs", "blogs-jobs", "wiki", "wiki-jobs", "database", "objectcache", "mail")
LEAST_INDEX = 80
REPORT = "/var/log/lynis-report.dat"
EXPLAINED = Path(__file__).resolve().parent.parent.parent / "docs" / "background" / "hardening.md"
RELAYED = "Relayed without new privileges"
MAIL = f"""exec 3<>/dev/tcp/127.0.0.1/2525; read -r said <&3
say() {{ printf "%s\\r\\n" "$1" >&3; read -r -t 20 said <&3; echo "$said"; }}
say "HELO desk"; say "MAIL FROM:<it@desk.test>"; say "RCPT TO:<somebody@company.test>"; say DATA
printf "Subject: {RELAYED}\\r\\n\\r\\n" >&3; printf "x\\r\\n" >&3; say .; say QUIT"""
OF_THE_MACHINE = [Path("/proc/sys") / name for name in ("kernel/kptr_restrict", "kernel/core_uses_pid", "fs/protected_fifos", "dev/tty/ldisc_autoload")]
BEFORE = [path.read_text() for path in OF_THE_MACHINE if path.exists()]  # when tests are collected, before a host boots


@pytest.fixture(scope="module")
def audit(machine: Machine) -> str:
    """What Lynis reports of the host after a deploy."""
    machine.shell("apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends lynis >/dev/null")
    machine.shell("lynis audit system --quick --no-colors --quiet >/dev/null", check=False, timeout_s=900)
    return machine.shell(f"cat {REPORT}")


def test_lynis_finds_the_host_hardened(audit: str) -> None:
    found = re.search(r"^hardening_index=(\d+)$", audit, re.MULTILINE)
    assert found, audit
    index = int(found[1])
    print(f"Lynis: hardening index {index}")  # noqa: T201 - the figure
    assert index >= LEAST_INDEX


def test_every_suggestion_that_is_not_followed_is_explained(audit: str) -> None:
    left = {line.split("=", 1)[1].split("|")[0] for line in audit.splitlines() if line.startswith(("suggestion[]", "warning[]"))}
    explained = set(re.findall(r"`([A-Z]{3,4}-\d{4}|LYNIS)`", EXPLAINED.read_text()))
    assert left - explained == set()


def test_nothing_listens_but_what_the_plan_names_and_the_way_in(machine: Machine) -> None:
    lines = machine.shell("ss -H -ltun").splitlines()
    places = {line.split()[4].replace("[::]", "*").replace("0.0.0.0", "*") for line in lines}  # noqa: S104 - compared, not bound
    open_to_all = {(line.split()[0], line.split()[4].rsplit(":", 1)[1]) for line in lines if not line.split()[4].startswith("127.")}
    ours_for_a_test = {("tcp", "2525")}  # the company's mail server, where it is up already
    assert open_to_all - ours_for_a_test == {("tcp", "22"), ("tcp", "80"), ("tcp", "443"), ("udp", "4789")}, (
        places
    )  # 2525: the company's mail server, which is the test's


def test_a_neighbour_does_not_reach_the_networks_of_the_swarm(machine: Machine) -> None:
    before = _dropped(machine)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as neighbour:
        neighbour.sendto(b"\x08\x00\x00\x00\x00\x10\x01\x00" + bytes(60), (machine.host.address, 4789))
    lab.wait_for(lambda: _dropped(machine) > before, 10, "the packet was not dropped")


def _dropped(machine: Machine) -> int:
    rule = next(line for line in machine.shell("iptables --wait -nvxL INPUT").splitlines() if "dpt:4789" in line)
    return int(rule.split()[0])


@pytest.mark.parametrize("role", ROLES)
def test_no_program_in_a_container_can_gain_privileges(role: str, machine: Machine) -> None:
    assert machine.inside(role, "grep -h -e NoNewPrivs -e Seccomp: /proc/1/status").split() == ["NoNewPrivs:", "1", "Seccomp:", "2"]


@pytest.mark.parametrize("role", ROLES)
def test_a_container_may_do_no_more_than_it_must(role: str, machine: Machine) -> None:
    assert findings(role, json.loads(machine.inspect(role))[0], RELAY_EXCEPTIONS) == []


def test_the_relay_passes_mail_on_without_new_privileges(machine: Machine) -> None:
    assert "queued as" in machine.inside("mail", MAIL, "bash")
    lab.wait_for(lambda: RELAYED in machine.shell(f"docker exec {COMPANY_MAIL} sh -c 'cat /var/spool/sink/*'", check=False), 60, "the mail did not arrive")


KEYS = """
mkdir -p -m 700 /root/.ssh
test -f /root/.ssh/id || ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id
cp /root/.ssh/id.pub /root/.ssh/authorized_keys
id guru >/dev/null 2>&1 || useradd --create-home guru
install -d -m 700 -o guru /home/guru/.ssh
install -m 600 -o guru /root/.ssh/id.pub /home/guru/.ssh/authorized_keys
"""


@pytest.mark.parametrize("who", ["root", "guru"])
def test_who_has_a_key_still_signs_in(who: str, machine: Machine) -> None:
    machine.shell(KEYS)
    ssh = "ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i /root/.ssh/id"
    assert machine.shell(f"{ssh} {who}@127.0.0.1 whoami").endswith(who)


def test_people_still_sign_in_by_password_and_root_does_not(machine: Machine) -> None:
    said = machine.shell("sshd -T")
    assert "permitrootlogin without-password" in said
    assert "passwordauthentication yes" in said


def test_the_engine_still_forwards(machine: Machine) -> None:
    assert machine.shell("cat /proc/sys/net/ipv4/ip_forward") == "1"


def test_what_the_administrator_writes_first_wins(machine: Machine) -> None:
    machine.shell("echo 'MaxSessions 9' > /etc/ssh/sshd_config.d/10-ours.conf")
    try:
        assert "maxsessions 9" in machine.shell("sshd -T")
        assert machine.plan("deploy", "/root/work/plan.json", "--yes").stdout.startswith("no changes")
    finally:
        machine.shell("rm /etc/ssh/sshd_config.d/10-ours.conf")


def test_hardening_a_lab_host_leaves_the_machine_outside_as_it_was(machine: Machine) -> None:
    assert machine.shell("systemctl is-active systemd-sysctl") == "active"
    assert [path.read_text() for path in OF_THE_MACHINE if path.exists()] == BEFORE
