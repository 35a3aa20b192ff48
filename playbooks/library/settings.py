"""Bring many settings files of a host to what they shall say, in one step, and tell which packages it lacks.

Each module that Ansible starts costs a third of a second, also where nothing changes; a deploy that changes nothing pays for each.
"""

import json
import os
import pwd
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

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
MOST_SHOWN = 20_000
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
            "done": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    memory = Path(wanted["unfinished"]) if wanted["unfinished"] else None
    if wanted["done"]:
        _forget(memory, module)
    begun = memory.read_text(encoding="utf-8").splitlines() if memory and memory.exists() else []
    look = Pass(module, write=False)
    everything = list(dict.fromkeys([*begun, *look.through(wanted)]))
    if everything and not module.check_mode:
        if memory:
            _put(module, memory, "\n".join(everything) + "\n", {"mode": "0600"})
        Pass(module, write=True).through(wanted)
    more = {"diff": look.diff} if module._diff else {}  # noqa: SLF001 - Ansible's way to ask
    missing, lost = _missing(module, wanted["packages"]), [name for name in wanted["accounts"] if not _is_account(name)]
    module.exit_json(changed=bool(everything), written=everything, missing_packages=missing, missing_accounts=lost, **more)


def _forget(memory: Path | None, module: AnsibleModule) -> None:
    if memory and not module.check_mode:
        memory.unlink(missing_ok=True)
    module.exit_json(changed=False, written=[])


class Pass:
    """One pass over all that is wanted: first to look, then, where something differs, to write."""

    def __init__(self, module: AnsibleModule, *, write: bool) -> None:
        self.module, self.write = module, write
        self.diff: list[dict[str, str]] = []

    def through(self, wanted: dict[str, Any]) -> list[str]:
        """Return what differs; write it, where this pass writes."""
        found = [file["path"] for file in wanted["files"] if _applies(file) and self._file(file)]
        found += [f"{value['path']}: {value['key']}" for value in wanted["values"] if self._value(value)]
        found += [f"{mode['path']}: {mode['mode']}" for mode in wanted["modes"] if self._tighten(mode)]
        found += [f"{block['path']}: {block['name']}" for block in wanted["blocks"] if self._block(block)]
        found += [keys["path"] for keys in wanted["keys"] if self._keys(keys)]
        found += [f"{path}: removed" for path in map(Path, wanted["gone"]) if self._gone(path)]
        return found + [f"{path}: removed" for only in wanted["only"] for path in self._others(only)]

    def _file(self, file: dict[str, Any]) -> bool:
        target, content, mode, group = Path(file["path"]), file["content"], int(file["mode"], 8), file["group"]
        now = _text(target)
        if now is None or (now != content and not file["once"]):
            if not file["secret"]:
                self._show(str(target), now or "", content)
            if self.write:
                _put(self.module, target, content, file)
            return True
        there = target.stat()
        if there.st_mode & 0o7777 == mode and group in {None, there.st_gid}:
            return False
        if self.write:
            _own(target, mode, group)
        return True

    def _value(self, value: dict[str, str]) -> bool:
        path = Path(value["path"])
        if not path.is_file():
            return False
        text, line = path.read_text(encoding="utf-8"), f"{value['key']}\t{value['value']}"
        there = re.compile(rf"^{re.escape(value['key'])}[ \t].*$", re.MULTILINE)
        return self._rewrite(path, text, there.sub(line, text) if there.search(text) else f"{text.rstrip()}\n{line}\n")

    def _tighten(self, mode: dict[str, str]) -> bool:
        path, allowed = Path(mode["path"]), int(mode["mode"], 8)
        if not path.exists() or not path.stat().st_mode & 0o7777 & ~allowed:
            return False
        if self.write:
            path.chmod(path.stat().st_mode & allowed)
        return True

    def _block(self, block: dict[str, str]) -> bool:
        path = Path(block["path"])
        begin, end = f"# begin {block['name']}", f"# end {block['name']}"
        text, ours = _text(path) or "", f"{begin}\n{block['content'].strip()}\n{end}\n"
        there = re.compile(rf"^{re.escape(begin)}$.*?^{re.escape(end)}$\n?", re.MULTILINE | re.DOTALL)
        before = f"{text.rstrip()}\n" if text.strip() else ""
        return self._rewrite(path, text, there.sub(lambda _: ours, text) if there.search(text) else before + ours)

    def _keys(self, keys: dict[str, Any]) -> bool:
        path = Path(keys["path"])
        text = _text(path) or ""
        try:
            there = json.loads(text or "{}")
        except ValueError as problem:
            self.module.fail_json(msg=f"{path} is no JSON ({problem}): mend it by hand")
        if not keys["values"].keys() - there.keys():
            return False
        return self._rewrite(path, text, json.dumps({**keys["values"], **there}, indent=4, sort_keys=True) + "\n")

    def _gone(self, path: Path) -> bool:
        there = path.is_file()
        if there and self.write:
            path.unlink()
        return there

    def _others(self, only: dict[str, Any]) -> list[Path]:
        folder = Path(only["folder"])
        found = sorted(path for path in folder.iterdir() if path.name not in only["names"]) if folder.is_dir() else []
        for path in found:
            if self.write:
                path.unlink()
        return found

    def _rewrite(self, path: Path, now: str, after: str) -> bool:
        if after == now:
            return False
        self._show(str(path), now, after)
        if self.write:
            _put(self.module, path, after, {"mode": f"{path.stat().st_mode & 0o777:o}" if path.exists() else "0644"})
        return True

    def _show(self, path: str, now: str, after: str) -> None:
        self.diff.append({"before_header": path, "after_header": path, "before": now[:MOST_SHOWN], "after": after[:MOST_SHOWN]})


def _applies(file: dict[str, Any]) -> bool:
    if file["beside"] and not Path(file["beside"]).exists():
        return False
    path = Path(file["path"])
    if not file["over"] or not path.exists():
        return True
    now = path.read_text(encoding="utf-8", errors="replace")
    return now == file["content"] or re.search(file["over"], now) is not None


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


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
    _own(target, mode, how.get("group"))  # moved over a file that was there it has that one's mode


def _own(target: Path, mode: int, group: int | None) -> None:
    if group is not None:
        os.chown(target, -1, group)
    target.chmod(mode)


def _is_account(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _missing(module: AnsibleModule, packages: list[str]) -> list[str]:
    """Return of each choice (``a|b``) that is not there its first package."""
    if not packages:
        return []
    choices = [package.split("|") for package in packages]
    every = [name for choice in choices for name in choice]
    _code, said, _error = module.run_command(["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *every])
    installed = {line.split()[0] for line in said.splitlines() if line.endswith(" installed")}
    return [choice[0] for choice in choices if not installed & set(choice)]


if __name__ == "__main__":
    main()
