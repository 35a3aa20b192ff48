"""CPU time as the kernel accounts it to a container's control group."""

from pathlib import Path

from runtime.run import run

MS_PER_NS = 1e-6


def account(container: str) -> Path:
    """Return the file in which the kernel counts the CPU time of a container (control groups v1 or v2)."""
    process = run(["docker", "inspect", "--format", "{{.State.Pid}}", container]).stdout.strip()
    groups = dict(line.split(":", 2)[1:] for line in Path(f"/proc/{process}/cgroup").read_text(encoding="utf-8").splitlines())
    for controllers, group in groups.items():
        if "cpuacct" in controllers.split(","):
            return Path("/sys/fs/cgroup/cpuacct") / group.lstrip("/") / "cpuacct.usage"
    return Path("/sys/fs/cgroup") / groups[""].lstrip("/") / "cpu.stat"


def cpu_ms(account: Path) -> float:
    """Return the CPU ms that ``account`` holds so far."""
    text = account.read_text(encoding="utf-8")
    if account.name == "cpuacct.usage":
        return int(text) * MS_PER_NS
    return int(text.split("usage_usec ", 1)[1].split()[0]) / 1000
