"""Bring a lab up, grow it, fail and mend its hosts, take it away. Each is completed by being called again."""

import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from ipaddress import IPv4Network

from infra.lab import access, build, carried, commands, host, room, seen, subnets, switch
from infra.lab.cuts import Cut, between, without
from infra.lab.model import HANDOVER, INVENTORY, LABS, MOST_HOSTS, RECORD, Asked, Host, Lab, find
from infra.lab.room import Machine
from infra.lab.seen import Container
from runtime import files
from runtime.errors import PlanError
from runtime.run import run

Say = Callable[[str], None]
HOSTS = 3
"""Of a new lab, where nobody says how many: the fewest of which any one may die."""
BOOT_S, BOOT_EACH_S, PAUSE_S = 90, 20, 0.5
OPEN, PRIVATE = 0o711, 0o700


def planned(asked: Asked, machine: Machine) -> Lab:
    """Return the lab that ``asked`` makes of what is there. Raises PlanError where that cannot be; nothing is changed."""
    room.sensible(asked, machine)
    before, there = find(asked.name), seen.containers(asked.name)
    if before is None and (there or seen.networks(asked.name)):
        hint = f"its keys are gone with it; remove the rest: plan lab down --name {asked.name}"
        raise PlanError(f"hosts or the network of a lab {asked.name} are here, its folder is not", where=str(LABS / asked.name), hint=hint)
    lab = grown(before or Lab(name=asked.name, subnet=_subnet(asked)), asked)
    if before and asked.subnet and str(before.subnet) != asked.subnet:
        raise PlanError(f"the lab {lab.name} is in {before.subnet}", where="--subnet", hint="leave it out, or make another lab: --name OTHER")
    made = [one for one in lab.hosts if lab.host_name(one) not in there]
    off = [one for one in lab.hosts if one not in made and not there[lab.host_name(one)].is_on]
    room.enough([*made, *off], machine, image=any(not build.is_there(one.debian) for one in made))
    return lab


def _subnet(asked: Asked) -> IPv4Network:
    taken = seen.taken()
    return subnets.wanted(asked.subnet, taken) if asked.subnet else subnets.choose(network for network, _ in taken)


def grown(lab: Lab, asked: Asked) -> Lab:
    """Return ``lab`` with as many hosts as are ``asked`` for; the sizes that are asked for are those of the new ones.

    Raises PlanError where it has more: which of them shall go is not ours to say.
    """
    wanted = asked.hosts or len(lab.hosts) or HOSTS
    if wanted < len(lab.hosts):
        last = ", ".join(lab.host_name(one) for one in lab.hosts[wanted:])
        hint = f"say which shall go: plan lab down {last.replace(',', '')}"
        raise PlanError(f"the lab {lab.name} has {len(lab.hosts)} hosts, {wanted} are asked for", where="--hosts", hint=hint)
    free = [number for number in range(1, MOST_HOSTS + 1) if number not in {one.number for one in lab.hosts}]
    model = lab.hosts[-1] if lab.hosts else Host(number=1)
    size = {
        "cpus": model.cpus if asked.cpus is None else asked.cpus,
        "memory_gib": model.memory_gib if asked.memory_gib is None else asked.memory_gib,
        "debian": asked.debian or model.debian,
    }
    new = [Host.model_validate({"number": number, **size}) for number in free[: wanted - len(lab.hosts)]]
    return lab.model_copy(update={"hosts": tuple(sorted((*lab.hosts, *new), key=lambda one: one.number))})


def up(lab: Lab, say: Say) -> list[str]:
    """Make what is missing of ``lab``, switch on what is off, and return when every host has booted; returns what there is to note."""
    there = seen.containers(lab.name)
    for debian in sorted({one.debian for one in lab.hosts if lab.host_name(one) not in there}):
        build.image(debian, say)
    _prepare(lab)
    if not seen.networks(lab.name):
        _make_network(lab)
    if not there:  # rules of hosts that somebody removed by hand would hold for new ones with their addresses
        with suppress(PlanError):
            switch.clear(lab.name, there)
    cuts, says_mac = switch.cuts(lab.name, there) if there else frozenset(), seen.says_mac()
    for one in lab.hosts:
        _switch_on(lab, one, there, says_mac=says_mac)
    if cuts:
        switch.put(lab, cuts, seen.containers(lab.name))
    wait(lab, [lab.host_name(one) for one in lab.hosts], say)
    return _let_in(lab)


def _prepare(lab: Lab) -> None:
    """Have the folder: who comes in, what the hosts take over from this machine, and the record of what they shall be."""
    LABS.mkdir(mode=OPEN, parents=True, exist_ok=True)
    LABS.chmod(OPEN)  # whatever the umask was of who made it
    lab.folder.mkdir(mode=PRIVATE, exist_ok=True)
    handover = lab.folder / HANDOVER
    handover.mkdir(mode=PRIVATE, exist_ok=True)
    carried.prepare(handover)
    files.write(handover / "authorized_keys", access.ensure_key(lab.folder))
    files.write(handover / "environment", carried.environment())
    files.write(handover / "hosts", access.names(lab))
    files.write(lab.folder / RECORD, lab.written())


def _make_network(lab: Lab) -> None:
    done = run(commands.network(next(iter(lab.containers().values()))), check=False)
    if done.returncode:
        hint = f"name another network: plan lab down --name {lab.name}, then plan lab up --subnet …"
        raise PlanError(f"the engine refuses the network {lab.subnet}: {done.stderr.strip()}", where=lab.network, hint=hint)


def _switch_on(lab: Lab, one: Host, there: dict[str, Container], *, says_mac: bool) -> None:
    container = lab.container(one)
    if (name := lab.host_name(one)) not in there:
        run(commands.create(container, build.reference(one.debian), says_mac=says_mac))
    elif not there[name].is_on:
        run(commands.switch_on(container))


def wait(lab: Lab, names: Sequence[str], say: Say) -> None:
    """Return when every one of ``names`` has booted; raises PlanError naming those that went off meanwhile, or have not booted in time."""
    containers, waiting = lab.containers(), list(names)
    began, deadline_s = time.monotonic(), BOOT_S + BOOT_EACH_S * len(names)
    while waiting:
        for name in [name for name in waiting if seen.state(containers[name]).power == "on"]:
            say(f"{name} has booted after {time.monotonic() - began:.0f} s")
            waiting.remove(name)
        if not waiting:
            return
        there = seen.containers(lab.name)
        if off := [name for name in waiting if name not in there or not there[name].is_on]:
            raise _not_booted("went off again while it booted", off, containers)
        if time.monotonic() - began > deadline_s:
            waits = [f"{name} for {', '.join(units)}" for name in waiting if (units := seen.starting(containers[name]))]
            raise _not_booted(f"does not boot within {deadline_s} s{': waits, ' if waits else ''}{'; '.join(waits)}", waiting, containers)
        time.sleep(PAUSE_S)


def _not_booted(said: str, names: Sequence[str], containers: Mapping[str, commands.LabHost]) -> PlanError:
    hint = f"'docker logs {containers[names[0]].name}' may say why (memory?); then run the same command again"
    return PlanError(said, where=", ".join(names), hint=hint)


def _let_in(lab: Lab) -> list[str]:
    """Tell the hosts of each other, write down how they are known, and return what there is to note."""
    containers = lab.containers()
    _tell_names(containers.values())
    return _written(lab, {name: seen.host_key(container) for name, container in containers.items()})


def _tell_names(containers: Iterable[commands.LabHost]) -> None:
    for container in containers:
        host.execute(container, ["lab-names"])


def _written(lab: Lab, keys: Mapping[str, str]) -> list[str]:
    ours = access.write(lab, keys)
    access.give_away(lab.folder)
    return [] if ours else [f"{lab.folder / INVENTORY} was changed by hand and stays as it is: are the right hosts in it?"]


def kill(lab: Lab, names: Sequence[str]) -> list[str]:
    """Cut the power of those of ``names`` that are on, all in one moment; return which these were."""
    there, containers = seen.containers(lab.name), lab.containers()
    on = [name for name in names if name in there and there[name].is_on]
    if on:
        host.kill(*(containers[name] for name in on))
    return on


def start(lab: Lab, names: Sequence[str], say: Say) -> list[str]:
    """Switch on those of ``names`` that are off, and return which these were when they have booted; what is cut stays cut."""
    there, containers = seen.containers(lab.name), lab.containers()
    missing = [name for name in names if name not in there]
    if missing:
        raise PlanError("was never made, or was removed", where=", ".join(missing), hint=f"plan lab up --name {lab.name} completes the lab")
    off, cuts = [name for name in names if not there[name].is_on], switch.cuts(lab.name, there)
    if off:
        host.start(*(containers[name] for name in off))
    if cuts:
        switch.put(lab, cuts, seen.containers(lab.name))
    wait(lab, names, say)
    return off


def cut(lab: Lab, names: Sequence[str], others: Sequence[str], one_way: str) -> frozenset[Cut]:
    """Cut ``names`` from ``others`` (none: from everyone), and return all cuts that are in force then."""
    there = _there(lab)
    wanted = switch.cuts(lab.name, there) | between(names, others, one_way)
    switch.put(lab, wanted, there)
    return wanted


def heal(lab: Lab, names: Iterable[str]) -> frozenset[Cut]:
    """Take back every cut that one of ``names`` has a part in, and return those that are left."""
    there = _there(lab)
    left = without(switch.cuts(lab.name, there), names)
    switch.put(lab, left, there)
    return left


def _there(lab: Lab) -> dict[str, Container]:
    there = seen.containers(lab.name)
    if not there:
        raise PlanError(f"no host of the lab {lab.name} is there", where="plan lab", hint=f"plan lab up --name {lab.name}")
    return there


def remove(lab: Lab, names: Sequence[str]) -> list[str]:
    """Remove some hosts with all that is on them; the lab goes on without them. Returns what there is to note."""
    left = lab.model_copy(update={"hosts": tuple(one for one in lab.hosts if lab.host_name(one) not in names)})
    if not left.hosts:
        raise PlanError("no host would be left", where="plan lab down", hint="without names it removes the lab")
    there = seen.containers(lab.name)
    cuts = switch.cuts(lab.name, there)
    if gone := [there[name].name for name in names if name in there]:
        run(commands.remove_all("container", gone))
    files.write(lab.folder / HANDOVER / "hosts", access.names(left))
    rest = {name: one for name, one in there.items() if name not in names}
    if cuts:
        switch.put(left, without(cuts, names), rest)
    _tell_names(container for name, container in left.containers().items() if name in rest and rest[name].is_on)
    notes = _written(left, {name: key for name, key in access.keys(lab).items() if name not in names})
    files.write(left.folder / RECORD, left.written())  # the last thing: until then the same command completes it
    return notes


def down(name: str) -> list[str]:
    """Remove the lab ``name``: cuts, hosts with their disks, network, folder, as far as they are there; return what was removed.

    Only what bears the lab's own label goes.
    """
    removed = []
    ids, there = run(commands.all_of(name)).stdout.split(), seen.containers(name)
    cuts: frozenset[Cut] = frozenset()
    with suppress(PlanError):  # a kernel that cannot cut has no cuts
        cuts = switch.cuts(name, there)
    if cuts:
        switch.clear(name, there)
    if ids:
        run(commands.remove_all("container", ids))
        removed += sorted(there)
    if networks := seen.networks(name):
        _remove_networks(name, networks)
        removed.append("network")
    folder = LABS / name
    if folder.exists():
        shutil.rmtree(folder)
        removed.append(str(folder))
    return removed


def _remove_networks(name: str, networks: Sequence[str]) -> None:
    done = run(commands.remove_all("network", networks), check=False)
    if done.returncode:
        hint = "take what is not the lab's own off it ('docker network inspect' names it), then run the same command again"
        raise PlanError(f"the network cannot be removed: {done.stderr.strip()}", where=f"underdesk-lab-{name}", hint=hint)
