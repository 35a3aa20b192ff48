"""Bring many settings files of a host to what they shall say, in one step, and tell which packages it lacks.

Each module that Ansible starts costs a third of a second, also where nothing changes; a deploy that changes nothing pays for each.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.settled import NotOursError, Pass, missing_accounts, missing_packages, own, tell

DOCUMENTATION = """
module: settings
short_description: Settings files of a host, many at once
options:
  files:
    description: >-
      Whole files. One with C(beside) is written only where that path is there; one with C(over) only where what stands there now
      matches that expression, is ours, or is missing; one with C(once) only where nothing is there. C(group) is a number, of a C(secret)
      file no difference is told, and C(judge) is a command that must take the new file (C(%s)) before it comes to its place.
    type: list
    elements: dict
    default: []
  values:
    description: Single values in files of C(KEY VALUE) lines, written only where the file is there.
    type: list
    elements: dict
    default: []
  modes:
    description: Paths whose mode must not allow more than this; what is not there is left out.
    type: list
    elements: dict
    default: []
  blocks:
    description: Parts of files that others write, too, each between two lines with its C(name); the file is made where it is missing.
    type: list
    elements: dict
    default: []
  keys:
    description: Keys of JSON files, added where nobody has set them; what stands there stays.
    type: list
    elements: dict
    default: []
  only:
    description: Folders that are ours; files in them that are not among C(names) are removed.
    type: list
    elements: dict
    default: []
  gone:
    description: Files that shall not be there.
    type: list
    elements: path
    default: []
  packages:
    description: Packages that shall be installed (C(a|b) is either, the first where none is there); nothing is installed here.
    type: list
    elements: str
    default: []
  accounts:
    description: Accounts that shall be there; none is made here.
    type: list
    elements: str
    default: []
  unfinished:
    description: >-
      A file that remembers what was written until a later call says C(done), so that a run that was killed before it was taken into
      use is told the same again.
    type: path
  told:
    description: A file that remembers what this host was told here, so that somebody can ask later what differs; of contents it has digests.
    type: path
  done:
    description: What was written is in use; forget it.
    type: bool
    default: false
"""
EXAMPLES = """
- name: Write settings
  settings:
    files: [{path: /etc/issue.net, content: "Private.\\n", mode: "0644", over: Debian}]
    values: [{path: /etc/login.defs, key: YESCRYPT_COST_FACTOR, value: "8"}]
    packages: [debsums]
"""
RETURN = """
written:
  description: What was written (in check mode, would be), and what a killed run had written and not taken into use.
  type: list
  returned: always
missing_accounts:
  description: Accounts that are not there.
  type: list
  returned: always
missing_packages:
  description: Packages that are not installed.
  type: list
  returned: always
"""
FILE = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str", "required": True},
    "mode": {"type": "str", "default": "0644"},
    "beside": {"type": "path"},
    "over": {"type": "str"},
    "once": {"type": "bool", "default": False},
    "group": {"type": "int"},
    "secret": {"type": "bool", "default": False},
    "judge": {"type": "list", "elements": "str", "default": []},
}
VALUE = {"path": {"type": "path", "required": True}, "key": {"type": "str", "required": True}, "value": {"type": "str", "required": True}}
MODE = {"path": {"type": "path", "required": True}, "mode": {"type": "str", "required": True}}
BLOCK = {"path": {"type": "path", "required": True}, "name": {"type": "str", "required": True}, "content": {"type": "str", "required": True}}
KEYS = {"path": {"type": "path", "required": True}, "values": {"type": "dict", "required": True}}
ONLY = {"folder": {"type": "path", "required": True}, "names": {"type": "list", "elements": "str", "required": True}}
KINDS = {
    "files": FILE,
    "values": VALUE,
    "modes": MODE,
    "blocks": BLOCK,
    "keys": KEYS,
    "only": ONLY,
}


def main() -> None:
    """Write what differs."""
    module = AnsibleModule(
        {
            **{kind: {"type": "list", "elements": "dict", "default": [], "options": options} for kind, options in KINDS.items()},
            "gone": {"type": "list", "elements": "path", "default": []},
            "packages": {"type": "list", "elements": "str", "default": []},
            "accounts": {"type": "list", "elements": "str", "default": []},
            "unfinished": {"type": "path"},
            "told": {"type": "path"},
            "done": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    memory = Path(wanted["unfinished"]) if wanted["unfinished"] else None
    if wanted["done"]:
        _forget(memory, module)
    begun = memory.read_text(encoding="utf-8").splitlines() if memory and memory.exists() else []
    look = Pass()
    try:
        everything = list(dict.fromkeys([*begun, *look.through(wanted)]))
        if everything and not module.check_mode:
            if memory:
                _put(module, memory, "\n".join(everything) + "\n", {"mode": "0600"})
            Pass(functools.partial(_put, module)).through(wanted)
    except NotOursError as problem:
        module.fail_json(msg=str(problem))
    if wanted["told"] and not module.check_mode:
        tell(Path(wanted["told"]), wanted)
    more = {"diff": look.diff} if module._diff else {}  # noqa: SLF001 - Ansible's way to ask
    lacking = missing_packages(lambda command: module.run_command(command)[1], wanted["packages"])
    module.exit_json(changed=bool(everything), written=everything, missing_packages=lacking, missing_accounts=missing_accounts(wanted["accounts"]), **more)


def _forget(memory: Path | None, module: AnsibleModule) -> None:
    if memory and not module.check_mode:
        memory.unlink(missing_ok=True)
    module.exit_json(changed=False, written=[])


def _put(module: AnsibleModule, target: Path, content: str, how: Mapping[str, Any]) -> None:
    """Put ``content`` in place, as ``how`` says: with its ``mode``, ``group`` and ``judge``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.underdesk-new")  # what reads such folders goes by the suffix, and passes this one over
    fresh.touch(mode=0o600)
    fresh.write_text(content, encoding="utf-8")
    if how.get("judge"):
        code, said, error = module.run_command([part.replace("%s", str(fresh)) for part in how["judge"]])
        if code:
            fresh.unlink()
            module.fail_json(msg=f"{target.name} was not put in place, it is not understood: {(error or said).strip()[-2000:]}")
    mode = int(how["mode"], 8)
    fresh.chmod(mode)
    module.atomic_move(str(fresh), str(target))
    own(target, mode, how.get("group"))  # moved over a file that was there it has that one's mode


if __name__ == "__main__":
    main()
