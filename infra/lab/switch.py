"""The switch of a lab: which cuts are in force, and other ones."""

from collections.abc import Iterable, Mapping

from infra.lab import build, commands, seen
from infra.lab.cuts import ALL, NO_TABLE, Cut, Port, read, rules, table
from infra.lab.model import Lab
from infra.lab.seen import Container
from runtime.errors import PlanError
from runtime.run import run

MEND = "cuts need nftables with bridges in this machine's kernel (CONFIG_NF_TABLES_BRIDGE, which Debian's has)"


def cuts(lab: str, there: Mapping[str, Container]) -> frozenset[Cut]:
    """Return the cuts that are in force. Raises PlanError where the rules cannot be read."""
    image = _image(there)
    if not image:
        return frozenset()
    done = run(commands.switch(image, lab, ["--json", "list", "table", "bridge", table(lab)]), check=False)
    if done.returncode and NO_TABLE in done.stderr:
        return frozenset()
    if done.returncode:
        raise _refused(lab, done.stderr)
    return read(done.stdout)


def put(lab: Lab, wanted: Iterable[Cut], there: Mapping[str, Container]) -> None:
    """Have just the ``wanted`` cuts, from one moment to the next. Raises PlanError where the kernel cannot."""
    if not there:
        return
    known = lab.containers()
    held = [cut for cut in wanted if {cut.source, cut.target} <= {*known, ALL}]
    reached = {cut.target for cut in held if cut.target in there and there[cut.target].is_on}
    ports = {name: seen.port(host) if name in reached else Port(host.mac) for name, host in known.items()}
    _load(lab.name, rules(lab.name, held, ports), there)


def clear(lab: str, there: Mapping[str, Container]) -> None:
    """Take the table away, also that of hosts which somebody else removed; nothing else of this machine's rules is touched."""
    if _image(there):
        _load(lab, rules(lab, (), {}), there)


def _load(lab: str, text: str, there: Mapping[str, Container]) -> None:
    done = run(commands.switch(_image(there), lab, ["--file", "-"]), stdin=text, check=False)
    if done.returncode:
        raise _refused(lab, done.stderr)


def _image(there: Mapping[str, Container]) -> str:
    """Return the image of a host, or the one that hosts are made from: it has nft, this machine need not. '' where neither is there."""
    if there:
        return next(iter(there.values())).image
    return build.reference() if build.is_there() else ""


def _refused(lab: str, said: str) -> PlanError:
    return PlanError(f"the rules of the lab's switch: {said.strip().splitlines()[0] if said.strip() else 'nft failed'}", where=lab, hint=MEND)
