"""Tell what roles must know of a host before they begin: whose kernel it has, which Debian it is, and what swarm its engine is in."""

import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.engine_api import EngineError, ask

DOCUMENTATION = """
module: about
short_description: What roles must know of a host before they begin
options:
  patience:
    description: Seconds to wait for a leader of the swarm, where this host is one of its managers.
    type: int
    default: 20
"""
EXAMPLES = """
- name: Learn what this host is
  about:
"""
RETURN = """
own_kernel:
  description: Whether the kernel is this host's own; a container's is that of the machine outside.
  type: bool
  returned: always
release:
  description: Debian's version, 0 where it has none yet.
  type: int
  returned: always
forwards:
  description: Whether the kernel forwards packets, without which no container reaches anybody.
  type: bool
  returned: always
answers:
  description: Whether the engine answers.
  type: bool
  returned: always
swarm:
  description: State, node, address, managers' addresses and, on a manager, the cluster and its nodes (none where it has no leader).
  type: dict
  returned: always
"""
OF_CONTAINERS = (Path("/run/systemd/container"), Path("/.dockerenv"), Path("/run/.containerenv"))
PAUSE_S = 1


def main() -> None:
    """Look, change nothing."""
    module = AnsibleModule({"patience": {"type": "int", "default": 20}}, supports_check_mode=True)
    module.exit_json(
        changed=False,
        own_kernel=not any(sign.exists() for sign in OF_CONTAINERS),
        release=_release(),
        forwards=Path("/proc/sys/net/ipv4/ip_forward").read_text(encoding="ascii").strip() == "1",
        **_engine(module.params["patience"]),
    )


def _release() -> int:
    lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    version = said.get("VERSION_ID", "").strip('"').split(".")[0]
    return int(version) if version.isdigit() else 0


def _engine(patience_s: int) -> dict[str, Any]:
    try:
        return {"answers": True, "swarm": _swarm(ask("GET", "/info")["Swarm"], patience_s)}
    except EngineError:
        return {"answers": False, "swarm": _swarm({"LocalNodeState": "inactive"}, 0)}


def _swarm(told: dict[str, Any], patience_s: int) -> dict[str, Any]:
    manager = bool(told.get("ControlAvailable"))
    return {
        "state": told["LocalNodeState"],
        "node": told.get("NodeID", ""),
        "address": told.get("NodeAddr", ""),
        "managers": [one["Addr"].rpartition(":")[0].strip("[]") for one in told.get("RemoteManagers") or []],
        "manager": manager,
        "cluster": (told.get("Cluster") or {}).get("ID", ""),
        "nodes": _nodes(patience_s) if manager else None,
    }


def _nodes(patience_s: int) -> list[dict[str, Any]] | None:
    until = time.monotonic() + patience_s
    while True:
        try:
            return [_node(node) for node in ask("GET", "/nodes")]
        except EngineError:
            if time.monotonic() > until:
                return None
            time.sleep(PAUSE_S)


def _node(node: dict[str, Any]) -> dict[str, Any]:
    manager = node.get("ManagerStatus") or {}
    return {
        "id": node["ID"],
        "name": node["Description"].get("Hostname", "").split(".")[0],
        "address": node["Status"].get("Addr", ""),
        "state": node["Status"]["State"],
        "role": node["Spec"]["Role"],
        "leader": bool(manager.get("Leader")),
    }


if __name__ == "__main__":
    main()
