"""What has to be done so that hosts keep one volume of GlusterFS as planned, decided from what each of them says of itself."""

from typing import Any, Final

CONNECTED: Final = 3
REPLICAS: Final = 3

Host = dict[str, Any]
Step = dict[str, Any]


class FilterModule:
    """Ansible's door to this file."""

    def filters(self) -> dict[str, Any]:
        """Return the filters."""
        return {"files_steps": steps}


def steps(wanted: dict[str, Any], seen: dict[str, Host]) -> dict[str, Any]:
    """Return ``reference`` (who does the steps), ``adopt`` (by host: whose place it takes), ``clean`` (hosts), ``steps`` and ``refused``.

    ``wanted`` has ``volume``, ``path``, ``folder``, ``replica``, ``options`` and ``bricks`` (host, address, arbiter; an arbiter last); ``seen`` is what hosts
    say that keep or mount. A step has ``says``, the words of a command (``argv``) and what to wait for (``until``).
    """
    keepers = [brick["host"] for brick in wanted["bricks"]]
    knowing = [host for host in keepers if seen[host]["volume"]]
    refused = [*_torn(seen, knowing), *_unknown(wanted, seen, keepers, knowing)]
    if refused:
        return {"reference": "", "adopt": {}, "clean": [], "steps": [], "refused": refused}
    if not knowing:
        clean = [host for host in keepers if seen[host]["brick"] == "marked"]
        return {"reference": keepers[0], "adopt": {}, "clean": clean, "steps": _made(wanted, seen[keepers[0]]), "refused": []}
    reference = knowing[0]
    adopt = _adopted(wanted, seen, reference)
    met = [_step(f"{brick['host']} is known again", ["peer", "status"], brick["address"]) for brick in wanted["bricks"] if brick["host"] in adopt]
    return {"reference": reference, "adopt": adopt, "clean": [], "steps": met + _kept(wanted, seen, reference), "refused": []}


def _torn(seen: dict[str, Host], knowing: list[str]) -> list[str]:
    volumes = {seen[host]["volume"]["id"]: host for host in knowing}
    return [f"{' and '.join(volumes.values())} keep different files under one name: keep one of the volumes"] if len(volumes) > 1 else []


def _unknown(wanted: dict[str, Any], seen: dict[str, Host], keepers: list[str], knowing: list[str]) -> list[str]:
    """Say so where a folder holds files that would be taken for ours, or that nobody could read any more."""
    there = {brick["address"] for brick in seen[knowing[0]]["volume"]["bricks"]} if knowing else set()
    addresses = {brick["host"]: brick["address"] for brick in wanted["bricks"]}
    foreign = [host for host in keepers if seen[host]["brick"] == "foreign" or (seen[host]["brick"] == "full" and addresses[host] not in there)]
    elsewhere = [host for host in seen if seen[host]["volume"]] if not knowing else []
    said = [f"{host}: {wanted['path']} holds files of before: move them away, they are not looked at" for host in foreign]
    said += [
        f"{host}: {wanted['folder']} holds files that the store would hide: bring them by backup and restore, and move them away" for host in _hiding(seen)
    ]
    return said + [f"{host} has the files, and of those that shall keep them none has: change one host at a time" for host in elsewhere]


def _hiding(seen: dict[str, Host]) -> list[str]:
    return [host for host, told in seen.items() if told["covers"]]


def _made(wanted: dict[str, Any], reference: Host) -> list[Step]:
    first, volume = wanted["bricks"][0], wanted["volume"]
    arbiter = ["arbiter", "1"] if any(brick["arbiter"] for brick in wanted["bricks"]) else []
    bricks = [_brick(wanted, brick["address"]) for brick in wanted["bricks"]]
    created = ["volume", "create", volume, "replica", str(wanted["replica"]), *arbiter, *bricks, "force"]
    return [
        *_probes(wanted, reference, first["host"]),
        _step(f"{', '.join(brick['host'] for brick in wanted['bricks'])} keep the files", created),
        *_set(volume, wanted["options"], {}),
        _started(volume),
    ]


def _kept(wanted: dict[str, Any], seen: dict[str, Host], reference: str) -> list[Step]:
    there, volume = seen[reference]["volume"], wanted["volume"]
    said = _probes(wanted, seen[reference], reference)
    said += _set(volume, wanted["options"], there["options"])
    said += [_started(volume)] if there["status"] != "Started" else []
    names = {brick["address"]: brick["host"] for brick in wanted["bricks"]}
    have = [brick["address"] for brick in there["bricks"]]
    for brick in wanted["bricks"]:
        if brick["address"] in have and seen[brick["host"]]["brick"] in {"none", "empty"}:
            path = _brick(wanted, brick["address"])
            said.append(_step(f"{brick['host']} begins anew", ["volume", "reset-brick", volume, path, "start"], again=True))
            said.append(_step(f"{brick['host']} gets all files", ["volume", "reset-brick", volume, path, path, "commit", "force"], "healed"))
    return said + _moved(wanted, there, names)


def _moved(wanted: dict[str, Any], there: Host, names: dict[str, str]) -> list[Step]:
    """Return the steps from the bricks that are there to those that are wanted, one host at a time; an arbiter is taken away first and added last."""
    volume = wanted["volume"]
    have = {brick["address"]: brick["arbiter"] for brick in there["bricks"]}
    want = {brick["address"]: brick["arbiter"] for brick in wanted["bricks"]}
    less = [address for address in have if want.get(address) != have[address]]
    more = [address for address in want if have.get(address) != want[address]]
    said = []
    while less and more and have[less[0]] == want[more[0]]:
        old, new = less.pop(0), more.pop(0)
        moved = ["volume", "replace-brick", volume, _brick(wanted, old), _brick(wanted, new), "commit", "force"]
        said.append(_step(f"{names[new]} takes the place of {names.get(old, old)}", moved, "healed"))
    count = len(have)
    for address in less:
        count -= 1
        taken = ["volume", "remove-brick", volume, "replica", str(count), _brick(wanted, address), "force"]
        said.append(_step(f"{names.get(address, address)} keeps no files any more", taken, "healed-others"))
    if more and count >= REPLICAS and len(more) % REPLICAS == 0:
        said.append(
            _step(f"{', '.join(names[one] for one in more)} keep files, too", ["volume", "add-brick", volume, *(_brick(wanted, one) for one in more), "force"])
        )
        said.append(_step("files are divided anew", ["volume", "rebalance", volume, "start"]))
        more = []
    for address in more:
        count += 1
        arbiter = ["arbiter", "1"] if want[address] else []
        added = ["volume", "add-brick", volume, "replica", str(count), *arbiter, _brick(wanted, address), "force"]
        said.append(_step(f"{names[address]} keeps the files, too", added, "healed"))
    return said + [_step(f"{address} is no peer any more", ["peer", "detach", address, "force"]) for address in have if address not in want]


def _adopted(wanted: dict[str, Any], seen: dict[str, Host], reference: str) -> dict[str, dict[str, str]]:
    """Return hosts that were installed anew: the others know each by its address, under the name that it had before."""
    of = {address: uuid for uuid, peer in seen[reference]["peers"].items() for address in peer["addresses"]}
    address = {brick["host"]: brick["address"] for brick in wanted["bricks"]}
    lost = [host for host in address if host != reference and not seen[host]["volume"] and of.get(address[host], seen[host]["uuid"]) != seen[host]["uuid"]]
    return {host: {"uuid": of[address[host]], "peer": address[reference]} for host in lost}


def _probes(wanted: dict[str, Any], reference: Host, host: str) -> list[Step]:
    known = {address for peer in reference["peers"].values() if peer["state"] == CONNECTED for address in peer["addresses"]}
    others = [brick for brick in wanted["bricks"] if brick["host"] != host and brick["address"] not in known]
    return [_step(f"{brick['host']} becomes a peer", ["peer", "probe", brick["address"]], brick["address"]) for brick in others]


def _set(volume: str, options: dict[str, str], there: dict[str, str]) -> list[Step]:
    differs = {key: value for key, value in options.items() if there.get(key) != value}
    pairs = [word for pair in differs.items() for word in pair]
    return [_step(", ".join(f"{key} is {value}" for key, value in differs.items()), ["volume", "set", volume, *pairs])] if differs else []


def _started(volume: str) -> Step:
    return _step("the files are there", ["volume", "start", volume], "online")


def _brick(wanted: dict[str, Any], address: str) -> str:
    return f"{address}:{wanted['path']}"


def _step(says: str, argv: list[str], until: str = "", *, again: bool = False) -> Step:
    """Return a step; ``again`` where it may have been done by a run that was interrupted, and fails for that reason."""
    return {"says": says, "argv": argv, "until": until, "again": again}
