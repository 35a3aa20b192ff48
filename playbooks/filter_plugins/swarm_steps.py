"""What each host has to do so that all engines are one swarm, decided from what the hosts say of themselves."""

from typing import Any, Final

INACTIVE: Final = "inactive"
LOOPBACK: Final = ("127.", "::1")

Host = dict[str, Any]


class FilterModule:
    """Ansible's door to this file."""

    def filters(self) -> dict[str, Any]:
        """Return the filters."""
        return {"swarm_steps": steps, "swarm_seen": seen_of}


def seen_of(abouts: dict[str, Any], agains: dict[str, Any]) -> dict[str, Host]:
    """Return what the engine of each host says: what it said when it was asked again, else at first."""
    return {name: agains.get(name, {}).get("swarm") or about["swarm"] for name, about in abouts.items()}


def steps(wanted: dict[str, Host], seen: dict[str, Host]) -> dict[str, Any]:
    """Return ``reference`` (who is asked about the swarm), ``init``, ``joins`` (by host: role, whether to leave first) and ``refused``.

    Of each host in ``wanted``, in the order of the inventory: its ``address`` and whether it shall be a ``manager``; in ``seen`` what its engine says.
    """
    hosts = {name: {**host, "seen": seen[name]} for name, host in wanted.items()}
    known = {host["address"] for host in hosts.values()}
    refused = [line for name, host in hosts.items() for line in _foreign(name, host, known)]
    ours = {name: host for name, host in hosts.items() if host["seen"]["manager"] and host["seen"]["nodes"] is not None}
    clusters = {host["seen"]["cluster"]: name for name, host in ours.items() if host["seen"]["cluster"]}  # none while it looks for its leader
    if len(clusters) > 1:
        refused.append(f"{' and '.join(clusters.values())} are in different swarms: 'docker swarm leave --force' on those that hold nothing")
    silent = [name for name, host in hosts.items() if host["seen"]["manager"] and host["seen"]["nodes"] is None]
    if silent and not ours and not refused:
        refused.append(f"the swarm of {', '.join(silent)} has no leader: start the managers that are down, more than half must be up")
    if refused:
        return {"reference": "", "init": False, "leave": False, "joins": {}, "refused": refused}
    if ours:
        return _joined(hosts, min(ours, key=lambda name: (not hosts[name]["manager"], hosts[name]["seen"]["address"] != hosts[name]["address"])))
    first = next(name for name, host in hosts.items() if host["manager"])
    begun = _begun(hosts, first)
    return {"reference": first, "init": True, "leave": hosts[first]["seen"]["state"] != INACTIVE, "joins": begun, "refused": []}


def _joined(hosts: dict[str, Host], reference: str) -> dict[str, Any]:
    nodes = {node["id"]: node for node in hosts[reference]["seen"]["nodes"]}
    joins = {
        name: _join(host) for name, host in hosts.items() if name != reference and not (_in_it(host, nodes) and host["seen"]["address"] == host["address"])
    }
    return {"reference": reference, "init": False, "leave": False, "joins": joins, "refused": []}


def _begun(hosts: dict[str, Host], first: str) -> dict[str, Any]:
    return {name: _join(host) for name, host in hosts.items() if name != first}


def _join(host: Host) -> dict[str, Any]:
    return {"role": "manager" if host["manager"] else "worker", "leave": host["seen"]["state"] != INACTIVE}


def _in_it(host: Host, nodes: dict[str, Any]) -> bool:
    return host["seen"]["state"] == "active" and host["seen"]["node"] in nodes


def _foreign(name: str, host: Host, known: set[str]) -> list[str]:
    """Say so where a host is in a swarm that none of the inventory's addresses is in: it is somebody's, and is left to him."""
    seen = host["seen"]
    if seen["state"] == INACTIVE:
        return []
    if seen["state"] == "locked":
        return [f"{name}: its swarm is locked: 'docker swarm unlock' there"]
    others = {*seen["managers"], *(node["address"] for node in seen["nodes"] or [])}
    if seen["address"].startswith(LOOPBACK):
        return [f"{name}: is a desk (a swarm of its own): move it with its own backups, then 'docker swarm leave --force' there"]
    if others and not others & known:
        return [f"{name}: is in another swarm (of {', '.join(sorted(others))}): 'docker swarm leave --force' there, if it may"]
    return []
