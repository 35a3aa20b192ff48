"""Keep the copy of a primary database: who is primary is remembered on both hosts, and the copy follows it, from a whole copy on.

A copy that follows is left alone. One that does not, or cannot any more, gets all data anew; what it had stays beside, once.
"""

import json
import os
import pwd
import shutil
import time
from pathlib import Path
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.database_client import DatabaseError, ask, is_there, quoted

DOCUMENTATION = """
module: database_copy
short_description: A copy of a primary database
options:
  do:
    description: >-
      C(look) what is there, C(remember) who is primary, C(follow) it where that goes, C(receive) all data, C(send) it from the primary,
      C(adopt) what was received.
    type: str
    choices: [look, remember, follow, receive, send, adopt]
    required: true
  primary:
    description: Name of the primary.
    type: str
    default: ""
  term:
    description: By which word it is that; the later word is higher.
    type: int
    default: 0
  address:
    description: Address of the other host.
    type: str
    default: ""
  password:
    description: Password of the user C(copy).
    type: str
    default: ""
  databases:
    description: Databases that make it more than an empty server.
    type: list
    elements: str
    default: []
"""
EXAMPLES = """
- name: Follow the primary
  database_copy:
    do: follow
    address: 10.20.0.11
    password: "{{ password }}"
"""
RETURN = """
primary:
  description: Who is remembered as primary.
  type: str
  returned: when looked
term:
  description: By which word.
  type: int
  returned: when looked
data:
  description: Whether databases are there.
  type: bool
  returned: when looked
lacks:
  description: Why all data is needed anew; empty where the copy follows.
  type: str
  returned: when it was to follow
"""
DATA, NEW, LEFT = Path("/var/lib/mysql"), Path("/var/lib/mysql-underdesk-new"), Path("/var/lib/mysql-underdesk-left")
MEMORY = Path("/var/lib/underdesk/database/primary.json")
RECEIVER = "underdesk-database-receive"
PORT, CONNECT_S, FOLLOWS_S, PAUSE_S = 4444, 30, 60, 0.5
USER = "copy"
HARMLESS = {"0", "2003", "2002", "2013", "1158", "1159", "1160", "1161"}
"""Errors of a copy that does not reach its primary at the moment, and goes on by itself."""


def main() -> None:
    """Do one of them."""
    module = AnsibleModule(
        {
            "do": {"type": "str", "choices": list(DOING), "required": True},
            "primary": {"type": "str", "default": ""},
            "term": {"type": "int", "default": 0},
            "address": {"type": "str", "default": ""},
            "password": {"type": "str", "default": "", "no_log": True},
            "databases": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    try:
        DOING[module.params["do"]](module)
    except DatabaseError as problem:
        module.fail_json(msg=f"the database does not answer as it should: {problem}")


def _look(module: AnsibleModule) -> NoReturn:
    told = json.loads(MEMORY.read_text(encoding="utf-8")) if MEMORY.exists() else {"primary": "", "term": 0}
    data = any((DATA / name).is_dir() for name in module.params["databases"])
    _end(module, changed=False, primary=told["primary"], term=told["term"], data=data)


def _remember(module: AnsibleModule) -> NoReturn:
    wanted = {"primary": module.params["primary"], "term": module.params["term"], "ready": True}
    has = json.loads(MEMORY.read_text(encoding="utf-8")) if MEMORY.exists() else {"term": 0}
    news = has["term"] < wanted["term"]
    if news and not module.check_mode:
        MEMORY.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = MEMORY.with_name(f"{MEMORY.name}.new")
        fresh.write_text(json.dumps(wanted), encoding="utf-8")
        fresh.replace(MEMORY)
        owner = pwd.getpwnam("mysql")
        for path in (MEMORY, MEMORY.parent):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    _end(module, changed=news, written=[f"primary: {wanted['primary']}"] if news else [])


def _follow(module: AnsibleModule) -> NoReturn:
    lacks = _lacks(module, _status(module)) if is_there() else "it has none of the data yet"
    _end(module, changed=False, lacks=lacks)


def _lacks(module: AnsibleModule, status: dict[str, str]) -> str:
    """Return why the copy does not follow, and will not by itself."""
    if status.get("Master_Host") != module.params["address"]:
        return "it does not follow the primary"
    if status.get("Slave_SQL_Running") != "Yes":
        return f"it cannot apply what the primary wrote: {status.get('Last_SQL_Error') or 'it was stopped'}"
    if status.get("Slave_IO_Running") not in {"Yes", "Connecting", "Preparing"}:
        return f"it cannot get what the primary wrote: {status.get('Last_IO_Error') or 'it was stopped'}"
    if status.get("Last_IO_Errno", "0") not in HARMLESS:
        return f"it cannot get what the primary wrote: {status.get('Last_IO_Error')}"
    return ""


def _receive(module: AnsibleModule) -> NoReturn:
    if not module.check_mode:
        module.run_command(["systemctl", "stop", f"{RECEIVER}.service"])
        shutil.rmtree(NEW, ignore_errors=True)
        NEW.mkdir(mode=0o700)
        # It listens before the other side sends, and ends with it.
        script = f"socat -u TCP-LISTEN:{PORT},reuseaddr,accept-timeout={CONNECT_S * 4} STDOUT | mbstream -x -C {NEW}"
        code, said, complaint = module.run_command(["systemd-run", "--collect", "--unit", RECEIVER, "/bin/bash", "-o", "pipefail", "-c", script])
        if code:
            module.fail_json(msg=f"nothing can be received: {complaint or said}")
    _end(module, changed=True, written=["all data of the primary"])


def _send(module: AnsibleModule) -> NoReturn:
    if not module.check_mode:
        target = f"TCP:{module.params['address']}:{PORT},retry={CONNECT_S},interval=1"
        script = f"mariadb-backup --backup --stream=mbstream --user=root --target-dir=/tmp 2>/run/underdesk-database/backup.log | socat -u STDIN {target}"
        code, _, complaint = module.run_command(["/bin/bash", "-o", "pipefail", "-c", script])
        if code:
            module.fail_json(msg=f"the data cannot be sent: {complaint}; see /run/underdesk-database/backup.log")
    _end(module, changed=False)


def _adopt(module: AnsibleModule) -> NoReturn:
    if not module.check_mode:
        _met(module, lambda: bool(module.run_command(["systemctl", "is-active", "--quiet", f"{RECEIVER}.service"])[0]), "the data was not received to the end")
        code, _, complaint = module.run_command(["mariadb-backup", "--prepare", f"--target-dir={NEW}"])
        if code:
            module.fail_json(msg=f"what was received is not whole: {complaint[-500:]}")
        module.run_command(["chown", "-R", "mysql:mysql", str(NEW)], check_rc=True)
        _settle(module, NEW)
        module.run_command(["systemctl", "stop", "mariadb.service"], check_rc=True)
        _change_places()
        _settle(module, DATA, DATA.parent)
        module.run_command(["systemctl", "start", "mariadb.service"], check_rc=True)
        _begin(module, _position())
    _end(module, changed=True, written=["follows the primary"])


def _change_places() -> None:
    """Put what was received in the place of what was there, also where that is a file system of its own."""
    shutil.rmtree(LEFT, ignore_errors=True)
    if not DATA.is_mount():
        DATA.rename(LEFT)
        NEW.rename(DATA)
        return
    LEFT.mkdir(mode=0o700)
    for path in [path for path in DATA.iterdir() if path.name != "lost+found"]:
        shutil.move(str(path), str(LEFT / path.name))
    for path in list(NEW.iterdir()):
        shutil.move(str(path), str(DATA / path.name))


def _settle(module: AnsibleModule, *places: Path) -> None:
    """Have what lies there on the disk: neither what copies nor the server syncs what came, and a power cut would leave half of it."""
    for place in places:
        module.run_command(["sync", "--file-system", str(place)], check_rc=True)


def _begin(module: AnsibleModule, gtid: str) -> None:
    _met(module, lambda: _answers(module), "the server does not answer with what was received")
    host, password = quoted(module.params["address"]), quoted(module.params["password"])
    to = f"MASTER_HOST={host}, MASTER_PORT=3306, MASTER_USER='{USER}', MASTER_PASSWORD={password}, MASTER_CONNECT_RETRY=2, MASTER_USE_GTID=slave_pos"
    ask(module, f"STOP SLAVE; RESET SLAVE ALL; RESET MASTER; SET GLOBAL gtid_slave_pos = {quoted(gtid)}; CHANGE MASTER TO {to}; START SLAVE")
    _met(module, lambda: _status(module).get("Slave_IO_Running") == "Yes" and not _lacks(module, _status(module)), "the copy does not follow the primary")


def _position() -> str:
    """Return where in the primary's changes the data stands, as the backup noted it."""
    for name in ("mariadb_backup_binlog_info", "xtrabackup_binlog_info"):
        if (DATA / name).exists():
            words = (DATA / name).read_text(encoding="utf-8").split()
            return words[2] if len(words) > 2 else ""  # noqa: PLR2004 - file, position, identifiers
    return ""


def _status(module: AnsibleModule) -> dict[str, str]:
    code, said, complaint = module.run_command(["mariadb", "--no-defaults", "--socket=/run/mysqld/mysqld.sock", "--execute", "SHOW SLAVE STATUS\\G"])
    if code:
        raise DatabaseError(complaint.strip())
    pairs = (line.split(":", 1) for line in said.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def _answers(module: AnsibleModule) -> bool:
    try:
        return bool(ask(module, "SELECT 1"))
    except DatabaseError:
        return False


def _met(module: AnsibleModule, condition: Any, otherwise: str) -> None:  # noqa: ANN401 - a function
    until = time.monotonic() + FOLLOWS_S
    while not condition():
        if time.monotonic() > until:
            module.fail_json(msg=otherwise)
        time.sleep(PAUSE_S)


def _end(module: AnsibleModule, *, changed: bool, **told: Any) -> NoReturn:  # noqa: ANN401 - of each its own
    module.exit_json(changed=changed, **told)
    raise SystemExit  # exit_json does not return


DOING = {"look": _look, "remember": _remember, "follow": _follow, "receive": _receive, "send": _send, "adopt": _adopt}

if __name__ == "__main__":
    main()
