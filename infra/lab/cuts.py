"""Cuts in the network of a lab, as rules of its switch (nftables, family bridge); pure.

The rules stand on this machine, where the hosts' cables meet: a host neither sees nor flushes them, and they outlive its power.
They go by hardware address, so addresses that move between hosts are cut with the host that holds them.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

ALL: Final = "*"
HOOKS: Final = ("forward", "input", "output")
ARROW: Final = ">"
NO_TABLE: Final = "No such file or directory"


@dataclass(frozen=True, order=True)
class Cut:
    """Nothing of ``source`` reaches ``target``; ``ALL`` is everyone, this machine and the world behind it included."""

    source: str
    target: str

    @property
    def back(self) -> "Cut":
        """The same, the other way."""
        return Cut(self.target, self.source)


@dataclass(frozen=True)
class Port:
    """Where a host's cable meets the switch: its hardware address, and the index of the device on this machine (0: it is off)."""

    mac: str
    device: int = 0


def between(hosts: Iterable[str], others: Iterable[str], one_way: str) -> frozenset[Cut]:
    """Return the cuts of ``hosts`` from ``others`` (none: from everyone); ``one_way``: "in" cuts only what comes to them, "out" what leaves."""
    far = tuple(others) or (ALL,)
    coming = {Cut(other, host) for host in hosts for other in far if other != host}
    leaving = {cut.back for cut in coming}
    return frozenset({"in": coming, "out": leaving, "": coming | leaving}[one_way])


def without(cuts: Iterable[Cut], hosts: Iterable[str]) -> frozenset[Cut]:
    """Return the ``cuts`` that none of ``hosts`` has a part in."""
    healed = set(hosts)
    return frozenset(cut for cut in cuts if not healed & {cut.source, cut.target})


def table(lab: str) -> str:
    """Return the name of the lab's table."""
    return f"underdesk_lab_{lab.replace('-', '_')}"


def rules(lab: str, cuts: Iterable[Cut], ports: Mapping[str, Port]) -> str:
    """Return what nft shall read: the table with just these ``cuts``, in one step; no table where there are none."""
    wanted, name = sorted(cuts), table(lab)
    lines = [f"table bridge {name} {{", "}", f"delete table bridge {name}"]
    if wanted:
        lines += [f"table bridge {name} {{", "  chain cuts {"]
        lines += [f'    {rule} drop comment "{cut.source}{ARROW}{cut.target}"' for cut in wanted for rule in _matches(cut, frozenset(wanted), ports)]
        lines += ["  }"]
        lines += [f"  chain {hook} {{ type filter hook {hook} priority -300; policy accept; jump cuts; }}" for hook in HOOKS]
        lines += ["}"]
    return "\n".join(lines) + "\n"


def _matches(cut: Cut, cuts: frozenset[Cut], ports: Mapping[str, Port]) -> list[str]:
    """Return what frames of ``cut`` look like: sent to the host, or flooded to its port (broadcasts are sent to nobody's address).

    Cut one way, questions for addresses (ARP) still pass: else it would be a cut both ways as soon as they are asked anew.
    """
    only = "" if cut.back in cuts else "ether type != arp "
    sender = "" if cut.source == ALL else f"ether saddr {ports[cut.source].mac} "
    if cut.target == ALL:
        return [f"{only}{sender}".rstrip()]
    port = ports[cut.target]
    flooded = [f"{only}{sender}oif {port.device}"] if port.device else []
    return [f"{only}{sender}ether daddr {port.mac}", *flooded]


def read(listed: str) -> frozenset[Cut]:
    """Return the cuts that are in force, from nft's list of the table in JSON."""
    comments = [entry["rule"].get("comment", "") for entry in json.loads(listed)["nftables"] if "rule" in entry]
    return frozenset(Cut(*comment.split(ARROW)) for comment in comments if ARROW in comment)


def network_of(host: str, cuts: Iterable[Cut]) -> str:
    """Return in a word or two what of ``host``'s network works."""
    there = frozenset(cuts)
    no_way_in, no_way_out = Cut(ALL, host) in there, Cut(host, ALL) in there
    if no_way_in and no_way_out:
        return "cut"
    if no_way_in or no_way_out:
        return "no way in" if no_way_in else "no way out"
    return "partly cut" if any(host in {cut.source, cut.target} for cut in there) else "whole"


def told(cuts: Iterable[Cut]) -> list[str]:
    """Return one line for each cut, both ways in one line."""
    there = frozenset(cuts)
    lines = []
    for cut in sorted(there):
        both = cut.back in there
        if both and cut.source > cut.target:
            continue
        lines.append(_both(cut) if both else _one(cut))
    return lines


def _both(cut: Cut) -> str:
    """ALL sorts before every host."""
    return f"{cut.target}: nothing reaches it, and it reaches nothing" if cut.source == ALL else f"{cut.source} and {cut.target} do not reach each other"


def _one(cut: Cut) -> str:
    if cut.source == ALL:
        return f"{cut.target}: nothing reaches it; what it sends arrives"
    if cut.target == ALL:
        return f"{cut.source}: nothing that it sends arrives; it is reached"
    return f"{cut.source} does not reach {cut.target}; the other way works"
