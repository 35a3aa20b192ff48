"""Files that several hosts keep, by GlusterFS: what a host says of its part, and the steps that make of the parts one volume."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.waiting import met

DOCUMENTATION = """
module: store
short_description: One volume of GlusterFS over several hosts
options:
  do:
    description: >-
      C(look) tells what this host has and changes nothing. C(serve) has its part running, and what C(restart) names anew, when nothing waits for being copied.
      C(adopt) takes the place of a host that was installed anew, which the others know as C(uuid). C(clean) empties what an interrupted run left behind.
      C(steps) does what was decided, one after the other. C(mount) has the folder there, with C(again) anew.
    type: str
    choices: [look, serve, adopt, clean, steps, mount]
    required: true
  volume:
    description: Name of the volume.
    type: str
    required: true
  brick:
    description: Folder of this host's part.
    type: path
  folder:
    description: Where the volume is mounted.
    type: path
  again:
    description: Mount what is mounted anew.
    type: bool
    default: false
  restart:
    description: Services that are restarted.
    type: list
    elements: str
    default: []
  uuid:
    description: As whom the others know this host.
    type: str
  peer:
    description: Address of one of them.
    type: str
  steps:
    description: What is done, with C(says), C(argv), C(until) and C(again).
    type: list
    elements: dict
    default: []
  patience:
    description: Seconds to wait until files are copied.
    type: int
    default: 600
"""
EXAMPLES = """
- name: Ask for the files
  store:
    do: look
    volume: underdesk-pilot
    brick: /var/lib/underdesk/pilot/store/brick
"""
RETURN = """
written:
  description: What was changed (in check mode, would be).
  type: list
  returned: always
"""
INFORMATION = Path("/var/lib/glusterd/glusterd.info")
MARK, OWN = "trusted.glusterfs.volume-id", ".glusterfs"
SERVICE, MOUNT = "glusterd.service", "underdesk-files.service"
SERVICES = (SERVICE, "underdesk-bricks.service")
HOLDING = ("marked", "full")
SETTLE_S, PAUSE_S, TRIES = 60, 0.3, 30
BUSY = ("Another transaction", "Locking failed", "not yet ready", "Please try again", "in progress")


class StoreError(Exception):
    """GlusterFS refused."""


def main() -> None:
    """Do one thing."""
    module = AnsibleModule(
        {
            "do": {"type": "str", "choices": ["look", "serve", "adopt", "clean", "steps", "mount"], "required": True},
            "volume": {"type": "str", "required": True},
            "brick": {"type": "path"},
            "folder": {"type": "path"},
            "again": {"type": "bool", "default": False},
            "restart": {"type": "list", "elements": "str", "default": []},
            "uuid": {"type": "str"},
            "peer": {"type": "str"},
            "steps": {"type": "list", "elements": "dict", "default": []},
            "patience": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    store = Store(module)
    try:
        done: dict[str, Any] = getattr(store, module.params["do"])()
    except StoreError as problem:
        module.fail_json(msg=str(problem))
    module.exit_json(changed=bool(done.get("written")), **{"written": [], **done})


class Store:
    """The part of the volume that a host has."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module, self.volume = module, module.params["volume"]
        self.brick = Path(module.params["brick"]) if module.params["brick"] else None

    def look(self) -> dict[str, Any]:
        """Return what this host has."""
        return {
            "serves": all(self._active(unit) for unit in SERVICES),
            "mounted": self._mounted() if self.module.params["folder"] else False,
            "covers": self._covered(),
            "uuid": _uuid(),
            "peers": self._peers(),
            "volume": self._volume(),
            "brick": self._state_of_brick(),
        }

    def serve(self) -> dict[str, Any]:
        """Have the part of this host running, and looked after; one that has files is only restarted when the others have all of them."""
        running = [unit for unit in SERVICES if self._active(unit)]
        wanted = [unit for unit in SERVICES if unit in self.module.params["restart"] or unit not in running]
        if wanted and not self.module.check_mode:
            holds = {SERVICE} <= {*running} & {*wanted} and self._state_of_brick() in HOLDING and self._volume() is not None
            if holds:
                self._until("healed")
            for unit in wanted:
                self._systemctl("restart", unit)
            if holds:
                self._until("online")
                self._until("healed")
        return {"written": [f"{unit} is {'restarted' if unit in running else 'started'}" for unit in wanted]}

    def adopt(self) -> dict[str, Any]:
        """Become the host that the others know; they tell everything else."""
        if not self.module.check_mode:
            self._systemctl("stop", SERVICE)
            lines = INFORMATION.read_text(encoding="ascii").splitlines() if INFORMATION.exists() else []
            kept = [line for line in lines if not line.startswith("UUID=")]
            _put(INFORMATION, "\n".join([f"UUID={self.module.params['uuid']}", *kept]) + "\n")
            shutil.rmtree(INFORMATION.parent / "peers", ignore_errors=True)
            self._systemctl("start", SERVICE)
            self._gluster("peer", "probe", self.module.params["peer"])
            # What is told at the first meeting is taken into use at the next start.
            self._systemctl("restart", SERVICE)
            if not _met(lambda: self._volume() is not None, SETTLE_S):
                message = f"the others do not tell what this host had: look at 'gluster peer status' on {self.module.params['peer']}"
                raise StoreError(message)
        return {"written": ["this host takes the place that it had before it was installed anew"]}

    def clean(self) -> dict[str, Any]:
        """Take the marks of a volume that came to nothing from the empty brick."""
        assert self.brick  # noqa: S101 - the role names it
        if not self.module.check_mode:
            shutil.rmtree(self.brick)
        return {"written": [f"{self.brick}: emptied, a deploy that was interrupted had begun it"]}

    def steps(self) -> dict[str, Any]:
        """Do what was decided."""
        for step in self.module.params["steps"] if not self.module.check_mode else []:
            if step["until"] == "healed-others":
                self._until("healed")
            try:
                self._gluster(*step["argv"])
            except StoreError:
                if not step["again"]:
                    raise
            if step["until"] and step["until"] != "healed-others":
                self._until(step["until"])
        return {"written": [step["says"] for step in self.module.params["steps"]]}

    def mount(self) -> dict[str, Any]:
        """Have the folder there."""
        mounted = self._mounted()
        if mounted and not self.module.params["again"]:
            return {}
        if not self.module.check_mode:
            self._systemctl("restart", MOUNT)
            if not _met(self._mounted, SETTLE_S):
                message = f"{self.module.params['folder']} does not come: see 'journalctl -u {MOUNT}' and 'gluster volume status'"
                raise StoreError(message)
        return {"written": [f"{self.module.params['folder']} is mounted{' anew' if mounted else ''}"]}

    def _until(self, what: str) -> None:
        """Wait for what a step needs: ``online`` (all parts run), ``healed`` (nothing has to be copied), or the address of a peer."""
        if what == "healed":
            if not _met(lambda: self._waiting() == 0, self.module.params["patience"]):
                message = "files are still being copied, which goes on by itself: run the same command again when 'gluster volume heal VOLUME info' is empty"
                raise StoreError(message.replace("VOLUME", self.volume))
        elif what == "online":
            if not _met(self._online, SETTLE_S):
                message = "not every part of the files runs: see 'gluster volume status'"
                raise StoreError(message)
        elif not _met(lambda: self._is_peer(what), SETTLE_S):
            message = f"{what} does not become a peer: is its glusterd running, and are port 24007's rules in force on both?"
            raise StoreError(message)

    def _waiting(self) -> int:
        """Return how many files wait for being copied; of a part that does not run nobody knows, so that is one."""
        try:
            said = self._gluster("volume", "heal", self.volume, "info", "summary")
        except StoreError:
            return 1
        return sum(_pending(brick) for brick in said.iter("brick"))

    def _online(self) -> bool:
        try:
            said = self._gluster("volume", "status", self.volume)
        except StoreError:
            return False
        return all(node.findtext("status") == "1" for node in said.iter("node") if node.findtext("path") == self.module.params["brick"])

    def _is_peer(self, address: str) -> bool:
        return any(address in peer["addresses"] and peer["connected"] and peer["state"] == 3 for peer in self._peers().values())  # noqa: PLR2004 - in the cluster

    def _peers(self) -> dict[str, dict[str, Any]]:
        said = self._asked("peer", "status")
        return {peer.findtext("uuid", ""): _peer(peer) for peer in said.iter("peer")} if said is not None else {}

    def _volume(self) -> dict[str, Any] | None:
        said = self._asked("volume", "info", self.volume)
        found = said.find(".//volume") if said is not None else None
        if found is None:
            return None
        return {
            "id": found.findtext("id", ""),
            "status": found.findtext("statusStr", ""),
            "bricks": [
                {"address": (brick.findtext("name") or "").partition(":")[0], "arbiter": brick.findtext("isArbiter") == "1"} for brick in found.iter("brick")
            ],
            "options": {option.findtext("name", ""): option.findtext("value", "") for option in found.iter("option")},
        }

    def _state_of_brick(self) -> str:
        """Return ``none``, ``empty``, ``foreign`` (holds something, not GlusterFS's), ``marked`` (of a volume, without files) or ``full``."""
        if not self.brick or not self.brick.is_dir():
            return "none"
        entries = {path.name for path in self.brick.iterdir()}
        try:
            os.getxattr(self.brick, MARK)
        except OSError:
            return "foreign" if entries else "empty"
        return "marked" if all(entry.startswith(OWN) for entry in entries) else "full"

    def _mounted(self) -> bool:
        folder = self.module.params["folder"]
        return _is_mount(Path(folder)) and self._active(MOUNT) and not self.module.run_command(["timeout", "5", "stat", f"{folder}/."])[0]

    def _covered(self) -> bool:
        """Return whether the mount would hide files, as those of a host that was the only one."""
        folder = Path(self.module.params["folder"] or "/nowhere")
        return not _is_mount(folder) and folder.is_dir() and any(folder.iterdir())

    def _asked(self, *argv: str) -> "ET.Element | None":
        """Return an answer; None where there is no GlusterFS yet, or nothing of that name."""
        try:
            return self._gluster(*argv)
        except StoreError:
            return None

    def _gluster(self, *argv: str) -> "ET.Element":
        """Run a command, again while another one is under way; raises StoreError."""
        program = self.module.get_bin_path("gluster")
        if not program or not self._active(SERVICE):
            message = "glusterd does not run"
            raise StoreError(message)
        why = ""
        for _ in range(TRIES):
            _code, said, error = self.module.run_command([program, "--mode=script", *argv, "--xml"])
            try:
                answer = ET.fromstring(said)  # noqa: S314 - as above
            except ET.ParseError:
                why = f"{said} {error}"
            else:
                if answer.findtext("opRet") == "0":
                    return answer
                why = answer.findtext("opErrstr") or said
            if not any(word in why for word in BUSY):
                break
            time.sleep(PAUSE_S)
        message = f"gluster {' '.join(argv)}: {' '.join(why.split())[:400]}"
        raise StoreError(message)

    def _active(self, unit: str) -> bool:
        return not self.module.run_command(["systemctl", "is-active", "--quiet", unit])[0]

    def _systemctl(self, verb: str, unit: str) -> None:
        code, _said, error = self.module.run_command(["systemctl", verb, unit])
        if code:
            message = f"systemctl {verb} {unit}: {error.strip()}"
            raise StoreError(message)


def _is_mount(folder: Path) -> bool:
    return any(line.split()[1:3] == [str(folder), "fuse.glusterfs"] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines())


def _peer(peer: "ET.Element") -> dict[str, Any]:
    addresses = [one.text or "" for one in peer.findall("hostnames/hostname")] or [peer.findtext("hostname", "")]
    return {"addresses": addresses, "connected": peer.findtext("connected") == "1", "state": int(peer.findtext("state") or 0)}


def _pending(brick: "ET.Element") -> int:
    counts = [brick.findtext(name) or "-" for name in ("numberOfEntriesInHealPending", "numberOfEntriesInSplitBrain", "totalNumberOfEntries")]
    return sum(int(count) for count in counts[:2]) if all(count.isdigit() for count in counts) else 1


def _uuid() -> str:
    lines = INFORMATION.read_text(encoding="ascii").splitlines() if INFORMATION.exists() else []
    return next((line.partition("=")[2] for line in lines if line.startswith("UUID=")), "")


def _put(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.underdesk-new")
    fresh.write_text(text, encoding="ascii")
    fresh.replace(path)


def _met(condition: Callable[[], bool], limit_s: float) -> bool:
    return met(condition, limit_s, PAUSE_S)


if __name__ == "__main__":
    main()
