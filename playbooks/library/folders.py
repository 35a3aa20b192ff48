"""Make many folders with owner and mode in one step.

``ansible.builtin.file`` in a loop starts a process for each folder; a deploy that changes nothing pays for that.
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.settled import tell

DOCUMENTATION = """
module: folders
short_description: Folders with owner and mode, many at once
options:
  folders:
    description: Paths with owner, group (user and group ids) and mode.
    type: list
    elements: dict
    required: true
  told:
    description: A file that remembers what this host was told here.
    type: path
"""
EXAMPLES = """
- name: Make the folders
  folders:
    folders: [{path: /srv/data, owner: 33, group: 33, mode: "0750"}]
"""
RETURN = """
written:
  description: What was made or changed (in check mode, would be).
  type: list
  returned: always
"""
ITEM = {
    "path": {"type": "path", "required": True},
    "owner": {"type": "str", "required": True},
    "group": {"type": "str", "required": True},
    "mode": {"type": "str", "required": True},
}


def main() -> None:
    """Make what is missing and correct what differs."""
    arguments = {"folders": {"type": "list", "elements": "dict", "required": True, "options": ITEM}, "told": {"type": "path"}}
    module = AnsibleModule(arguments, supports_check_mode=True)
    changed = [folder["path"] for folder in module.params["folders"] if _differs(module, folder)]
    if module.params["told"] and not module.check_mode:
        tell(Path(module.params["told"]), module.params)
    module.exit_json(changed=bool(changed), written=changed)


def _differs(module: AnsibleModule, folder: dict[str, str]) -> bool:
    path = Path(folder["path"])
    missing = not path.is_dir()
    if missing and path.exists():
        module.fail_json(msg=f"{path} is there and is no folder: move it away")
    if missing and module.check_mode:
        return True
    path.mkdir(parents=True, exist_ok=True)
    wanted = module.load_file_common_arguments({**folder, "attributes": None})
    return bool(module.set_fs_attributes_if_different(wanted, missing))


if __name__ == "__main__":
    main()
