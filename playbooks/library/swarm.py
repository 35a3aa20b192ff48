"""Make, join and keep a swarm: its managers, workers and their labels, by the engine's own API."""

import time
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.engine_api import EngineError, ask
from ansible.module_utils.waiting import met

DOCUMENTATION = """
module: swarm
short_description: A swarm, its nodes and their labels
options:
  do:
    description: >-
      C(init) makes a swarm, C(join) joins one (leaving what is gone before, with C(leave)), C(tokens) returns what joining needs, C(drain) moves
      what runs on hosts that are no more to the others while they still reach each other, C(nodes) brings the nodes to what is wanted.
    type: str
    choices: [init, join, tokens, drain, nodes]
    required: true
  address:
    description: Under which the other hosts reach this one.
    type: str
  pool:
    description: Network that overlay networks are cut from.
    type: str
  leave:
    description: Leave the swarm that this host was in and that is gone.
    type: bool
    default: false
  managers:
    description: Addresses of managers to join.
    type: list
    elements: str
    default: []
  token:
    description: What joining needs.
    type: str
  nodes:
    description: Name, role and labels of each host that shall be a node; others are drained and removed.
    type: list
    elements: dict
    default: []
  prefix:
    description: Labels that begin so are ours; others stay.
    type: str
    default: underdesk.
"""
EXAMPLES = """
- name: Keep the nodes as planned
  swarm:
    do: nodes
    nodes: [{name: one, role: manager, labels: {underdesk.web: "true"}}]
"""
RETURN = """
written:
  description: What was changed (in check mode, would be).
  type: list
  returned: always
manager:
  description: Token that a manager joins with.
  type: str
  returned: by tokens
worker:
  description: Token that a worker joins with.
  type: str
  returned: by tokens
"""
PORT, SUBNET, HISTORY = 2377, 24, 2
SETTLE_S, DRAIN_S, PAUSE_S, TRIES = 90, 180, 0.5, 5
LEAVING = "leaving"
NODE = {"name": {"type": "str", "required": True}, "role": {"type": "str", "required": True}, "labels": {"type": "dict", "required": True}}


def main() -> None:
    """Do one thing."""
    module = AnsibleModule(
        {
            "do": {"type": "str", "choices": ["init", "join", "tokens", "drain", "nodes"], "required": True},
            "address": {"type": "str"},
            "pool": {"type": "str"},
            "leave": {"type": "bool", "default": False},
            "managers": {"type": "list", "elements": "str", "default": []},
            "token": {"type": "str", "no_log": True},
            "nodes": {"type": "list", "elements": "dict", "default": [], "options": NODE},
            "prefix": {"type": "str", "default": "underdesk."},
        },
        supports_check_mode=True,
    )
    try:
        done: dict[str, Any] = {"init": _init, "join": _join, "tokens": _tokens, "drain": _drain, "nodes": _nodes}[module.params["do"]](module)
    except EngineError as problem:
        module.fail_json(msg=str(problem))
    module.exit_json(changed=bool(done.get("written")), **done)


def _init(module: AnsibleModule) -> dict[str, Any]:
    wanted = module.params
    if not module.check_mode:
        _leave(wanted["leave"])
        body = {
            **_addresses(wanted["address"]),
            "DefaultAddrPool": [wanted["pool"]],
            "SubnetSize": SUBNET,
            "Spec": {"Orchestration": {"TaskHistoryRetentionLimit": HISTORY}},
        }
        ask("POST", "/swarm/init", body)
    return {"written": ["a swarm is made"]}


def _join(module: AnsibleModule) -> dict[str, Any]:
    wanted = module.params
    if not module.check_mode:
        _leave(wanted["leave"])
        body = {**_addresses(wanted["address"]), "RemoteAddrs": [f"{_host(one)}:{PORT}" for one in wanted["managers"]], "JoinToken": wanted["token"]}
        refused = ""
        try:
            ask("POST", "/swarm/join", body)
        except EngineError as problem:  # it may go on in the background
            refused = str(problem)
        if not _met(lambda: _state() == "active", 0 if refused and "background" not in refused else SETTLE_S):
            module.fail_json(msg=f"did not join: {refused or ask('GET', '/info')['Swarm'].get('Error') or 'no answer of the managers'}")
    return {"written": ["joins the swarm"]}


def _tokens(_module: AnsibleModule) -> dict[str, Any]:
    tokens = ask("GET", "/swarm")["JoinTokens"]
    return {"manager": tokens["Manager"], "worker": tokens["Worker"]}


def _nodes(module: AnsibleModule) -> dict[str, Any]:
    wanted = module.params["nodes"]
    try:
        there = ask("GET", "/nodes")
    except EngineError:
        if not module.check_mode:
            raise
        there = []  # what would be made is not there yet
    names = {node["name"] for node in wanted}
    if not module.check_mode:
        if not _met(lambda: names <= {_name(node) for node in ask("GET", "/nodes") if _ready(node)}, SETTLE_S):
            lost = sorted(names - {_name(node) for node in ask("GET", "/nodes") if _ready(node)})
            module.fail_json(msg=f"not ready in the swarm: {', '.join(lost)}")
        there = ask("GET", "/nodes")
    keep, others = _sorted(there, names)
    said = [line for node in _managers_first(wanted) for line in _bring(module, keep.get(node["name"]), node)]
    said += [line for node in others for line in _part(module, node, names)]
    return {"written": said}


def _drain(module: AnsibleModule) -> dict[str, Any]:
    names = {node["name"] for node in module.params["nodes"]}
    leaving = [node for node in ask("GET", "/nodes") if _name(node) not in names and _ready(node) and _running(node["ID"])]
    said = [f"{_name(node)}: what it runs moves to other hosts" for node in leaving if node["Spec"]["Availability"] != "drain"]
    if leaving and not module.check_mode:
        for node in leaving:
            _update(node["ID"], _to_drain(module))
        _met(lambda: not any(_running(node["ID"]) for node in leaving), DRAIN_S)
    return {"written": said}


def _to_drain(module: AnsibleModule) -> Callable[[dict[str, Any]], None]:
    def drain(spec: dict[str, Any]) -> None:
        spec["Role"], spec["Availability"] = "worker", "drain"
        spec["Labels"] = {**(spec.get("Labels") or {}), f"{module.params['prefix']}{LEAVING}": "true"}

    return drain


def _managers_first(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return promotions before demotions, so that there are never fewer managers than before and after."""
    return sorted(wanted, key=lambda node: node["role"] != "manager")


def _sorted(there: list[dict[str, Any]], names: set[str]) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Return the node of each host, and all others: hosts that are wanted no more, and what hosts that came back left behind."""
    keep: dict[str, dict[str, Any]] = {}
    for node in sorted(there, key=lambda node: (_ready(node), node["UpdatedAt"]), reverse=True):
        if _name(node) in names:
            keep.setdefault(_name(node), node)
    kept = {node["ID"] for node in keep.values()}
    return keep, [node for node in there if node["ID"] not in kept]


def _bring(module: AnsibleModule, node: dict[str, Any] | None, wanted: dict[str, Any]) -> list[str]:
    prefix, name = module.params["prefix"], wanted["name"]
    labels = (node["Spec"].get("Labels") or {}) if node else {}
    role = node["Spec"]["Role"] if node else wanted["role"]
    leaving = f"{prefix}{LEAVING}" in labels
    ours = {key: value for key, value in labels.items() if key.startswith(prefix)}
    said = _differences(name, ours, wanted["labels"], prefix)
    said += [f"{name}: {role} becomes {wanted['role']}"] if role != wanted["role"] else []
    said += [f"{name}: is active again"] if leaving else []
    if said and node and not module.check_mode:

        def change(spec: dict[str, Any]) -> None:
            spec["Labels"] = {**{key: value for key, value in labels.items() if key not in ours}, **wanted["labels"]}
            spec["Role"] = wanted["role"]
            spec["Availability"] = "active" if leaving else spec["Availability"]

        _update(node["ID"], change)
    return said


def _differences(name: str, ours: dict[str, str], wanted: dict[str, str], prefix: str) -> list[str]:
    more = [key.removeprefix(prefix) for key in sorted(wanted) if ours.get(key) != wanted[key]]
    less = [key.removeprefix(prefix) for key in sorted(ours.keys() - wanted.keys()) if key != f"{prefix}{LEAVING}"]
    return [f"{name}: {word} {', '.join(keys)}" for word, keys in (("is for", more), ("is no more for", less)) if keys]


def _part(module: AnsibleModule, node: dict[str, Any], names: set[str]) -> list[str]:
    """Take leave of a node: what it runs moves away first, and nothing is forced while it still runs something."""
    name, ready = _name(node), _ready(node)
    busy = ready and bool(_running(node["ID"]))
    drained = node["Spec"]["Availability"] == "drain"
    if busy and drained:
        return []
    if not module.check_mode:
        _update(node["ID"], _to_drain(module))
        if not busy:
            _met(lambda: not _is_manager(node["ID"]), SETTLE_S)
            ask("DELETE", f"/nodes/{node['ID']}", force="true")
    if busy:
        return [f"{name}: is drained, and removed by the next deploy after it runs nothing"]
    return [f"{name}: {'what it left behind when it came back' if name in names else 'a host that is no more'} is removed"]


def _update(node: str, change: Callable[[dict[str, Any]], None]) -> None:
    for last in [False] * (TRIES - 1) + [True]:
        now = ask("GET", f"/nodes/{node}")
        spec = now["Spec"]
        change(spec)
        try:
            ask("POST", f"/nodes/{node}/update", spec, version=now["Version"]["Index"])
        except EngineError as problem:  # somebody was faster: look again
            if last or "out of sequence" not in str(problem):
                raise
            time.sleep(PAUSE_S)
        else:
            return


def _running(node: str) -> list[Any]:
    return list(ask("GET", "/tasks", filters=f'{{"node":["{node}"],"desired-state":["running"]}}') or [])


def _is_manager(node: str) -> bool:
    return bool(ask("GET", f"/nodes/{node}").get("ManagerStatus"))


def _leave(wanted: bool) -> None:  # noqa: FBT001 - the module's own flag
    if wanted and _state() != "inactive":
        ask("POST", "/swarm/leave", force="true")
        _met(lambda: _state() == "inactive", SETTLE_S)


def _state() -> str:
    return str(ask("GET", "/info")["Swarm"]["LocalNodeState"])


def _addresses(address: str) -> dict[str, str]:
    return {"ListenAddr": f"{_host(address)}:{PORT}", "AdvertiseAddr": address, "DataPathAddr": address}


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _name(node: dict[str, Any]) -> str:
    return str(node["Description"].get("Hostname", "")).split(".")[0]


def _ready(node: dict[str, Any]) -> bool:
    return bool(node["Status"]["State"] == "ready")


def _met(condition: Callable[[], bool], limit_s: float) -> bool:
    return met(condition, limit_s, PAUSE_S)


if __name__ == "__main__":
    main()
