"""Hosts and what must outlive a container: Ansible, run against a deployment."""

import json
import os
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra import acme, images, templates
from infra.deployment import Deployment, disk_full
from infra.keep import changes
from infra.topology import DATA_FOLDERS, DATABASE_USER, FRONTDOOR_USER
from infra.upgrade import journal
from runtime import files
from runtime.errors import PlanError
from runtime.run import run

PLAYBOOKS = Path(__file__).resolve().parent.parent / "playbooks"
LIMIT_S = 1800
BOOTED_BY_SYSTEMD = Path("/run/systemd/system")
OF_CONTAINERS = (Path("/run/systemd/container"), Path("/.dockerenv"), Path("/run/.containerenv"))
LEFT_ALONE = Path("/etc/underdesk/leave-host-alone")
NO_SPACE = "No space left on device"
NO_NETWORK = re.compile(r"Could not resolve|Temporary failure|Could not connect|Unable to connect|Connection refused|Network is unreachable|Failed to fetch")
NETWORK_MEND = "is the package mirror reachable from this machine (network, DNS, proxy)? then run the same command again: it goes on where it stopped"
FEW = 6
"""So many files of one step are named, more are counted."""
MEND = "mend what it says (see 'plan doctor'), then run the same command again: it goes on where it stopped"


@dataclass(frozen=True)
class HostChange:
    """Something that Ansible changed (or would change)."""

    task: str
    item: str = ""

    def __str__(self) -> str:
        return f"{self.task}: {self.item}" if self.item else self.task


def converge(deployment: Deployment, on_change: Callable[[str], None], *, dry_run: bool = False, again: bool = False) -> list[HostChange]:
    """Bring the host of ``deployment`` to what its plan says; return what changed (``dry_run``: would).

    ``again``: the last run was interrupted, so what it wrote may not be in use yet.
    """
    return _play(deployment, "site.yml", on_change, dry_run=dry_run, front_door_again=again)


def make_images(deployment: Deployment, on_change: Callable[[str], None]) -> list[HostChange]:
    """Build or pull the images that are missing, and touch nothing that runs."""
    return _play(deployment, "images.yml", on_change)


def update_packages(deployment: Deployment, packages: list[str], on_change: Callable[[str], None]) -> list[HostChange]:
    """Upgrade ``packages`` (NAME=VERSION) of the host, where they are installed, and no other."""
    return _play(deployment, "host_updates.yml", on_change, host_updates=packages)


def install_backup_programs(on_change: Callable[[str], None]) -> list[HostChange]:
    """Install what backups are made and read with, on a host that no deploy has seen yet."""
    with tempfile.TemporaryDirectory(prefix="underdesk-") as folder:
        return _played(Path(folder), {}, "backup_programs.yml", on_change)


def make_base(image: images.Image, suite: str, on_change: Callable[[str], None]) -> list[HostChange]:
    """Bootstrap the base of a release from the distribution's packages, where the engine has not got it, for no deployment."""
    with tempfile.TemporaryDirectory(prefix="underdesk-") as folder:
        wanted = [{**vars(image), "record": f"{folder}/{image.name}.txt"}]
        values = {**_bases(suite), "images_wanted": wanted, "images_registry": "", "images_records": folder}
        return _played(Path(folder), values, "images.yml", on_change)


def remove(deployment: Deployment, on_change: Callable[[str], None]) -> list[HostChange]:
    """Take the host's part of ``deployment`` away; data folders stay."""
    return _play(deployment, "remove.yml", on_change, names_present=False)


def hardens() -> bool:
    """Tell whether a deploy hardens this host.

    Not where nothing but containers of somebody else's machine can be meant (no systemd), nor where its administrator said so.
    """
    return BOOTED_BY_SYSTEMD.is_dir() and not LEFT_ALONE.exists()


def variables(deployment: Deployment) -> dict[str, Any]:
    """Return the variables of the playbooks."""
    platform = deployment.plan.platform
    return {
        **templates.variables(deployment.plan, replace(templates.DESK, acme=acme.thumbprint(deployment))),
        "deployment_folder": str(deployment.folder),
        "images_wanted": [{**vars(image), "record": str(images.record_file(deployment.folder, image.reference))} for image in images.of(deployment)],
        **_bases(images.SUITE),
        "images_registry": platform.registry,
        "images_records": str(deployment.folder / "images"),
        "data_folders": _folders(deployment),
        **front_door(deployment),
        "keep_command": str(Path(sys.executable).with_name("plan")),
        "keep_scheduled": platform.backup.scheduled,
        "keep_renews": platform.tls.acme is not None,
        "names_deployment": deployment.name,
        "names_hosts": list(platform.names),
        "names_address": deployment.address,
        "names_present": platform.hosts_file,
        "hardening_wanted": hardens(),
        "hardening_own_kernel": not any(sign.exists() for sign in OF_CONTAINERS),
    }


def front_door(deployment: Deployment) -> dict[str, Any]:
    """Return the variables of a front door, on a desk or of a cluster."""
    return {
        "front_door_folder": str(deployment.place / "frontdoor"),
        "front_door_templates": str(templates.FOLDER / "frontdoor"),
        "front_door_certificate": str(deployment.folder / "tls" / "site.pem"),
        "front_door_acme": acme.told(deployment),
        "front_door_schedule": str(acme.schedule(deployment)),
        "front_door_owner": FRONTDOOR_USER,
        "front_door_image": images.wanted(deployment)["frontdoor"],
        "front_door_refusing": (deployment.folder / journal.FILE).exists(),
        "front_door_service": deployment.service("frontdoor"),
    }


def _bases(suite: str) -> dict[str, Any]:
    return {
        "images_suite": suite,
        "images_base_packages": list(images.BASE_PACKAGES),
        "images_base_without": list(images.BASE_WITHOUT),
        "images_base_with": list(images.BASE_WITH),
    }


def _folders(deployment: Deployment) -> list[dict[str, Any]]:
    """Return the folders that outlive containers; those inside them are told by user id."""
    folder = deployment.folder
    ours = [
        _folder(folder, 0, "0711"),
        _folder(folder / "data", 0, "0711"),
        _folder(folder / "keep", 0, "0700"),
        {**_folder(folder / "frontdoor", 0, "0750"), "group": FRONTDOOR_USER},
        {**_folder(folder / "frontdoor" / "switch", 0, "0750"), "group": FRONTDOOR_USER},
    ]
    copies = [_folder(path, DATABASE_USER, "0750") for path in changes.folders(deployment)]
    return ours + [_folder(folder / "data" / name, owner, mode) for name, (owner, mode) in DATA_FOLDERS.items()] + copies


def _folder(path: Path, owner: int, mode: str) -> dict[str, Any]:
    return {"path": str(path), "owner": owner, "group": owner, "mode": mode}


def _play(deployment: Deployment, playbook: str, on_change: Callable[[str], None], *, dry_run: bool = False, **more: bool | list[str]) -> list[HostChange]:
    return _played(deployment.folder / "ansible", {**variables(deployment), **more}, playbook, on_change, dry_run=dry_run)


def _played(folder: Path, values: dict[str, Any], playbook: str, on_change: Callable[[str], None], *, dry_run: bool = False) -> list[HostChange]:
    files.write(folder / "inventory.json", json.dumps(_inventory()), files.PRIVATE)
    files.write(folder / "variables.json", json.dumps(values, indent=1), files.PRIVATE)
    seen = _Events(on_change)
    argv = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(folder / "inventory.json"), "-e", f"@{folder / 'variables.json'}"]
    done = run(
        [*argv, *(["--check"] if dry_run else []), str(PLAYBOOKS / playbook)], env=environment(folder), timeout_s=LIMIT_S, check=False, on_line=seen.line
    )
    said = f"{seen.failure} {done.stderr} {done.stdout}"
    if done.returncode and (NO_SPACE in said or disk_full(folder)):
        raise PlanError("no space is left on the disk", where=seen.failed_task or "this host", hint="free some space, then run the same command again")
    if done.returncode and seen.failure:
        raise PlanError(seen.failure, where="this host", hint=NETWORK_MEND if NO_NETWORK.search(said) else MEND)
    if done.returncode:
        raise PlanError(f"Ansible ended with {done.returncode}: {done.stderr.strip()[-500:]}", where=playbook, hint="run 'plan doctor'", exit_code=2)
    return seen.changes


def _inventory() -> dict[str, Any]:
    desk = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    return {"all": {"hosts": {"desk": desk}}}


def environment(folder: Path) -> dict[str, str]:
    """Return the environment that Ansible runs in; what it keeps lies in ``folder``."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {
        "ANSIBLE_CONFIG": str(PLAYBOOKS / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder),
        "ANSIBLE_NOCOLOR": "1",
        "PATH": path,
        "LC_ALL": "C.UTF-8",
    }


class _Events:
    """Collects what the callback plugin prints."""

    def __init__(self, on_change: Callable[[str], None]) -> None:
        self.on_change = on_change
        self.changes: list[HostChange] = []
        self.failure = ""
        self.failed_task = ""

    def line(self, text: str) -> None:
        """Take one line of Ansible's output."""
        try:
            event = json.loads(text)
        except ValueError:
            return
        if event["event"] == "changed":
            self.changes.append(HostChange(event["task"], event["item"] or _named(event["what"])))
            self.on_change(str(self.changes[-1]))
        elif event["event"] == "failed":  # the last one counts: earlier ones were rescued
            self.failed_task, self.failure = event["task"], f"{event['task']}: {event['message']}"


def _named(what: list[str]) -> str:
    return ", ".join(Path(one).name for one in what) if len(what) <= FEW else f"{len(what)} settings"
