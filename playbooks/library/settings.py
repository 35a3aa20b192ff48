"""Bring many settings files of a host to what they shall say, in one step, and tell which packages it lacks.

Each module that Ansible starts costs a third of a second, also where nothing changes; a deploy that changes nothing pays for each.
"""

import re
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: settings
short_description: Settings files of a host, many at once
options:
  files:
    description: >-
      Whole files. One with C(beside) is written only where that path is there; one with C(over) only where what stands there now
      matches that expression, is ours, or is missing.
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
  packages:
    description: Packages that shall be installed; nothing is installed here.
    type: list
    elements: str
    default: []
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
  description: What was written (in check mode, would be).
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
}
VALUE = {"path": {"type": "path", "required": True}, "key": {"type": "str", "required": True}, "value": {"type": "str", "required": True}}
MODE = {"path": {"type": "path", "required": True}, "mode": {"type": "str", "required": True}}


def main() -> None:
    """Write what differs."""
    module = AnsibleModule(
        {
            "files": {"type": "list", "elements": "dict", "default": [], "options": FILE},
            "values": {"type": "list", "elements": "dict", "default": [], "options": VALUE},
            "modes": {"type": "list", "elements": "dict", "default": [], "options": MODE},
            "packages": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    changed = [file["path"] for file in wanted["files"] if _applies(file) and _write(module, file["path"], file["content"], file["mode"])]
    changed += [f"{value['path']}: {value['key']}" for value in wanted["values"] if _set(module, value)]
    changed += [f"{mode['path']}: {mode['mode']}" for mode in wanted["modes"] if _tighten(module, mode)]
    missing = _missing(module, wanted["packages"])
    module.exit_json(changed=bool(changed), written=changed, missing_packages=missing)


def _applies(file: dict[str, str]) -> bool:
    if file["beside"] and not Path(file["beside"]).exists():
        return False
    path = Path(file["path"])
    if not file["over"] or not path.exists():
        return True
    now = path.read_text(encoding="utf-8", errors="replace")
    return now == file["content"] or re.search(file["over"], now) is not None


def _write(module: AnsibleModule, path: str, content: str, mode: str) -> bool:
    target = Path(path)
    same = target.is_file() and target.read_text(encoding="utf-8", errors="replace") == content
    if not same and not module.check_mode:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f"{target.name}.underdesk-new")  # what reads such folders goes by the suffix, and passes this one over
        fresh.write_text(content, encoding="utf-8")
        fresh.chmod(int(mode, 8))
        module.atomic_move(str(fresh), str(target))
    if not target.exists():
        return True
    wanted = module.load_file_common_arguments({"path": path, "mode": mode, "attributes": None})
    return bool(module.set_fs_attributes_if_different(wanted, not same))


def _set(module: AnsibleModule, value: dict[str, str]) -> bool:
    path = Path(value["path"])
    if not path.is_file():
        return False
    text, line = path.read_text(encoding="utf-8"), f"{value['key']}\t{value['value']}"
    there = re.compile(rf"^{re.escape(value['key'])}[ \t].*$", re.MULTILINE)
    after = there.sub(line, text) if there.search(text) else f"{text.rstrip()}\n{line}\n"
    return after != text and _write(module, value["path"], after, f"{path.stat().st_mode & 0o777:o}")


def _tighten(module: AnsibleModule, mode: dict[str, str]) -> bool:
    path, allowed = Path(mode["path"]), int(mode["mode"], 8)
    if not path.exists() or not path.stat().st_mode & 0o7777 & ~allowed:
        return False
    if not module.check_mode:
        path.chmod(path.stat().st_mode & allowed)
    return True


def _missing(module: AnsibleModule, packages: list[str]) -> list[str]:
    if not packages:
        return []
    _code, said, _error = module.run_command(["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *packages])
    installed = {line.split()[0] for line in said.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in installed]


if __name__ == "__main__":
    main()
