"""Have databases and their users: a user is made, its password changed and its rights given only where they are not so.

Of a password only its hash goes to the server, so that it stands in no log, no list of statements and no copy of the changes.
"""

import hashlib
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.database_client import DatabaseError, ask, is_there, quoted

DOCUMENTATION = """
module: database_users
short_description: Databases and users of a database server
options:
  databases:
    description: Names.
    type: list
    elements: str
    required: true
  users:
    description: Name, password and rights of each; one without a password is removed.
    type: list
    elements: dict
    required: true
"""
EXAMPLES = """
- name: Have the wiki's database
  database_users:
    databases: [wiki]
    users: [{name: wiki, password: "{{ password }}", rights: ["ALL PRIVILEGES ON `wiki`.*"]}]
"""
RETURN = """
written:
  description: What was made or changed (in check mode, would be).
  type: list
  returned: always
"""
USER = {
    "name": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "rights": {"type": "list", "elements": "str", "required": True},
}
PLUGIN = "mysql_native_password"


def main() -> None:
    """Make and change what is not so."""
    module = AnsibleModule(
        {
            "databases": {"type": "list", "elements": "str", "required": True},
            "users": {"type": "list", "elements": "dict", "required": True, "options": USER},
        },
        supports_check_mode=True,
    )
    try:
        steps = _steps(module, there=is_there())
        if not module.check_mode:
            for _, statement in steps:
                ask(module, statement)
    except DatabaseError as problem:
        module.fail_json(msg=f"the database does not answer as it should: {problem}")
    module.exit_json(changed=bool(steps), written=[said for said, _ in steps])


def hashed(password: str) -> str:
    """Return the hash of a password that the server keeps (SHA-1 twice, of a long random password)."""
    once = hashlib.sha1(password.encode()).digest()  # noqa: S324 - the server's own way
    return "*" + hashlib.sha1(once).hexdigest().upper()  # noqa: S324 - as above


def _steps(module: AnsibleModule, *, there: bool) -> list[tuple[str, str]]:
    """Return what is to be done, in words and as a statement."""
    if not there and not module.check_mode:
        module.fail_json(msg="the database is not installed")
    has = {row[0] for row in ask(module, "SHOW DATABASES")} if there else set()
    question = "SELECT User, JSON_VALUE(Priv, '$.plugin'), JSON_VALUE(Priv, '$.authentication_string') FROM mysql.global_priv WHERE Host = '%'"
    users = {row[0]: row[1:] for row in ask(module, question)} if there else {}
    steps = [(f"database {name}", f"CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4") for name in module.params["databases"] if name not in has]
    for user in module.params["users"]:
        steps += _of_user(module, user, users.get(user["name"]))
    return steps


def _of_user(module: AnsibleModule, user: dict[str, Any], now: list[str] | None) -> list[tuple[str, str]]:
    who, name = f"{quoted(user['name'])}@'%'", f"user {user['name']}"
    if not user["password"]:
        return [(f"{name}: removed", f"DROP USER IF EXISTS {who}")] if now is not None else []
    wanted = hashed(user["password"])
    identified = f"IDENTIFIED VIA {PLUGIN} USING {quoted(wanted)}"
    given = {row[0] for row in ask(module, f"SHOW GRANTS FOR {who}")} if now is not None else set()
    missing = [right for right in user["rights"] if not any(line.startswith(f"GRANT {right} TO ") for line in given)]
    steps = []
    if now is None:
        steps = [(name, f"CREATE OR REPLACE USER {who} {identified}")]
    elif now != [PLUGIN, wanted]:
        steps = [(f"{name}: password", f"ALTER USER {who} {identified}")]
    return steps + [(f"{name}: {right}", f"GRANT {right} TO {who}") for right in missing]


if __name__ == "__main__":
    main()
