"""Replace a file that decides who gets in; it is put back by itself unless a new connection proves that one still does.

What could lock its own operator out is never left to chance: before the file is written, a timer is set that puts the old one
back, and the same is done at the next boot. Only a call with ``confirm``, which comes after a new connection, ends that.
"""

import shlex
import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.settled import kept, tell

DOCUMENTATION = """
module: guarded
short_description: A file that decides who gets in, put back unless confirmed
options:
  name:
    description: What it is called, and its timer.
    type: str
    required: true
  path:
    description: The file.
    type: path
    required: true
  content:
    description: What it shall say.
    type: str
  mode:
    description: Its mode.
    type: str
    default: "0600"
  judge:
    description: Command that fails where the file, when it is in its place, is not understood.
    type: list
    elements: str
    default: []
  use:
    description: Command that takes the file into use, or, where it is not there, what holds without it.
    type: list
    elements: str
    required: true
  in_force:
    description: Command that fails where the host does not do what the file says. A program that is not there fails.
    type: list
    elements: str
    default: []
  seconds:
    description: After so many it is put back.
    type: int
    default: 90
  confirm:
    description: A new connection came in; leave it as it is.
    type: bool
    default: false
  undo:
    description: No new connection came in; put back what was there.
    type: bool
    default: false
  memory:
    description: Folder that remembers what was there before.
    type: path
    default: /var/lib/underdesk/guarded
  told:
    description: A file that remembers what this host was told here.
    type: path
"""
EXAMPLES = """
- name: Write who gets in
  guarded:
    name: ssh
    path: /etc/ssh/sshd_config.d/01-underdesk.conf
    content: "PasswordAuthentication no\\n"
    judge: [/usr/sbin/sshd, -t]
    use: [systemctl, reload, ssh]
"""
RETURN = """
written:
  description: The file, where it was (in check mode, would be) written or taken into use.
  type: list
  returned: always
"""
UNDO = """#!/bin/sh
# Written by underdesk. Puts back what was there before a change that nobody has confirmed.
set -u
if [ -e {folder}/before ]; then cp -p {folder}/before {path}; else rm -f {path}; fi
[ "${{1-}}" = boot ] || {use}
rm -rf {folder}
"""


def main() -> None:
    """Write, take into use and guard; or confirm."""
    module = AnsibleModule(
        {
            "name": {"type": "str", "required": True},
            "path": {"type": "path", "required": True},
            "content": {"type": "str"},
            "mode": {"type": "str", "default": "0600"},
            "judge": {"type": "list", "elements": "str", "default": []},
            "use": {"type": "list", "elements": "str", "required": True},
            "in_force": {"type": "list", "elements": "str", "default": []},
            "seconds": {"type": "int", "default": 90},
            "confirm": {"type": "bool", "default": False},
            "undo": {"type": "bool", "default": False},
            "memory": {"type": "path", "default": "/var/lib/underdesk/guarded"},
            "told": {"type": "path"},
        },
        supports_check_mode=True,
    )
    guard = Guard(module)
    if module.params["confirm"]:
        guard.confirm()
    if module.params["undo"]:
        guard.undo("no new connection comes in with it")
    guard.bring()


class Guard:
    """One file, what was there before, and the timer that puts it back."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module, wanted = module, module.params
        self.path, self.content, self.mode = Path(wanted["path"]), wanted["content"], int(wanted["mode"], 8)
        self.folder = Path(wanted["memory"]) / wanted["name"]
        self.unit = f"underdesk-undo-{wanted['name']}"

    def bring(self) -> None:
        """Bring the file to what it shall say and into use, and set the timer; nothing where all of it is so, and confirmed."""
        now = self.path.read_text(encoding="utf-8", errors="replace") if self.path.is_file() else None
        if self.module.params["told"] and not self.module.check_mode:
            tell(Path(self.module.params["told"]), {"files": [{"path": str(self.path), "content": self.content}]})
        if now == self.content and not self.folder.exists() and self._obeyed():
            self.module.exit_json(changed=False, written=[])
        if not self.module.check_mode:
            self._change()
        label = str(self.path)
        diff = {"before_header": label, "after_header": label, "before": now or "", "after": self.content}
        self.module.exit_json(changed=True, written=[label], **({"diff": diff} if self.module._diff else {}))  # noqa: SLF001 - Ansible's way to ask

    def confirm(self) -> None:
        """End the timer; fails where it was faster."""
        if self.module.check_mode:
            self.module.exit_json(changed=False)
        self._run(["systemctl", "stop", f"{self.unit}.timer"])
        if not self.folder.exists():
            self.module.fail_json(msg=f"{self.path} was put back before a new connection came: look whether this host answers slowly, then run it again")
        shutil.rmtree(self.folder)
        self.module.exit_json(changed=False)

    def _obeyed(self) -> bool:
        command = self.module.params["in_force"]
        return not command or self._run(command)[0] == 0

    def _change(self) -> None:
        self._remember()
        self._set_timer()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(f"{self.path.name}.underdesk-new")
        _written(fresh, self.content)
        fresh.chmod(self.mode)
        fresh.replace(self.path)
        kept(self.path.parent)
        for command in (self.module.params["judge"], self.module.params["use"]):
            code, said = self._run(command) if command else (0, "")
            if code:
                self.undo(f"{shlex.join(command)}: {said}")

    def _remember(self) -> None:
        """Keep what was there, unless an earlier call that nobody confirmed has kept what was there before it."""
        if self.folder.exists():
            return
        making = self.folder.with_name(f".{self.folder.name}")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700, parents=True)
        if self.path.exists():
            shutil.copy2(self.path, making / "before")
            kept(making / "before")
        words = {"folder": shlex.quote(str(self.folder)), "path": shlex.quote(str(self.path)), "use": shlex.join(self.module.params["use"])}
        _written(making / "undo", UNDO.format(**words))
        making.rename(self.folder)
        kept(self.folder.parent)

    def _set_timer(self) -> None:
        self._run(["systemctl", "stop", f"{self.unit}.timer"])
        self._run(["systemctl", "reset-failed", f"{self.unit}.service"])
        when = ["--on-active", str(self.module.params["seconds"]), "--timer-property", "AccuracySec=1s"]
        code, said = self._run(["systemd-run", "--collect", "--unit", self.unit, *when, "/bin/sh", str(self.folder / "undo")])
        if code:
            self.module.fail_json(msg=f"nothing was changed: the timer that would put {self.path} back cannot be set: {said}")

    def undo(self, why: str) -> None:
        """Put back what was there, and fail saying why."""
        self._run(["systemctl", "stop", f"{self.unit}.timer"])
        self._run(["/bin/sh", str(self.folder / "undo")])
        self.module.fail_json(msg=f"{self.path} was put back: {why}")

    def _run(self, command: list[str]) -> tuple[int, str]:
        code, said, complaint = self.module.run_command(command) if shutil.which(command[0]) else (127, "", "is not installed")
        return code, " ".join((complaint or said).split())


def _written(path: Path, text: str) -> None:
    """Write a file that outlives a loss of power."""
    path.write_text(text, encoding="utf-8")
    kept(path)


if __name__ == "__main__":
    main()
