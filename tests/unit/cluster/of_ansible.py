"""Our own modules and filters of Ansible, loaded as Python."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"


def library(name: str) -> ModuleType:
    """Return a module, with what modules share where it looks for that."""
    for shared in sorted((PLAYBOOKS / "module_utils").glob("*.py")):
        if f"ansible.module_utils.{shared.stem}" not in sys.modules:
            _loaded(f"ansible.module_utils.{shared.stem}", shared)
    return _loaded(f"underdesk_{name}_module", PLAYBOOKS / "library" / f"{name}.py")


def program(name: str) -> list[str]:
    """Return the command that runs a module as Ansible does: what it is told comes by stdin, what it says is JSON."""
    return [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(PLAYBOOKS.parent)!r}); from {__name__} import library; library({name!r}).main()"]


def filters(name: str) -> ModuleType:
    """Return a plugin of filters."""
    return _loaded(name, PLAYBOOKS / "filter_plugins" / f"{name}.py")


def _loaded(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made
