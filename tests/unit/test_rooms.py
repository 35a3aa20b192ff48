"""The import table of the rooms holds."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("runtime", "sizing", "infra", "loadtests", "cli")
MAY_IMPORT = {
    "runtime": set(),
    "sizing": {"runtime.errors"},
    "infra": {"runtime", "sizing"},
    "loadtests": {"runtime", "sizing"},
    "cli": {"runtime", "sizing", "infra", "loadtests"},
}
FORBIDDEN = {
    "sizing": {"subprocess", "socket", "time", "ansible", "pulumi", "locust", "requests", "docker"},
    "cli": {"subprocess"},
    "infra": {"subprocess", "locust"},
    "loadtests": {"subprocess"},
}
ELSEWHERE = {
    "infra/cluster/seen/on_host.py",
    "infra/cluster/verify/on_host.py",
    "infra/inventory/on_host.py",
    "loadtests/elsewhere/on_host.py",
}  # run on another host, where nothing of ours is


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_the_table_allows(room: str) -> None:
    assert modules(room)
    for path in modules(room):
        for name in imports(path):
            other = name.split(".")[0]
            if other in ROOMS and other != room:
                allowed = {name, other, ".".join(name.split(".")[:2])} & MAY_IMPORT[room] or (name == "runtime" and room == "sizing")
                assert allowed, f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("room", sorted(FORBIDDEN))
def test_a_room_touches_the_world_only_through_its_door(room: str) -> None:
    for path in modules(room):
        for name in imports(path) if str(path.relative_to(ROOT)) not in ELSEWHERE else ():
            assert name.split(".")[0] not in FORBIDDEN[room], f"{path.relative_to(ROOT)} imports {name}"


def test_sizing_asks_no_clock() -> None:
    for path in modules("sizing"):
        text = path.read_text(encoding="utf-8")
        assert ".now(" not in text, path
        assert ".today(" not in text, path
