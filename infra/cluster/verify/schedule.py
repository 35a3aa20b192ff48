"""Whether hosts back up by themselves as planned: asked of the hosts themselves."""

from collections.abc import Iterator
from typing import Final

from testinfra.host import Host

from infra.cluster.cluster import Cluster
from infra.cluster.parts import schedule

TIMER: Final = "underdesk-keep.timer"
SETTINGS: Final = "/etc/underdesk/keep/settings.json"


def checks(cluster: Cluster, name: str, host: Host) -> Iterator[str]:
    """Say what of the schedule is not as planned on a host."""
    told = schedule.variables(cluster)
    if name in told["schedule_copying"] and host.run("command -v restic").rc:
        yield "restic is not installed: no backup can be taken there"
    if name in told["schedule_settings"]:
        if host.run("systemctl is-active %s", TIMER).rc:
            yield f"{TIMER} does not run: nothing is backed up by this host by itself; there: sudo systemctl start {TIMER}"
        if TIMER not in host.run("systemctl list-dependencies --plain timers.target").stdout.split():
            yield f"{TIMER} does not come up at boot"
    elif not host.run("test -e %s", SETTINGS).rc:
        yield f"{SETTINGS} is there: this host backs up by itself, and is not planned to"
