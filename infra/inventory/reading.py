"""From the text of ``cluster.yaml`` to an Inventory, or to everything that is wrong with it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from infra.inventory.agreement import contradictions
from infra.inventory.model import Inventory
from runtime import files
from runtime.errors import PlanError
from sizing.reading import BriefError, Kind, loaded, problems
from sizing.writing import page

KIND: Final = Kind(
    name="inventory",
    length="a line or a few for each host",
    example="examples/cluster.yaml",
    first="write one as in examples/cluster.yaml",
    again="plan doctor --inventory",
)
HEAD: Final = (
    "# cluster.yaml",
    "",
    "The hosts of a cluster, written by hand ([an example](../../examples/cluster.yaml)). Generated from the models; `plan doctor --inventory cluster.yaml`",
    "holds an inventory to it and looks at the hosts. Unknown keys are refused. Keys without a default are required. Paths are from the folder of the file.",
)


class InventoryError(BriefError):
    """Everything that is wrong with an inventory, or between it, the plan and the hosts; ``problems`` holds one error for each."""


def read(path: Path) -> Inventory:
    """Return the inventory in ``path``, the files that it names found from its folder; raises InventoryError naming every wrong value."""
    files.refuse_special(path)
    return located(parse(files.read(path, hint=KIND.first), str(path)), path.absolute().parent)


def parse(text: str, name: str = "cluster.yaml") -> Inventory:
    """Return the inventory in ``text``; ``name`` is what errors call the file. Raises InventoryError naming every wrong value."""
    try:
        inventory = Inventory.model_validate(loaded(text, name, KIND))
    except BriefError as problem:
        raise InventoryError(problem.problems) from None
    except ValidationError as problem:
        raise InventoryError(tuple(problems(problem, name, Inventory, KIND))) from None
    refuse(contradictions(inventory, name))
    return inventory


def refuse(found: Iterable[PlanError]) -> None:
    """Raise InventoryError where something was ``found``."""
    if all_of_it := tuple(found):
        raise InventoryError(all_of_it)


def located(inventory: Inventory, folder: Path) -> Inventory:
    """Return ``inventory`` with absolute names of files, found from ``folder`` or from home."""

    def absolute(name: str) -> str:
        return str(folder / Path(name).expanduser())

    ssh = inventory.ssh.model_copy(update={"key": absolute(inventory.ssh.key), "known_hosts": absolute(inventory.ssh.known_hosts)})

    def located_one(host: Any) -> Any:  # noqa: ANN401 - of either kind of host
        return host.model_copy(update={"ssh": host.ssh.model_copy(update={"key": absolute(host.ssh.key)})}) if host.ssh.key else host

    hosts, generators = (tuple(map(located_one, kind)) for kind in (inventory.hosts, inventory.generators))
    return inventory.model_copy(update={"ssh": ssh, "hosts": hosts, "generators": generators})


def reference() -> str:
    """Return the reference page of cluster.yaml (Markdown)."""
    return page(Inventory, HEAD)
