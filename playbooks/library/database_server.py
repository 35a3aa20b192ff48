"""Have the database server of a host run with its settings: what can change while it runs does, and only what cannot asks for a restart.

What is compared is what is in force, not what a file says: so a run that was killed after it wrote the file goes on where it stopped.
"""

import http.client
import time
from pathlib import Path
from typing import NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.database_client import DatabaseError, ask, is_there, quoted

DOCUMENTATION = """
module: database_server
short_description: A database server that runs, with its settings in force
options:
  do:
    description: C(start) it where it does not run and change what can be changed; C(restart) it, while all others serve.
    type: str
    choices: [start, restart]
    required: true
  mode:
    description: One of several members (galera), a primary with a copy (copy), or one server (alone).
    type: str
    choices: [galera, copy, alone]
    required: true
  copy:
    description: Whether it is a copy, which takes no writes.
    type: bool
    default: false
  address:
    description: Where this host tells how its server is.
    type: str
    required: true
  port:
    description: Port of that.
    type: int
    required: true
  others:
    description: The addresses of the other members, by name.
    type: dict
    required: true
  settings:
    description: Settings as the server writes them.
    type: dict
    required: true
  reasons:
    description: Settings for which it is started again.
    type: list
    elements: str
    default: []
  patience:
    description: Seconds for a server to come up, a copy of all data included.
    type: int
    default: 900
"""
EXAMPLES = """
- name: Have the server run
  database_server:
    do: start
    mode: alone
    address: 10.20.0.11
    port: 9200
    others: {}
    settings: {max_connections: "300"}
"""
RETURN = """
written:
  description: What was started or changed (in check mode, would be).
  type: list
  returned: always
restart:
  description: Settings that are in force only after a restart.
  type: list
  returned: always
serves:
  description: Whether it takes writes.
  type: bool
  returned: always
"""
UNIT = "mariadb.service"
WAITS = "the server waits for the other members"
WAITS_S = 180
"""A member waits for others as long as it takes; a deploy does not."""
ANSWER_S, PAUSE_S = 3, 0.5
LEAVES = Path("/run/underdesk-database-leaves")
"""While it is there (for a minute at most), the host says that its server cannot serve."""
SEEN_S, LEAVE_S = 3, 20
"""Front doors have seen it by then; so long the last request may take."""
BUSY = "SELECT COUNT(*) FROM information_schema.processlist WHERE user IN ('blogs', 'wiki') AND (command <> 'Sleep' OR time < 3)"
HIDDEN = {"wsrep_sst_auth", "wsrep_cluster_address", "read_only"}
"""What the server does not show, and what counts only when it starts: members are found by those that run, a primary takes writes later."""
CHANGEABLE = "SELECT VARIABLE_NAME FROM information_schema.SYSTEM_VARIABLES WHERE READ_ONLY = 'NO'"
GROWS = "innodb_buffer_pool_size"
ROUNDED = 1 / 32
"""The server makes its buffer of whole pieces."""


def main() -> None:
    """Start, change or restart."""
    module = AnsibleModule(
        {
            "do": {"type": "str", "choices": ["start", "restart"], "required": True},
            "mode": {"type": "str", "choices": ["galera", "copy", "alone"], "required": True},
            "copy": {"type": "bool", "default": False},
            "address": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
            "others": {"type": "dict", "required": True},
            "settings": {"type": "dict", "required": True},
            "reasons": {"type": "list", "elements": "str", "default": []},
            "patience": {"type": "int", "default": 900},
        },
        supports_check_mode=True,
    )
    try:
        if module.params["do"] == "start":
            _start(module)
        _restart(module)
    except DatabaseError as problem:
        module.fail_json(msg=f"the database does not answer as it should: {problem}")


def _start(module: AnsibleModule) -> NoReturn:
    written = _begun(module)
    if written and module.check_mode:
        _end(module, written, [], serves=True)
    if not written and _is_alone(module):
        written = [f"{UNIT}: becomes a member"]
        if module.check_mode:
            _end(module, written, [], serves=True)
        _systemctl(module, "stop", UNIT)
        _systemctl(module, "start", "--no-block", UNIT)
    serves = _served(module)
    changed, left = _changed(module)
    _end(module, written + changed, left, serves=serves)


def _restart(module: AnsibleModule) -> NoReturn:
    if not module.check_mode and differing(module.params["settings"], _live(module)):
        for name, address in module.params["others"].items() if module.params["mode"] == "galera" else ():
            if trouble := _trouble(address, module.params["port"]):
                module.fail_json(msg=f"is not started again while {name} does not serve ({trouble}): mend that, then run the same command again")
        if module.params["mode"] == "galera":
            _leave(module)
        _systemctl(module, "restart", UNIT)
        LEAVES.unlink(missing_ok=True)
        _served(module)
        if left := differing(module.params["settings"], _live(module)):
            module.fail_json(msg=f"was started again, and these settings are not in force: {', '.join(left)}")
    _end(module, [f"{UNIT}: {name}" for name in module.params["reasons"]], [], serves=True)


def _leave(module: AnsibleModule) -> None:
    """Let front doors send people to another member, and wait until who is here has what they asked for; who waits for work keeps nobody waiting."""
    LEAVES.touch()
    time.sleep(SEEN_S)
    until = time.monotonic() + LEAVE_S
    while time.monotonic() < until and int(ask(module, BUSY)[0][0]):
        time.sleep(PAUSE_S)


def differing(settings: dict[str, str], live: dict[str, str]) -> list[str]:
    """Return the names of settings that are not in force."""
    return [name for name, wanted in settings.items() if name not in HIDDEN and not _is_in_force(name, str(wanted), live.get(name))]


def _is_in_force(name: str, wanted: str, live: str | None) -> bool:
    if live is None:
        return False
    if name == "wsrep_provider_options":
        has = _options(live)
        return all(has.get(key) == value for key, value in _options(wanted).items())
    try:
        want, have = float(wanted), float(live)
    except ValueError:
        return wanted == live
    return want <= have <= want * (1 + ROUNDED) if name == GROWS else want == have


def _options(text: str) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in text.split(";") if "=" in part)
    words = {"yes": "true", "no": "false"}
    return {key.strip(): words.get(value.strip(), value.strip()) for key, value in pairs}


def _is_alone(module: AnsibleModule) -> bool:
    """Tell whether a server that shall be one of several members runs as none: whatever it is now, the others wait for it."""
    try:
        return module.params["mode"] == "galera" and _live(module).get("wsrep_on") == "OFF"
    except DatabaseError:
        return False


def _changed(module: AnsibleModule) -> tuple[list[str], list[str]]:
    """Change what can be changed while the server runs; return that, and what is left for a restart."""
    wanted = module.params["settings"]
    differs = differing(wanted, _live(module))
    if not differs:
        return [], []
    changeable = {row[0].lower() for row in ask(module, CHANGEABLE)}
    able = [name for name in differs if name in changeable and not name.startswith("wsrep_")]
    if module.check_mode:
        return [f"{name} = {wanted[name]}" for name in able], [name for name in differs if name not in able]
    for name in able:
        value = str(wanted[name])
        _set(module, name, value if value.isdigit() else quoted(value))
    left = differing(wanted, _live(module))
    return [f"{name} = {wanted[name]}" for name in differs if name not in left], left


def _set(module: AnsibleModule, name: str, value: str) -> None:
    try:
        ask(module, f"SET GLOBAL {name} = {value}")
    except DatabaseError:
        return  # it is asked again what is in force, and a restart brings the rest


def _begun(module: AnsibleModule) -> list[str]:
    """Have the service begin, also at boot; return what that took."""
    if not is_there():
        return [f"{UNIT}: started"]
    code, state, _ = module.run_command(["systemctl", "is-active", UNIT])
    enabled, _, _ = module.run_command(["systemctl", "is-enabled", "--quiet", UNIT])
    lacks = ([f"{UNIT}: started"] if code and state.strip() not in {"activating", "reloading"} else []) + ([f"{UNIT}: starts at boot"] if enabled else [])
    if lacks and not module.check_mode:
        _systemctl(module, "enable", UNIT)
        _systemctl(module, "start", "--no-block", UNIT)
    return lacks


def _served(module: AnsibleModule) -> bool:
    """Wait until the server serves; return whether it takes writes, too."""
    address, port = module.params["address"], module.params["port"]
    began = time.monotonic()
    while trouble := _trouble(address, port):
        if module.params["copy"] and trouble == "the server takes no writes":
            return False
        if time.monotonic() - began > (WAITS_S if trouble.startswith(WAITS) else module.params["patience"]):
            module.fail_json(msg=f"{trouble}; there: journalctl --unit {UNIT}")
        time.sleep(PAUSE_S)
    return True


def _trouble(address: str, port: int) -> str:
    connection = http.client.HTTPConnection(address, port, timeout=ANSWER_S)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        said = answer.read().decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as problem:
        return f"who tells how the database is does not answer ({problem})"
    finally:
        connection.close()
    return "" if answer.status == http.client.OK else said or str(answer.status)


def _live(module: AnsibleModule) -> dict[str, str]:
    return {row[0]: row[1] if len(row) > 1 else "" for row in ask(module, "SHOW GLOBAL VARIABLES")}


def _systemctl(module: AnsibleModule, *words: str) -> None:
    code, said, complaint = module.run_command(["systemctl", *words])
    if code:
        module.fail_json(msg=f"systemctl {' '.join(words)}: {' '.join((complaint or said).split())}")


def _end(module: AnsibleModule, written: list[str], restart: list[str], *, serves: bool) -> NoReturn:
    module.exit_json(changed=bool(written), written=written, restart=restart, serves=serves)
    raise SystemExit  # exit_json does not return


if __name__ == "__main__":
    main()
